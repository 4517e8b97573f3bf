import { renderToString } from 'ink'
import { describe, expect, test } from 'vitest'
import type { SignInStep, SignInView } from '../../../src/auth/types.ts'
import { HostError } from '../../../src/errors.ts'
import { clean } from '../../../src/text.ts'
import type { Key } from '../../../src/ui/keys.ts'
import { SignInPanel } from '../../../src/ui/panels/sign-in.tsx'
import { canDoAll, doAll, skipPanel, waitingSignIns } from '../../../src/ui/panels/sign-in-list.ts'
import { signInKey } from '../../../src/ui/panels/sign-in-press.ts'
import { createSignIn, type SignInState, signInStep } from '../../../src/ui/panels/sign-in-state.ts'
import type { Panel } from '../../../src/ui/state.ts'
import { cells } from '../../../src/ui/width.ts'
import { address, signInView } from './view.ts'

const url = address('https://login.example.com/authorize?state=1')
const named = (server: string, parts: Partial<SignInView> = {}) =>
  createSignIn(signInView({ id: server, server: clean(server), ...parts }))
const panelsOf = (...states: SignInState[]): Panel[] =>
  states.map((state, at) => ({ key: at + 1, kind: 'sign-in', state }))
const letter = (text: string): Key => ({ name: 'char', text })
const browserStep = (opened: boolean): SignInStep => ({ kind: 'browser', url, opened })

const billing = named('billing')
const linear = named('linear', { pageHost: clean('sso.linear.example') })
const docs = named('docs')
const three = [billing, linear, docs]

function frame(waiting: readonly SignInState[], width: number, maxRows: number): string[] {
  const [front] = waiting
  if (front === undefined) throw new Error('nothing waits')
  const panel = (
    <SignInPanel
      {...{ state: front, waiting, index: 1, total: waiting.length, width, maxRows }}
      now={() => 0}
      onLongText={() => {}}
    />
  )
  return renderToString(panel, { columns: 200 })
    .replaceAll(/\u001b\[[\d;]*m|\u001b\]8;;.*?\u001b\\/g, '')
    .split('\n')
}

describe('the list', () => {
  test('server, sign-in page, how far it is; the one on screen first', () => {
    const states = panelsOf(...three)
    expect(frame(three, 60, 19).slice(0, 6)).toEqual([
      '── Sign in to billing ── 1 of 3',
      '› billing  login.example.com                          asking',
      '  linear   sso.linear.example                         asking',
      '  docs     login.example.com                          asking',
      '',
      'The server asks for a sign-in before its first use.',
    ])
    expect(frame(waitingSignIns(doAll(states).panels), 60, 19).slice(1, 4)).toEqual([
      '› billing  login.example.com         in the browser',
      '  linear   sso.linear.example        follows in the same tab',
      '  docs     login.example.com         follows in the same tab',
    ])
  })

  test('the other ways are told too', () => {
    const code = signInKey(billing, letter('d')).state
    const manual = signInStep(signInKey(linear, letter('b')).state, browserStep(false))
    const rows = frame([docs, code, manual], 60, 19)
    expect(rows[1]).toMatch(/^› docs .* asking$/)
    expect(rows[2]).toMatch(/^ {2}billing .* code shown$/)
    expect(rows[3]).toMatch(/^ {2}linear .* address shown$/)
  })

  test('one alone has none, and its keys are as ever', () => {
    const alone = frame([billing], 60, 19).join('\n')
    expect(alone).not.toMatch(/›|n next|one tab/)
    expect(frame(three, 60, 19).join('\n')).toMatch(/n next {3}a all in one tab/)
  })

  test('ten: four and a count', () => {
    const ten = Array.from({ length: 10 }, (_, at) => named(`server ${at}`))
    expect(frame(ten, 60, 24).slice(4, 7)).toMatchObject([
      expect.stringContaining('server 3'),
      '  and 6 more',
      '',
    ])
  })

  test.each([
    ['40 x 12', 39, 9],
    ['80 x 24', 60, 18],
    ['200 x 50', 60, 44],
  ])('%s: fits, with its keys, whatever the names', (_size, width, maxRows) => {
    const hostile = named('日本語👨‍👩‍👧'.repeat(20), {
      pageHost: clean(`${'login.'.repeat(40)}example.com`, 255),
    })
    for (const states of [three, [hostile, ...three], [billing, hostile], Array(12).fill(hostile)]) {
      for (const waiting of [states, waitingSignIns(doAll(panelsOf(...states)).panels)]) {
        const rows = frame(waiting, width, maxRows)
        expect(rows.length).toBeLessThanOrEqual(maxRows)
        for (const row of rows) expect(cells(row)).toBeLessThanOrEqual(width)
        expect(rows.join('\n')).toContain('n next')
      }
    }
  })

  test('one that waits for a client id is not in the browser', () => {
    const error = new HostError('no-client', 'login.example.com does not register apps')
    const asked = signInStep({ ...billing, shown: 'browser' }, { kind: 'client', error })
    const [, , row] = frame([linear, asked], 60, 19)
    expect(row).toBe('  billing  login.example.com               needs a client id')
    expect(canDoAll([linear, asked])).toBe(false)
  })

  test('40 x 12: one row of names, beside what must be known', () => {
    expect(frame(three, 39, 9)).toEqual([
      '── Sign in to billing ── 1 of 3',
      'Then: linear, docs',
      'The server asks for a sign-in before',
      'its first use.',
      'Page    login.example.com · first seen',
      'Rights  invoices.read',
      '⏎ browser   d code   p paste   n next',
      'a all   l later   Esc cancel',
      'X cancel all   10:00 left',
    ])
  })
})

