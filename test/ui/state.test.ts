import { describe, expect, test } from 'vitest'
import { HostError } from '../../src/errors.ts'
import { clean } from '../../src/text.ts'
import { createPermission } from '../../src/ui/panels/permission-state.ts'
import { type Action, newView, reduce, type View } from '../../src/ui/state.ts'
import { plain } from '../../src/ui/transcript/line.ts'

const start = newView({ model: 'demo', folder: '~/shop', prompts: [] })
const seen = (...actions: Action[]) => actions.reduce((view, action) => reduce(view, action, 5000), start)
const printed = (view: View) => view.ready.flatMap(block => block.lines.map(plain))
const tool = (id: string, more: object = {}) =>
  ({
    type: 'tool-start',
    id,
    name: clean('list'),
    server: clean('linear'),
    summary: clean('a=1'),
    ...more,
  }) as const
const ask = { id: 'p', kind: 'command', title: clean('Run a command?'), body: 'ls', names: [] } as const
const panel = (key: number) =>
  ({ type: 'panel', panel: { key, kind: 'permission', state: createPermission(ask) } }) as const

describe('tool rows', () => {
  const end = (text: string, how: 'ok' | 'failed' | 'denied' | 'cancelled' = 'ok') =>
    printed(seen(tool('t'), { type: 'tool-end', id: 't', end: how, text })).slice(1)

  test.each([
    ['ok', '', ['● linear · list  a=1']],
    ['failed', 'no such issue', ['✗ linear · list  a=1  failed', '  no such issue']],
    ['denied', 'refused', ['○ linear · list  a=1  denied']],
    ['cancelled', '', ['○ linear · list  a=1  cancelled']],
  ] as const)('%s', (how, text, lines) => expect(end(text, how)).toEqual(lines))

  test('a long output is shortened', () => {
    const output = Array.from({ length: 28 }, (_, at) => `line ${at}`).join('\n')
    expect(end(output).slice(1)).toEqual([
      '  line 0',
      '  line 1',
      '  line 2',
      '  line 3',
      '  line 4',
      '  … 23 more lines',
    ])
    expect(end('x'.repeat(1 << 20))[1]).toHaveLength(203)
  })
  test('six lines are not shortened to five and a note', () =>
    expect(end('1\n2\n3\n4\n5\n6')).toHaveLength(7))
  test('hostile output', () => expect(end('a\u001b]52;c;x\u0007\u001b[2Jb\rc')[1]).toBe('  abc'))
  test('time is told when there was some', () => {
    const view = reduce(reduce(start, tool('t'), 0), { type: 'tool-end', id: 't', end: 'ok', text: '' }, 400)
    expect(printed(view)[1]).toBe('● linear · list  a=1  0.4s')
  })
  test('as whom, where the server has several accounts: the one that signed in last, also while the call ran', () => {
    const as = (account?: string) =>
      ({
        type: 'account',
        server: 'linear',
        account: account === undefined ? account : clean(account),
      }) as const
    const done = { type: 'tool-end', id: 't', end: 'ok', text: '' } as const
    const rows = (...actions: Action[]) => printed(seen(...actions)).slice(1)
    expect(rows(as('ada@x.example'), tool('t'), done)).toEqual(['● linear · list  a=1  as ada@x.example'])
    expect(rows(as('ada'), tool('t'), as('bob'), done)).toEqual(['● linear · list  a=1  as bob'])
    expect(rows(as('ada@x.example'), as(), tool('t'), done)).toEqual(['● linear · list  a=1'])
    expect(rows(as('ada'), tool('t', { server: clean('toString') }), done)).toEqual([
      '● toString · list  a=1',
    ])
    expect(rows(as('ada'), tool('t', { server: undefined }), done)).toEqual(['● list  a=1'])
  })
  test('the end of an unknown call is nothing', () => {
    expect(seen({ type: 'tool-end', id: 'x', end: 'ok', text: 'y' })).toEqual(start)
  })
})

test('rows of one kind stand together, others apart', () => {
  const view = seen(
    { type: 'sent', text: 'one\ntwo' },
    tool('a'),
    tool('b'),
    { type: 'tool-end', id: 'a', end: 'ok', text: '' },
    { type: 'tool-end', id: 'b', end: 'ok', text: '' },
    { type: 'line', level: 'done', text: 'signed in' },
    { type: 'line', level: 'error', text: 'oh\nno' },
  )
  expect(printed(view)).toEqual([
    '',
    '› one',
    '  two',
    '',
    '● linear · list  a=1',
    '● linear · list  a=1',
    '',
    '✓ signed in',
    '✗ oh no',
  ])
})

test('the end of the runtime ends everything', () => {
  const view = seen({ type: 'sent', text: 'x' }, tool('t'), {
    type: 'stopped',
    error: new HostError('runtime-died', 'SIGKILL'),
  })
  expect(view).toMatchObject({ busy: false, tools: [] })
  expect(printed(view).slice(3)).toEqual([
    '○ linear · list  a=1  cancelled',
    '',
    '✗ the Copilot runtime stopped (SIGKILL)',
  ])
})

test('a server that fails is told once', () => {
  const failed = {
    type: 'server',
    name: clean('billing'),
    status: 'failed',
    error: clean('refused'),
  } as const
  expect(printed(seen(failed, failed))).toEqual(['', '! billing is not available: refused'])
})

test('text that comes back stands in front of what is being written', () => {
  const view = seen({ type: 'draft', text: 'second' }, { type: 'draft', text: 'first' })
  expect(view.editor.text).toBe('first\nsecond')
})

test('each panel that comes to the front has a guard of its own', () => {
  const two = seen(panel(1), panel(2))
  expect(two.guard).toEqual({ quietSince: 5000, open: false })
  const quiet = reduce(two, { type: 'quiet' }, 6000)
  expect(reduce(quiet, { type: 'panel-gone', key: 2 }, 7000).guard).toBe(quiet.guard)
  expect(reduce(quiet, { type: 'panel-gone', key: 1 }, 7000).guard).toEqual({ quietSince: 7000, open: false })
  expect(seen(panel(1), { type: 'panel-gone', key: 1 }).guard).toBeUndefined()
})

test('panels are counted from the first of a row to its last, and anew when none is open', () => {
  const gone = (key: number) => ({ type: 'panel-gone', key }) as const
  expect(seen(panel(1), panel(2), panel(3), gone(1)).answered).toBe(1)
  expect(seen(panel(1), panel(2), gone(2), gone(7)).answered).toBe(1)
  expect(seen(panel(1), panel(2), gone(1), gone(2)).answered).toBe(0)
})

test('much text is released a little at a time, in order, and dropped when it is printed', () => {
  const lines = Array.from({ length: 5000 }, (_, at) => [{ text: `line ${at} ${'x'.repeat(at % 100)}` }])
  let view = seen({ type: 'stream', id: 'a', lines, tail: [] })
  const out: string[] = []
  let rounds = 0
  while (view.ready.length > 0) {
    view = reduce(view, { type: 'release' }, 0)
    out.push(...view.done.flatMap(block => block.lines.map(plain)))
    view = reduce(view, { type: 'printed', count: view.done.length }, 0)
    rounds += 1
  }
  expect(rounds).toBeGreaterThan(5)
  expect(view.drops).toBe(rounds)
  expect(out.slice(1)).toEqual(lines.map(plain))
})
