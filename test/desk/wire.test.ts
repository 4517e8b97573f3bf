import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/auth/secret.ts'
import { lineOfReport, lineOfRequest, type Report, reportOf, requestOf } from '../../src/desk/wire.ts'
import { HostError } from '../../src/errors.ts'
import { clean } from '../../src/text.ts'
import { hostileValue, judged } from '../support/hostile.ts'
import { address, signInView } from '../ui/panels/view.ts'

const url = address('https://login.example.com/authorize?state=x')
const view = signInView({ knownSince: 5, formerHost: clean('old.example.com'), tool: clean('list') })

describe('what a waiting process says', () => {
  const reports: Report[] = [
    {
      type: 'waiting',
      waiting: { id: 'A2B3C4', program: { kind: 'chat', folder: clean('~/shop'), pid: 7 }, since: 1, view },
    },
    { type: 'listed' },
    { type: 'gone' },
    { type: 'view', view },
    { type: 'step', step: { kind: 'browser', url, opened: true } },
    { type: 'step', step: { kind: 'paste', url, forward: clean('ssh -L 1:127.0.0.1:1 me@there') } },
    { type: 'step', step: { kind: 'device', page: url, code: clean('ABCD'), expiresAt: 9 } },
    { type: 'end', result: { kind: 'signed-in', account: clean('ada'), keptIn: 'file' }, yours: true },
    { type: 'end', result: { kind: 'brought' }, yours: false },
  ]
  test.each(reports)('comes out as it went in: $type', report => {
    expect(reportOf(lineOfReport(report))).toEqual(report)
  })

  test('of an error only the text is told', () => {
    const error = new HostError('http-network', 'auth.example', { cause: new Error('inner') })
    const line = lineOfReport({ type: 'step', step: { kind: 'trouble', route: 'device', error } })
    expect(JSON.parse(line)).toMatchObject({ step: { error: 'auth.example cannot be reached' } })
    const report = reportOf(line)
    expect(report).toMatchObject({ step: { error: { message: 'auth.example cannot be reached' } } })
  })

  test('text is cleaned again, whatever it was', () => {
    const server = 'no\u001b[2Jtes\u202e\u0007\n'
    const report = reportOf(JSON.stringify({ type: 'view', view: { ...view, server, account: 'a\tb' } }))
    expect(report).toMatchObject({ view: { server: 'notes', account: 'a b' } })
  })

  test.each([
    ['javascript:alert(1)', 'unsafe-address'],
    ['http://login.example.com/', 'unsafe-address'],
    ['file:///etc/passwd', 'unsafe-address'],
    ['https://me:pw@login.example.com/', 'unsafe-address'],
    ['', 'unsafe-address'],
    ['x'.repeat(33_000), 'failure'],
    [5, 'failure'],
    [null, 'failure'],
  ])('the address %s is refused: %s', (bad, kind) => {
    const line = JSON.stringify({ type: 'step', step: { kind: 'paste', url: bad } })
    expect(() => reportOf(line)).toThrow(expect.objectContaining({ kind }))
  })

  test.each([
    ['nothing', ''],
    ['no JSON', '{"type":'],
    ['no object', '"listed"'],
    ['an unknown type', '{"type":"exec","command":"id"}'],
    ['a view without fields', '{"type":"view","view":{}}'],
    ['fields of other types', JSON.stringify({ type: 'view', view: { ...view, server: 5 } })],
    ['a time that is none', JSON.stringify({ type: 'view', view: { ...view, deadline: 1e300 } })],
    ['a route that is none', JSON.stringify({ type: 'view', view: { ...view, routes: ['shell'] } })],
    ['too many rights', JSON.stringify({ type: 'view', view: { ...view, newScopes: Array(201).fill('a') } })],
    ['a prototype', '{"type":"__proto__"}'],
  ])('%s is refused in one line', (_what, line) => {
    expect(() => reportOf(line)).toThrow('says something that cannot be read')
  })

  test('no value makes the judge throw anything but an error for the person', () => {
    fc.assert(
      fc.property(hostileValue, fc.constantFrom('view', 'step', 'end', 'waiting'), (value, type) => {
        judged(() => reportOf(JSON.stringify({ type, [type]: value }) ?? ''))
        judged(() => reportOf(JSON.stringify({ type: 'step', step: { kind: 'paste', url: value } })))
        judged(() => reportOf(JSON.stringify({ type: 'view', view: { ...view, server: value } })))
      }),
    )
  })
})

describe('what an answering process says', () => {
  test.each([
    ['a token that is JSON', { kind: 'token', token: '{"access_token":"x"}' }],
    ['a token of two lines', { kind: 'token', token: 'a\nb' }],
    ['an empty token', { kind: 'token', token: '' }],
    ['a token longer than any header', { kind: 'token', token: 'x'.repeat(32_771) }],
    ['a client id with an escape', { kind: 'client', id: 'a\u001b[2J' }],
    ['an address that is endless', { kind: 'pasted', address: 'x'.repeat(16_385) }],
    ['a route that is none', { kind: 'route', route: 'shell' }],
    ['a choice that is none', { kind: 'exec' }],
    ['nothing', null],
  ])('%s is no choice', (_what, choice) => {
    expect(requestOf(JSON.stringify({ type: 'choose', choice }))).toBeUndefined()
  })

  test.each([
    '',
    'null',
    '[]',
    '{"type":"attach","id":"a2b3c4"}',
    '{"type":"attach","id":"../../x"}',
    '{"type":"hello"}',
  ])('%s is no request', line => expect(requestOf(line)).toBeUndefined())

  test('a token is a secret on both sides and plain only on the wire', () => {
    const request = { type: 'choose', choice: { kind: 'token', token: new Secret('abc.def~+/==') } } as const
    const line = lineOfRequest(request)
    expect(line).toContain('abc.def~+/==')
    expect(String(JSON.stringify(request))).not.toContain('abc')
    const back = requestOf(line)
    expect(JSON.stringify(back)).not.toContain('abc')
    expect(back?.type === 'choose' && back.choice.kind === 'token' && back.choice.token.reveal()).toBe(
      'abc.def~+/==',
    )
  })

  test('no value makes the judge throw', () => {
    fc.assert(
      fc.property(hostileValue, value => {
        requestOf(JSON.stringify(value) ?? '')
        requestOf(JSON.stringify({ type: 'choose', choice: value }))
      }),
    )
  })
})