describe('do all', () => {
  test('the first is opened, the others follow', () => {
    const { choices, panels } = doAll(panelsOf(...three))
    expect(choices).toEqual([
      { panel: 1, choice: { kind: 'route', route: 'browser' } },
      { panel: 2, choice: { kind: 'follow' } },
      { panel: 3, choice: { kind: 'follow' } },
    ])
    expect(canDoAll(waitingSignIns(panels))).toBe(false)
  })

  test('behind one that is in the browser already all follow', () => {
    const open = signInKey(billing, letter('b')).state
    for (const state of [open, signInStep(open, browserStep(true))]) {
      expect(doAll(panelsOf(linear, state, docs)).choices).toEqual([
        { panel: 1, choice: { kind: 'follow' } },
        { panel: 3, choice: { kind: 'follow' } },
      ])
    }
  })

  test('takes on one whose code is shown, too', () => {
    const code = signInKey(linear, letter('d')).state
    expect(canDoAll([billing, code])).toBe(true)
    const { panels, choices } = doAll(panelsOf(billing, code))
    expect(choices.map(({ choice }) => choice.kind)).toEqual(['route', 'follow'])
    expect(waitingSignIns(panels)[1]).toMatchObject({ shown: 'browser', follows: true })
  })

  test('leaves alone what has begun, what has to be confirmed, and what goes another way', () => {
    const others = [
      signInKey(named('a'), letter('p')).state,
      named('b', { formerHost: clean('old.example.com') }),
      named('c', { routes: ['device', 'paste', 'browser'] }),
      { ...named('d'), asking: 'sso.example.com' },
      signInStep(named('e'), { kind: 'client', error: new HostError('no-client', 'no apps') }),
    ]
    const panels: Panel[] = panelsOf(billing, ...others)
    expect(doAll(panels).choices).toEqual([{ panel: 1, choice: { kind: 'route', route: 'browser' } }])
    expect(canDoAll([billing, ...others])).toBe(false)
    expect(canDoAll([billing, linear, ...others])).toBe(true)
    expect(canDoAll([billing])).toBe(false)
  })
})

describe('the keys', () => {
  test('n and a mean something only where more than one waits', () => {
    for (const key of [letter('n'), letter('a')]) {
      expect(signInKey(billing, key)).toEqual({ state: billing })
      expect(signInKey(billing, key, [billing])).toEqual({ state: billing })
    }
    expect(signInKey(billing, letter('n'), three)).toEqual({ state: billing, row: 'next' })
    expect(signInKey(billing, letter('A'), three)).toEqual({ state: billing, row: 'all' })
  })

  test('where a line is typed they are letters, and Tab skips what can only be typed', () => {
    const confirm = named('b', { formerHost: clean('old.example.com') })
    const typed = signInKey(confirm, letter('na'), [confirm, billing])
    expect(typed).toMatchObject({ state: { input: { text: 'na' } } })
    expect(typed.row).toBeUndefined()
    expect(signInKey(confirm, { name: 'tab' }, [confirm, billing]).row).toBe('next')
    expect(signInKey(confirm, { name: 'tab' }, [confirm]).row).toBeUndefined()
    const paste = signInKey(billing, letter('p')).state
    expect(signInKey(paste, { name: 'tab' }, [paste, linear])).toMatchObject({
      state: { view: billing.view },
    })
    expect(signInKey(paste, { name: 'tab' }, [paste, linear]).row).toBeUndefined()
  })

  test('skipping turns the row; nothing is lost', () => {
    const panels = panelsOf(...three)
    expect(skipPanel(panels).map(panel => panel.key)).toEqual([2, 3, 1])
    expect(skipPanel(skipPanel(skipPanel(panels)))).toEqual(panels)
    expect(skipPanel([])).toEqual([])
  })
})

describe('one that follows', () => {
  const follows = waitingSignIns(doAll(panelsOf(billing, linear)).panels)[1] ?? billing
  const ready = signInStep(follows, { kind: 'browser', url, opened: false, follows: true })

  test('says so, before and after its address is there, and prints none', () => {
    for (const state of [follows, ready]) {
      const shown = frame([state], 60, 18).join('\n')
      expect(shown).toContain('Follows in the same tab: the page where the one before it')
      expect(shown).toContain('⏎ open it in a tab of its own')
      expect(shown).not.toMatch(/https:|No browser could/)
    }
  })

  test.each([{ name: 'enter' }, letter('b')] as Key[])('is opened by hand: $name', key => {
    const { state, choice } = signInKey(ready, key)
    expect(choice).toEqual({ kind: 'route', route: 'browser' })
    expect(state.follows).toBeUndefined()
    expect(frame([state], 60, 18).join('\n')).toContain('Preparing the sign-in page…')
    const opened = signInStep(state, browserStep(true))
    expect(frame([opened], 60, 18).join('\n')).toContain('Waiting for the browser')
  })

  test('with another account, or by its code, it does not follow; a fault ends it', () => {
    expect(signInKey(ready, letter('o'))).toMatchObject({
      choice: { kind: 'account' },
      state: { follows: undefined },
    })
    expect(frame([signInKey(ready, letter('d')).state, billing], 60, 18)[1]).toMatch(/code shown$/)
    const error = new HostError('http-network', 'away')
    expect(signInStep(ready, { kind: 'trouble', route: 'browser', error }).follows).toBeUndefined()
  })
})
