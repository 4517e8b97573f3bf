import { renderToString } from 'ink'
import { beforeEach, describe, expect, test } from 'vitest'
import type { PermissionAsk, PermissionDecision } from '../../../src/runtime/types.ts'
import { clean } from '../../../src/text.ts'
import type { Key } from '../../../src/ui/keys.ts'
import { PermissionPanel } from '../../../src/ui/panels/permission.tsx'
import {
  createPermission,
  type PermissionState,
  permissionKey,
  permissionPaste,
  permissionTakesText,
} from '../../../src/ui/panels/permission-state.ts'
import { cells } from '../../../src/ui/width.ts'

const char = (text: string): Key => ({ name: 'char', text })
const ESC: Key = { name: 'escape' }
const ENTER: Key = { name: 'enter' }
const ask: PermissionAsk = {
  id: '1',
  kind: 'command',
  title: clean('Run a command?'),
  body: 'npm test -- --run checkout\nin ~/src/shop',
  intention: clean('Run the tests'),
  names: ['shell'],
  approval: { kind: 'commands' },
  lasting: clean('npm test'),
}

function press(state: PermissionState, ...keys: Key[]) {
  const decisions: PermissionDecision[] = []
  let now = state
  for (const key of keys) {
    const turn = permissionKey(now, key)
    now = turn.state
    if (turn.decision) decisions.push(turn.decision)
  }
  return { state: now, decisions }
}

/** What a panel prints above itself. */
const printed: string[] = []
beforeEach(() => void printed.splice(0))

