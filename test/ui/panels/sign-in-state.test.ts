import { describe, expect, test } from 'vitest'
import type { Choice } from '../../../src/auth/types.ts'
import { HostError } from '../../../src/errors.ts'
import { clean } from '../../../src/text.ts'
import type { Key } from '../../../src/ui/keys.ts'
import { signInKey } from '../../../src/ui/panels/sign-in-press.ts'
import { createSignIn, type SignInState, signInStep } from '../../../src/ui/panels/sign-in-state.ts'
import { address, signInView } from './view.ts'

const char = (text: string): Key => ({ name: 'char', text })
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

describe('steps', () => {
  test('a step of a route that nobody chose is shown', () => {
    expect(signInStep(createSignIn(signInView()), { kind: 'browser', url, opened: true }).shown).toBe(
      'browser',
    )
  })

  test('a step of another route does not take the screen', () => {
    const state = press(createSignIn(signInView()), char('d')).state
    expect(signInStep(state, { kind: 'browser', url, opened: true }).shown).toBe('device')
  })

  test('trouble: the panel goes to what still runs, or back to the question', () => {
    const trouble = {
      kind: 'trouble',
      route: 'device',
      error: new HostError('http-deadline', 'login.example.com'),
    } as const
    const device = press(createSignIn(signInView()), char('d')).state
    const alone = signInStep(device, trouble)
    expect(alone).toMatchObject({
      shown: undefined,
      trouble: { device: 'login.example.com did not answer in time' },
    })
    expect(press(alone, ENTER).choices).toEqual([{ kind: 'route', route: 'browser' }])
    const both = signInStep(signInStep(device, { kind: 'browser', url, opened: true }), trouble)
    expect(both.shown).toBe('browser')
    const code = { kind: 'device', page: url, code: clean('A-B'), expiresAt: 1 } as const
    expect(signInStep(both, code).trouble.device).toBeUndefined()
  })

  test('foreign text in trouble is cleaned', () => {
    const error = new HostError('sign-in-failed', 'no\u001b[2J\nway')
    const state = signInStep(createSignIn(signInView()), { kind: 'trouble', route: 'browser', error })
    expect(state.trouble.browser).toBe('no way')
  })
})
