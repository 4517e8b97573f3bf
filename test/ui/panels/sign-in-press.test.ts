import { describe, expect, test } from 'vitest'
import type { Choice } from '../../../src/auth/types.ts'
import { HostError } from '../../../src/errors.ts'
import { clean } from '../../../src/text.ts'
import type { Key } from '../../../src/ui/keys.ts'
import { signInKey, signInPaste } from '../../../src/ui/panels/sign-in-press.ts'
import {
  createSignIn,
  type SignInState,
  signInStep,
  signInTakesText,
  signInUpdate,
} from '../../../src/ui/panels/sign-in-state.ts'
import { address, signInView } from './view.ts'

const char = (text: string): Key => ({ name: 'char', text })
const ESC: Key = { name: 'escape' }
const ENTER: Key = { name: 'enter' }
const url = address('https://login.example.com/authorize?state=1')

function press(state: SignInState, ...keys: Key[]) {
  const choices: Choice[] = []
  let now = state
  for (const key of keys) {
    const turn = signInKey(now, key)
    now = turn.state
    if (turn.choice) choices.push(turn.choice)
  }
  return { state: now, choices }
}

describe('choosing a route', () => {
  const panel = createSignIn(signInView())

  test.each<[string, Key, Choice[]]>([
    ['Enter: the recommended one', ENTER, [{ kind: 'route', route: 'browser' }]],
    ['b', char('b'), [{ kind: 'route', route: 'browser' }]],
    ['d', char('d'), [{ kind: 'route', route: 'device' }]],
    ['p', char('p'), [{ kind: 'route', route: 'paste' }]],
    ['caps lock', char('D'), [{ kind: 'route', route: 'device' }]],
    ['Esc', ESC, [{ kind: 'cancel' }]],
    ['another letter', char('x'), []],
    ['a name that every object has', char('constructor'), []],
    ['several letters', char('dd'), []],
    ['a paste', { name: 'paste', text: 'd' }, []],
    ['Ctrl+D', { name: 'ctrl', letter: 'd' }, []],
    ['an arrow', { name: 'down' }, []],
  ])('%s', (_name, key, choices) => {
    expect(press(panel, key).choices).toEqual(choices)
  })

  test('only what server and machine allow', () => {
    const only = createSignIn(signInView({ routes: ['device'] }))
    expect(press(only, char('b'), char('p')).choices).toEqual([])
    expect(press(only, ENTER).choices).toEqual([{ kind: 'route', route: 'device' }])
    expect(press(createSignIn(signInView({ routes: [] })), ENTER).choices).toEqual([])
  })

  test('one key switches between the routes at any time, Enter does not', () => {
    const { choices, state } = press(panel, ENTER, ENTER, char('d'), ENTER, char('b'))
    expect(choices).toEqual(['browser', 'device', 'browser'].map(route => ({ kind: 'route', route })))
    expect(state.shown).toBe('browser')
  })
})

describe('the line for an address', () => {
  const callback = 'http://127.0.0.1:4011/callback?code=abc&state=1'
  const line = signInStep(press(createSignIn(signInView()), char('p')).state, { kind: 'paste', url })

  test('is the only place that takes text', () => {
    expect(signInTakesText(line)).toBe(true)
    for (const state of [createSignIn(signInView()), press(createSignIn(signInView()), char('d')).state]) {
      expect(signInTakesText(state)).toBe(false)
      expect(signInPaste(state, callback)).toBe(state)
    }
  })

  test('a paste waits for Enter; line ends of the copy are left out', () => {
    const pasted = signInPaste(line, `  ${callback.slice(0, 20)}\r\n${callback.slice(20)}\n`)
    expect(press(pasted, ENTER).choices).toEqual([{ kind: 'pasted', address: callback }])
  })

  test('typed fast, b, d and p are letters there', () => {
    const { choices, state } = press(line, char(callback), char('bdp'), { name: 'backspace' }, ENTER)
    expect(choices).toEqual([{ kind: 'pasted', address: `${callback}bd` }])
    expect(state.input.text).toBe('')
    expect(state.shown).toBe('paste')
  })

  test('Enter on nothing sends nothing; Ctrl+U empties; Esc cancels', () => {
    expect(press(line, ENTER, char(' '), ENTER).choices).toEqual([])
    expect(press(line, char('abc'), { name: 'ctrl', letter: 'u' }, ENTER).choices).toEqual([])
    expect(press(line, char('abc'), ESC).choices).toEqual([{ kind: 'cancel' }])
    expect(
      press(line, char('abc'), { name: 'left' }, { name: 'up' }, { name: 'home' }).state.input.text,
    ).toBe('abc')
  })

  test('Tab goes back to the other ways, with nothing chosen', () => {
    const { state, choices } = press(line, char('x'), { name: 'tab' })
    expect(state.shown).toBeUndefined()
    expect(choices).toEqual([])
    expect(press(state, char('d')).choices).toEqual([{ kind: 'route', route: 'device' }])
  })

  test('Tab goes back to the code or the browser that is open', () => {
    const page = address('https://login.example.com/device')
    const code = { kind: 'device', page, code: clean('WDJB-MJHT'), expiresAt: 1 } as const
    const inBrowser = signInStep(line, { kind: 'browser', url, opened: true })
    expect(press(inBrowser, { name: 'tab' }).state.shown).toBe('browser')
    expect(press(signInStep(inBrowser, code), { name: 'tab' }).state.shown).toBe('device')
  })

  test('a wrong address can be followed by another one', () => {
    const error = new HostError('sign-in-failed', 'this address belongs to another sign-in')
    const again = signInStep(press(line, char('x'), ENTER).state, { kind: 'trouble', route: 'paste', error })
    expect(again).toMatchObject({ shown: 'paste', trouble: { paste: error.message } })
    expect(press(again, char('y'), ENTER).state.trouble.paste).toBeUndefined()
  })

  test('a huge paste is cut', () => {
    expect(signInPaste(line, 'x'.repeat(1_000_000)).input.text.length).toBe(16_384)
  })
})