function draw(state: PermissionState, width: number, maxRows: number): string {
  const size = { index: 1, total: 1, width, maxRows, open: true }
  return renderToString(
    <PermissionPanel state={state} {...size} onLongText={text => printed.push(text)} />,
  ).replaceAll(/\u001b\[[\d;]*m/g, '')
}

test('a small change is shown once, however often its headers name the file; a long one is printed above, too', () => {
  const path = '/home/ada/src/shop/packages/checkout/src/total.ts'
  const diff = (lines: number) =>
    [
      ...[path, `diff --git a${path} b${path}`, 'create file mode 100644', 'index 0000000..0000000'],
      ...['--- a/dev/null', `+++ b${path}`, `@@ -1,0 +1,${lines} @@`, ...Array(lines).fill('+const a = 1')],
    ].join('\n')
  const shown = draw(createPermission({ ...ask, body: diff(2) }), 80, 20)
  expect(printed).toEqual([])
  expect(shown).toContain('create file mode')
  expect(shown).not.toMatch(/diff --git|dev\/null|index 0/)
  draw(createPermission({ ...ask, body: diff(20) }), 80, 20)
  expect(printed.join()).toContain('@@ -1,0 +1,20 @@')
})

describe('answers', () => {
  test.each<[string, Key[], PermissionDecision[]]>([
    ['y', [char('y')], [{ kind: 'once' }]],
    ['s', [char('s')], [{ kind: 'session' }]],
    ['p', [char('p')], [{ kind: 'project' }]],
    ['n', [char('n')], [{ kind: 'no' }]],
    ['Esc', [ESC], [{ kind: 'no' }]],
    ['Enter is no answer', [ENTER], []],
    ['other letters', [char('a'), char('x'), char('yes')], []],
    ['a paste', [{ name: 'paste', text: 'y' }], []],
    ['N and a reason', [char('N'), char('use pnpm'), ENTER], [{ kind: 'no', reason: 'use pnpm' }]],
    ['y and n in the reason', [char('N'), char('y'), char('n'), ENTER], [{ kind: 'no', reason: 'yn' }]],
    ['N without a reason', [char('N'), char('  '), ENTER], [{ kind: 'no' }]],
    ['Esc in the reason goes back', [char('N'), char('x'), ESC, char('y')], [{ kind: 'once' }]],
    [
      'lines in the reason',
      [char('N'), char('a'), { name: 'newline' }, char('b'), ENTER],
      [{ kind: 'no', reason: 'a\nb' }],
    ],
  ])('%s', (_name, keys, decisions) => {
    expect(press(createPermission(ask), ...keys).decisions).toEqual(decisions)
  })

  test('this session and this project only where the runtime offers it', () => {
    expect(press(createPermission({ ...ask, approval: undefined }), char('s'), char('p')).decisions).toEqual(
      [],
    )
  })

  test('a paste goes into the reason and nowhere else', () => {
    const question = createPermission(ask)
    expect(permissionTakesText(question)).toBe(false)
    expect(permissionPaste(question, 'y')).toBe(question)
    const { state } = press(question, char('N'))
    expect(permissionTakesText(state)).toBe(true)
    expect(press(permissionPaste(state, '日本\rno'), ENTER).decisions).toEqual([
      { kind: 'no', reason: '日本\nno' },
    ])
  })
})

describe('the panel', () => {
  const frame = (state: PermissionState, width = 60, maxRows = 20) => draw(state, width, maxRows).split('\n')

  test('says what exactly will happen', () => {
    expect(frame(createPermission(ask))).toEqual([
      '── Run a command?',
      '  npm test -- --run checkout',
      '  in ~/src/shop',
      'Run the tests',
      's and p allow from now on: npm test',
      'y once   s this session   p this project   n no',
      'N no, and say why',
    ])
  })

  test('in 40 columns, with who asks and why it is asked again', () => {
    const again = {
      ...ask,
      agent: clean('helper'),
      signedIn: clean('notes'),
      lasting: clean('whoami of notes'),
    }
    expect(frame(createPermission(again), 39, 9)).toEqual([
      '── Run a command?',
      'asked again: the sign-in to notes was',
      'renewed, so the call begins anew',
      '  npm test -- --run checkout',
      '  in ~/src/shop',
      's and p allow from now on: whoami of ',
      'notes',
      'y once   s session   p project   n no',
      'N no, and say why',
    ])
    expect(frame(createPermission({ ...ask, agent: clean('helper') }))).toContain(
      'asked by the sub-agent helper',
    )
    const one = frame(createPermission({ ...ask, approval: undefined, lasting: undefined }))
    expect(one.at(-1)).toBe('y once   n no   N no, and say why')
  })

  test('with the line for a reason', () => {
    expect(frame(press(createPermission(ask), char('N'), char('use pnpm')).state).slice(-3)).toEqual([
      'What should the model know?',
      '› use pnpm',
      '⏎ no, with this reason   Esc back',
    ])
  })

  const many = Array.from({ length: 50 }, (_, at) => `line ${at} 日本語 ${'w'.repeat(at)}`).join('\n')
  test.each([
    [19, 11],
    [40, 11],
    [60, 20],
  ])('fits %i columns and %i rows', (width, maxRows) => {
    const long = {
      ...ask,
      body: many,
      warning: clean('Deletes files. '.repeat(20), 400),
      intention: clean('why '.repeat(80), 400),
    }
    const bodies = [long, { ...long, body: 'x'.repeat(1_000_000) }, { ...long, body: '' }, ask]
    for (const one of bodies) {
      for (const state of [
        createPermission(one),
        press(createPermission(one), char('N'), char('z'.repeat(300))).state,
      ]) {
        const rows = frame(state, width, maxRows)
        expect(rows.length).toBeLessThanOrEqual(maxRows)
        for (const row of rows) expect(cells(row)).toBeLessThanOrEqual(width)
      }
    }
  })

  test('what is left out is said, and the last line is shown', () => {
    const rows = frame(createPermission({ ...ask, body: many.replaceAll(/w+$/gm, '') }))
    expect(rows[1]).toBe('  line 0 日本語')
    expect(rows).toContain('  … 39 more lines, all of them above')
    expect(rows).toContain('  line 49 日本語')
  })

  // Of the least window, 40 x 8, a panel has four rows at worst: a message waits, a question was put away, somebody types.
  test.each([
    [60, 8],
    [39, 6],
    [39, 4],
  ])(
    'nothing can be allowed unread: in %i columns and %i rows what is cut is printed above',
    (width, maxRows) => {
      const command = `${'npm run build:one '.repeat(9)}&& rm -rf ~/important && ${'npm test '.repeat(12)}`
      const told = { warning: clean('it wants to run outside the sandbox: the cache is there', 400) }
      for (const more of [{}, told]) {
        printed.splice(0)
        const shown = draw(createPermission({ ...ask, ...more, body: command }), width, maxRows)
        expect(shown).not.toContain('important')
        expect(printed).toHaveLength(1)
        for (const part of ['Run a command?', command.trim(), 's and p allow from now on: npm test'])
          expect(printed[0]).toContain(part)
        if (maxRows > 4) expect(shown).toMatch(/… \d+ more lines/)
      }
    },
  )

  test('the name of a tool, and what s and p would allow, are printed above where they are cut', () => {
    const title = clean('Use a_tool_with_a_long_name_that_deletes of some_server?')
    draw(createPermission({ ...ask, title }), 39, 20)
    expect(printed).toEqual([expect.stringContaining(title)])
    printed.splice(0)
    const lasting = clean('npm test, npm run build, npm run lint, npm run docs, npm publish', 200)
    draw(createPermission({ ...ask, lasting }), 39, 20)
    expect(printed).toEqual([expect.stringContaining('npm publish')])
    printed.splice(0)
    draw(createPermission(ask), 60, 20)
    expect(printed).toEqual([])
  })

  test('control sequences in the body are gone', () => {
    expect(frame(createPermission({ ...ask, body: 'echo \u001b[2K\u001b]52;c;aGk=\u0007hi' }))[1]).toBe(
      '  echo hi',
    )
  })
})
