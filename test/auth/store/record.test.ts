import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/auth/secret.ts'
import { decodeRecord, encodeRecord, sameGrant } from '../../../src/auth/store/record.ts'
import { clean } from '../../../src/text.ts'
import { grantOf, keyOf } from '../../support/grants.ts'
import '../../support/secret-equality.ts'

const key = keyOf('one')
const full = { ...grantOf(key), account: clean('you@example.com') }
const stored: Record<string, unknown> = JSON.parse(encodeRecord(key, full))

describe('a stored record', () => {
  test('gives back the whole grant', () => {
    const decoded = decodeRecord(key, encodeRecord(key, full))
    if (decoded.kind !== 'grant') throw new Error(decoded.kind)
    expect(decoded.grant).toEqual(full)
    expect(decoded.grant.access.reveal()).toBe('access')
    expect(decoded.grant.refresh?.reveal()).toBe('refresh of access')
    expect(decoded.grant.client.secret?.reveal()).toBe('client secret')
  })

  test('gives back a grant with nothing optional', () => {
    const small = {
      issuer: key.issuer,
      resource: key.server,
      client: { id: 'client', authMethod: 'none' as const },
      access: new Secret('access'),
      receivedAt: 1,
    }
    const decoded = decodeRecord(key, encodeRecord(key, small))
    expect(decoded).toMatchObject({ kind: 'grant', grant: { client: { id: 'client', authMethod: 'none' } } })
    expect(decoded.kind === 'grant' && decoded.grant.refresh).toBeUndefined()
    expect(decoded.kind === 'grant' && sameGrant(decoded.grant, small)).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['no JSON', '{"v":1'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"access"'],
    ['no version', JSON.stringify({ ...stored, v: undefined })],
    ['version zero', JSON.stringify({ ...stored, v: 0 })],
    ['a version in words', JSON.stringify({ ...stored, v: '2' })],
    ['no token', JSON.stringify({ ...stored, access: undefined })],
    ['an empty token', JSON.stringify({ ...stored, access: '' })],
    ['a token that is no text', JSON.stringify({ ...stored, access: { toString: 'x' } })],
    ['a huge token', JSON.stringify({ ...stored, access: 'x'.repeat(70_000) })],
    ['no client', JSON.stringify({ ...stored, client: undefined })],
    [
      'an unknown client authentication',
      JSON.stringify({ ...stored, client: { id: 'a', authMethod: 'odd' } }),
    ],
    ['an end that is no time', JSON.stringify({ ...stored, expiresAt: 'never' })],
    ['another server', JSON.stringify({ ...stored, server: 'https://evil.example.com/mcp' })],
    ['another issuer', JSON.stringify({ ...stored, issuer: 'https://evil.example.com' })],
  ])('is garbled with %s', (_, text) => {
    expect(decodeRecord(key, text)).toEqual({ kind: 'garbled' })
  })

  test('of a newer version is recognised whatever else it holds', () => {
    expect(decodeRecord(key, '{"v":2,"sealed":"..."}')).toEqual({ kind: 'newer' })
  })

  test('cannot bring control characters to the terminal', () => {
    const decoded = decodeRecord(key, JSON.stringify({ ...stored, account: 'you\u001b]0;owned\u0007\n' }))
    expect(decoded).toMatchObject({ grant: { account: 'you' } })
  })
})

test('two grants are the same by access and refresh token', () => {
  const { refresh: _, ...without } = full
  expect(sameGrant(full, { ...full, scope: 'other' })).toBe(true)
  expect(sameGrant(full, { ...full, access: new Secret('new') })).toBe(false)
  expect(sameGrant(full, { ...full, refresh: new Secret('new') })).toBe(false)
  expect(sameGrant(full, without)).toBe(false)
  expect(sameGrant(without, full)).toBe(false)
  expect(sameGrant(without, without)).toBe(true)
})