describe('a client id', () => {
  const error = new HostError('no-client', 'login.example.com does not register apps')
  const asked = signInStep(press(createSignIn(signInView()), ENTER).state, { kind: 'client', error })

  test('is asked for by the engine, and what is typed is the answer', () => {
    expect(asked).toMatchObject({ shown: 'browser', client: error.message })
    expect(signInTakesText(asked)).toBe(true)
    const { choices, state } = press(asked, char('my-'), char('app'), ENTER)
    expect(choices).toEqual([{ kind: 'client', id: 'my-app' }])
    // The route that was chosen goes on.
    expect(state).toMatchObject({ shown: 'browser', client: undefined })
  })

  test.each<[string, string, Choice[]]>([
    ['nothing', '', []],
    ['blanks', '  ', []],
    ['other letters than a client id has', 'мой', []],
    ['a line end in the copy', 'my-app\r\n', [{ kind: 'client', id: 'my-app' }]],
    ['too much', 'x'.repeat(5000), [{ kind: 'client', id: 'x'.repeat(1024) }]],
  ])('%s', (_what, text, choices) => {
    expect(press(signInPaste(asked, text), ENTER).choices).toEqual(choices)
  })

  test('what is no client id stays in the line, and why is said until the next key', () => {
    const { state } = press(asked, char('my-äpp'), ENTER)
    expect(state).toMatchObject({ client: error.message, input: { text: 'my-äpp' } })
    expect(state.note).toContain('no client id')
    expect(press(state, { name: 'backspace' }).state.note).toBeUndefined()
  })

  test('Esc cancels, Tab does nothing', () => {
    expect(press(asked, char('x'), ESC).choices).toEqual([{ kind: 'cancel' }])
    expect(signInTakesText(press(asked, { name: 'tab' }).state)).toBe(true)
  })
})

describe('another sign-in server', () => {
  const others = [{ issuer: 'https://b.example', host: clean('b.example') }]
  const panel = createSignIn(signInView({ others }))

  test('can be chosen as long as no route runs', () => {
    expect(press(panel, char('s')).choices).toEqual([{ kind: 'issuer', issuer: 'https://b.example' }])
    expect(press(createSignIn(signInView()), char('s')).choices).toEqual([])
    expect(press(panel, ENTER, char('s')).choices).toEqual([{ kind: 'route', route: 'browser' }])
  })

  test('no way of signing in is begun there before the panel says it', () => {
    const asking = press(panel, char('s')).state
    expect(asking.asking).toBe('b.example')
    expect(press(asking, ENTER, char('d'), char('s')).choices).toEqual([])
    expect(press(asking, char('l'), ESC).choices).toEqual([{ kind: 'later' }, { kind: 'cancel' }])
    const next = signInUpdate(asking, signInView({ pageHost: clean('b.example'), others }))
    expect(next.view.pageHost).toBe('b.example')
    expect(press(next, ENTER).choices).toEqual([{ kind: 'route', route: 'browser' }])
  })

  test('that cannot be asked leaves the panel as it was', () => {
    const error = new HostError('http-deadline', 'b.example')
    const asking = press(panel, char('s')).state
    const back = signInStep(asking, { kind: 'trouble', route: 'browser', error })
    expect(back).toMatchObject({ asking: undefined, trouble: { browser: error.message } })
    expect(press(back, char('s')).choices).toHaveLength(1)
  })

  test('is not offered any more once a route was begun, also when no route is on screen', () => {
    const typing = press(panel, char('p'), { name: 'tab' }).state
    expect(typing.shown).toBeUndefined()
    expect(press(typing, char('s')).choices).toEqual([])
  })
})

