import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/auth/secret.ts'
import { clientRecord, grantRecord } from '../../../src/auth/store/record.ts'
import { clean } from '../../../src/text.ts'
import { grantOf, keyOf } from '../../support/grants.ts'
import '../../support/secret-equality.ts'
import { TRIALS } from '../../support/trials.ts'

fc.configureGlobal(TRIALS)

const key = keyOf('one')
const identity = { subject: 'u1', login: 'you@example.com' }
const full = { ...grantOf(key), account: clean('you@example.com'), identity }
const stored: Record<string, unknown> = JSON.parse(grantRecord.encode(key, full))

describe('a stored record', () => {
  test('gives back the whole grant', () => {
    const decoded = grantRecord.decode(key, grantRecord.encode(key, full))
    if (decoded.kind !== 'value') throw new Error(decoded.kind)
    expect(decoded.value).toEqual(full)
    expect(decoded.value.access.reveal()).toBe('access')
    expect(decoded.value.refresh?.reveal()).toBe('refresh of access')
    expect(decoded.value.client.secret?.reveal()).toBe('client secret')
  })

  test('gives back a grant with nothing optional', () => {
    const small = {
      issuer: key.issuer,
      resource: key.server,
      client: { id: 'client', source: 'document' as const, authMethod: 'none' as const },
      access: new Secret('access'),
      receivedAt: 1,
    }
    const decoded = grantRecord.decode(key, grantRecord.encode(key, small))
    expect(decoded).toMatchObject({ kind: 'value', value: { client: small.client } })
    expect(decoded.kind === 'value' && decoded.value.refresh).toBeUndefined()
    expect(decoded.kind === 'value' && grantRecord.same(decoded.value, small)).toBe(true)
  })

  test('holds no secret that a person has set, and drops that of an older record', () => {
    const set = { ...full, client: { ...full.client, source: 'configured' as const } }
    const text = grantRecord.encode(key, set)
    expect(text).not.toContain('client secret')
    const older = JSON.stringify({ ...stored, client: { id: 'a', source: 'configured', secret: 'older' } })
    const decoded = grantRecord.decode(key, older)
    if (decoded.kind !== 'value') throw new Error(decoded.kind)
    expect(decoded.value.client.secret?.reveal()).toBe('older')
    expect(grantRecord.encode(key, decoded.value)).not.toContain('older')
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
    ['another account', JSON.stringify({ ...stored, slot: 'work' })],
    ['an account that is no name', JSON.stringify({ ...stored, slot: '\u001b[2J' })],
  ])('is garbled with %s', (_, text) => {
    expect(grantRecord.decode(key, text)).toEqual({ kind: 'garbled' })
  })

  test('of a newer version is recognised whatever else it holds', () => {
    expect(grantRecord.decode(key, '{"v":2,"sealed":"..."}')).toEqual({ kind: 'newer' })
  })

  test('cannot bring control characters to the terminal', () => {
    const decoded = grantRecord.decode(
      key,
      JSON.stringify({ ...stored, account: 'you\u001b]0;owned\u0007\n' }),
    )
    expect(decoded).toMatchObject({ value: { account: 'you' } })
  })
})

test('two grants are the same by access and refresh token', () => {
  const { refresh: _, ...without } = full
  expect(grantRecord.same(full, { ...full, scope: 'other' })).toBe(true)
  expect(grantRecord.same(full, { ...full, access: new Secret('new') })).toBe(false)
  expect(grantRecord.same(full, { ...full, refresh: new Secret('new') })).toBe(false)
  expect(grantRecord.same(full, without)).toBe(false)
  expect(grantRecord.same(without, full)).toBe(false)
  expect(grantRecord.same(without, without)).toBe(true)
})

describe('the record of a client', () => {
  const client = {
    id: 'client',
    source: 'configured' as const,
    authMethod: 'private_key_jwt' as const,
    secret: new Secret(`-----BEGIN PRIVATE KEY-----\n${'x'.repeat(16 * 1024)}`),
  }
  const record: Record<string, unknown> = JSON.parse(clientRecord.encode(key, client))

  test('gives back the whole client, a long key too', () => {
    expect(clientRecord.decode(key, clientRecord.encode(key, client))).toEqual({
      kind: 'value',
      value: client,
    })
    const { secret: _, ...open } = { ...client, redirectUris: ['http://127.0.0.1/cb'] }
    expect(clientRecord.decode(key, clientRecord.encode(key, open))).toEqual({ kind: 'value', value: open })
  })

  test('does not give its secret to a log', () => {
    const decoded = clientRecord.decode(key, clientRecord.encode(key, client))
    expect(JSON.stringify(decoded)).not.toContain('PRIVATE')
  })

  test.each<[string, unknown]>([
    ['nothing', null],
    ['no client', { ...record, client: undefined }],
    ['no id', { ...record, client: { authMethod: 'none' } }],
    ['an unknown source', { ...record, client: { id: 'a', authMethod: 'none', source: 'found' } }],
    ['a secret that is no text', { ...record, client: { id: 'a', authMethod: 'none', secret: 1 } }],
    ['a huge secret', { ...record, client: { id: 'a', authMethod: 'none', secret: 'x'.repeat(70_000) } }],
    ['another server', { ...record, server: 'https://evil.example.com/mcp' }],
    ['another issuer', { ...record, issuer: 'https://evil.example.com' }],
  ])('is garbled with %s', (_, data) => {
    expect(clientRecord.decode(key, JSON.stringify(data))).toEqual({ kind: 'garbled' })
  })

  test('of a newer version is recognised', () => {
    expect(clientRecord.decode(key, '{"v":2}')).toEqual({ kind: 'newer' })
  })
})

test('a client of the first records was registered', () => {
  const { source: _, ...client } = { id: 'a', authMethod: 'none', source: 'x' }
  const decoded = grantRecord.decode(key, JSON.stringify({ ...stored, client }))
  expect(decoded).toMatchObject({ kind: 'value', value: { client: { id: 'a', source: 'registered' } } })
})

test('no text at all makes a judge throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      for (const format of [grantRecord, clientRecord]) {
        expect(['garbled', 'newer']).toContain(format.decode(key, text).kind)
      }
    }),
  )
})
