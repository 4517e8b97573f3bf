import { expect, test } from 'vitest'
import { scopesToAsk, scopeTokens } from '../../src/auth/scope.ts'
import type { Reason } from '../../src/auth/types.ts'

interface Case {
  reason?: Reason
  challenge?: string
  listed?: string[]
  server?: string[]
  granted?: string
}

function choose({ reason = 'initial', challenge, listed, server, granted }: Case) {
  const as = { issuer: 'https://auth.example', scopes_supported: server }
  return scopesToAsk({ reason, challenge: { scope: challenge } }, { as, scopesSupported: listed }, granted)
}

test.each<[string, Case, string | undefined]>([
  ['the challenge comes first', { challenge: 'a b', listed: ['c'] }, 'a b'],
  ['then the resource metadata', { listed: ['c', 'd'] }, 'c d'],
  ['then nothing', {}, undefined],
  ['an empty challenge counts as none', { challenge: '  ', listed: ['c'] }, 'c'],
  ['an empty list counts as none', { listed: [] }, undefined],
  ['each scope once', { challenge: 'a a\tb  a' }, 'a b'],
  [
    'offline_access where the server lists it',
    { challenge: 'a', server: ['offline_access'] },
    'a offline_access',
  ],
  ['offline_access never alone', { server: ['offline_access'] }, undefined],
  ['offline_access not where the server does not list it', { challenge: 'a', server: ['a'] }, 'a'],
  ['offline_access once', { challenge: 'offline_access a', server: ['offline_access'] }, 'offline_access a'],
  ['a step-up asks for the union', { reason: 'upscope', challenge: 'b', granted: 'a c' }, 'b a c'],
  [
    'so does a sign-in that takes the place of another',
    { reason: 'reauth', challenge: 'b', granted: 'a' },
    'b a',
  ],
  ['a first one asks for what the challenge says', { challenge: 'b', granted: 'a c' }, 'b'],
  ['text that is no scope is left out', { challenge: 'a" b\\ \u001b[2J \u00e9 c' }, 'c'],
])('%s', (_name, input, ask) => {
  expect(choose(input).ask).toBe(ask)
})

test('rights that the person configured take the place of those of the metadata, and what is demanded joins them', () => {
  const as = { issuer: 'https://auth.example', scopes_supported: ['offline_access'] }
  const ask = (challenge: string | undefined, scopes: string[]) =>
    scopesToAsk(
      { reason: 'initial', challenge: { scope: challenge } },
      { as, scopesSupported: ['read', 'write', 'admin'] },
      undefined,
      { scopes },
    ).ask
  expect(ask(undefined, ['read'])).toBe('read offline_access')
  expect(ask('write', ['read'])).toBe('read write offline_access')
  expect(ask(undefined, [])).toBe('read write admin offline_access')
  expect(ask('write', [])).toBe('write offline_access')
})

test('tells what is new and what is granted', () => {
  expect(choose({ reason: 'upscope', challenge: 'a b', granted: 'a c' })).toEqual({
    ask: 'a b c',
    newScopes: ['b'],
    grantedScopes: ['a', 'c'],
  })
})

test.each([undefined, '', ' ', '"', 'x'.repeat(257), '\u0000'])('%j has no scope', text => {
  expect(scopeTokens(text)).toEqual([])
})

test('a huge list is bounded', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => `s${index}`)
  expect(scopeTokens(many.join(' '))).toHaveLength(100)
})