describe('the letters that mean the same in every panel', () => {
  const page = address('https://login.example.com/device')
  const browser = signInStep(press(createSignIn(signInView()), char('b')).state, {
    ...{ kind: 'browser', url, opened: true },
  })
  const device = signInStep(press(createSignIn(signInView()), char('d')).state, {
    ...{ kind: 'device', page, code: clean('WDJB-MJHT'), expiresAt: 1 },
  })
  const effect = (state: SignInState, letter: string) => signInKey(state, char(letter)).effect

  test('u copies the address on screen, c the code, and says so until the next key', () => {
    expect(effect(browser, 'u')).toEqual({ type: 'copy', text: url })
    expect(effect(device, 'u')).toEqual({ type: 'copy', text: page })
    expect(effect(device, 'c')).toEqual({ type: 'copy', text: 'WDJB-MJHT' })
    expect(press(device, char('c')).state.note).toBe('The code was copied.')
    expect(press(device, char('c'), char('b')).state.note).toBeUndefined()
    // What means nothing here is the beginning of a sentence, and has to be seen as that.
    const copied = press(device, char('c')).state
    expect(signInKey(copied, char('h')).state).toBe(copied)
    for (const [state, letter] of [
      [browser, 'c'],
      [createSignIn(signInView()), 'u'],
      [createSignIn(signInView()), 'c'],
    ] as const)
      expect(effect(state, letter)).toBeUndefined()
  })

  test('q draws the complete address where there is one', () => {
    expect(effect(device, 'q')).toEqual({ type: 'qr', text: page })
    const completePage = address('https://login.example.com/device?user_code=WDJB-MJHT')
    const complete = signInStep(device, {
      ...{ kind: 'device', page, completePage, code: clean('WDJB-MJHT'), expiresAt: 1 },
    })
    expect(effect(complete, 'q')).toEqual({ type: 'qr', text: completePage })
    expect(effect(browser, 'q')).toBeUndefined()
  })

  test('l later, o other account, X all; in a line to type in they are letters', () => {
    expect(press(device, char('l')).choices).toEqual([{ kind: 'later' }])
    expect(press(device, char('o')).choices).toEqual([{ kind: 'account' }])
    expect(effect(device, 'X')).toEqual({ type: 'cancel-all' })
    expect(effect(device, 'x')).toBeUndefined()
    const typing = signInStep(press(createSignIn(signInView()), char('p')).state, { kind: 'paste', url })
    expect(press(typing, char('l'), char('o'), char('X'), char('q')).state.input.text).toBe('loXq')
    for (const routes of [['device'], ['browser']] as const)
      expect(press(createSignIn(signInView({ routes })), char('o')).choices).toEqual([])
  })
})

describe('a sign-in server that has changed', () => {
  const moved = createSignIn(signInView({ formerHost: clean('a.example'), pageHost: clean('b.example') }))

  test('nothing goes on before the new host was typed', () => {
    for (const key of [ENTER, char('b'), { name: 'tab' } as const]) {
      expect(press(moved, key).choices).toEqual([])
    }
    const wrong = press(moved, char('a.example'), ENTER).state
    expect(wrong).toMatchObject({ note: 'That is not b.example.', input: { text: '' } })
    const { state } = press(wrong, char('B.example'), ENTER)
    expect(signInTakesText(state)).toBe(false)
    expect(press(state, ENTER).choices).toEqual([{ kind: 'route', route: 'browser' }])
  })

  test('Esc cancels, and another server has to be confirmed anew', () => {
    expect(press(moved, char('x'), ESC).choices).toEqual([{ kind: 'cancel' }])
    const confirmed = press(moved, char('b.example'), ENTER).state
    const next = signInUpdate(confirmed, { ...confirmed.view, pageHost: clean('c.example') })
    expect(signInTakesText(next)).toBe(true)
  })
})
