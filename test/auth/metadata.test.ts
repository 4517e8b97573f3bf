import { describe, expect, test } from 'vitest'
import {
  judgeResourceMetadata,
  judgeServerMetadata,
  judgeWayIn,
  readDocument,
} from '../../src/auth/metadata.ts'
import { webUrl } from '../../src/auth/url.ts'

const SERVER = webUrl('https://mcp.example/mcp', 'the test')
const LOCAL = webUrl('http://127.0.0.1:3000/mcp', 'the test')
const ISSUER = 'https://auth.example'

const kind = (kind: string, text = '') =>
  expect.objectContaining({ kind, message: expect.stringContaining(text) })

const JUNK: unknown[][] = [[null], [undefined], [7], ['x'], [[]], [{}], [true]]

describe('resource metadata', () => {
  const good = { resource: SERVER, authorization_servers: [ISSUER], scopes_supported: ['a', 'b'] }
  const judge = (changes: object, server = SERVER) => judgeResourceMetadata({ ...good, ...changes }, server)

  test('keeps what we use, as published', () => {
    expect(judge({ resource: 'https://mcp.example', extra: 1 })).toEqual({
      resource: 'https://mcp.example',
      issuers: [ISSUER],
      scopes: ['a', 'b'],
    })
  })

  test.each(JUNK)('%j is no document', document => {
    expect(() => judgeResourceMetadata(document, SERVER)).toThrow(kind('metadata-bad'))
  })

  test.each([[null], [undefined], [7], [[SERVER]]])('resource %j is refused', resource => {
    expect(() => judge({ resource })).toThrow(kind('metadata-bad'))
  })

  test('M-04 a resource on another host', () => {
    expect(() => judge({ resource: 'https://other.example/mcp' })).toThrow(
      kind('metadata-resource', 'the metadata is for another server (other.example instead of mcp.example)'),
    )
  })

  test.each([
    '',
    'urn:x',
    'https://mcp.example/mc',
    'https://mcp.example/mcp/x',
    'https://mcp.example/mcp#x',
    'http://mcp.example/mcp',
  ])('M-04 resource %j is for another address', resource => {
    expect(() => judge({ resource })).toThrow(kind('metadata-resource'))
  })

  test.each([[undefined], [null], [[]]])(
    'M-05 authorization_servers %j names none',
    authorization_servers => {
      expect(judge({ authorization_servers }).issuers).toEqual([])
    },
  )

  test('M-05 of 500 entries three are looked at', () => {
    const many = Array.from({ length: 500 }, (_, index) => `https://a${index}.example`)
    expect(judge({ authorization_servers: [...many, 'file:///x'] }).issuers).toEqual(many.slice(0, 3))
  })

  test('M-05 the same entry again and again is one', () => {
    const authorization_servers = [ISSUER, ISSUER, ISSUER, ISSUER, 'https://b.example']
    expect(judge({ authorization_servers }).issuers).toEqual([ISSUER, 'https://b.example'])
  })

  test.each([['x'], [7], [{}]])('authorization_servers %j is refused', authorization_servers => {
    expect(() => judge({ authorization_servers })).toThrow(kind('metadata-bad'))
  })

  test.each([
    [null],
    [7],
    [{ issuer: ISSUER }],
    [''],
    ['x'],
    ['file:///etc/passwd'],
    ['https://auth.example/?a'],
    ['https://auth.example/?'],
    ['https://auth.example#'],
    ['https://auth.example/#a'],
    [`https://auth.example/${'x'.repeat(1024 * 1024)}`],
  ])('issuer %j is refused', issuer => {
    expect(() => judge({ authorization_servers: [issuer] })).toThrow(
      kind('unsafe-address', 'the sign-in server'),
    )
  })

  test('M-07 an issuer without TLS', () => {
    expect(() => judge({ authorization_servers: ['http://auth.example'] })).toThrow(
      kind('unsafe-address', 'auth.example is not https'),
    )
  })

  test.each(['https://169.254.169.254/', 'https://10.0.0.1', 'https://localhost', 'http://127.0.0.1:8080'])(
    'M-08 a public server names %s',
    issuer => {
      expect(() => judge({ authorization_servers: [issuer] })).toThrow(
        kind('unsafe-address', 'private network'),
      )
    },
  )

  test('a local server may name a local issuer', () => {
    const { issuers } = judge({ resource: LOCAL, authorization_servers: ['http://127.0.0.1:1'] }, LOCAL)
    expect(issuers).toEqual(['http://127.0.0.1:1'])
  })

  test.each([[null], ['a b'], [[7]], [{}]])('scopes_supported %j counts as none', scopes_supported => {
    expect(judge({ scopes_supported }).scopes).toBeUndefined()
  })
})

describe('server metadata', () => {
  const good = {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/authorize`,
    token_endpoint: `${ISSUER}/token`,
    code_challenge_methods_supported: ['plain', 'S256'],
  }
  const judge = (changes: object, issuer = ISSUER) =>
    judgeServerMetadata({ ...good, ...changes }, issuer, SERVER)

  test('keeps what we use', () => {
    const as = judge({
      authorization_response_iss_parameter_supported: true,
      jwks_uri: 'file:///x',
      extra: {},
    })
    expect(JSON.parse(JSON.stringify(as))).toEqual({
      ...good,
      authorization_response_iss_parameter_supported: true,
    })
  })

  test.each(JUNK)('%j is no document', document => {
    expect(() => judgeServerMetadata(document, ISSUER, SERVER)).toThrow(kind('metadata-bad'))
  })

  test('M-03 issuer of another host', () => {
    expect(() => judge({ issuer: 'https://honest.example' })).toThrow(
      kind('metadata-issuer', 'another sign-in server (honest.example instead of auth.example)'),
    )
  })

  test.each([
    'http://auth.example',
    'https://auth.example/x',
    'https://AUTH.example',
    'https://auth.example:443',
    'https://auth.example//',
    '',
    'x'.repeat(1024 * 1024),
  ])('M-03 M-14 issuer %j is not identical', issuer => {
    expect(() => judge({ issuer })).toThrow(kind('metadata-issuer'))
  })

  test('one slash at the end may differ, since both spellings have this one document', () => {
    expect(judge({ issuer: `${ISSUER}/` }).issuer).toBe(`${ISSUER}/`)
    expect(judge({ issuer: `${ISSUER}/t` }, `${ISSUER}/t/`).issuer).toBe(`${ISSUER}/t`)
  })

  const endpoints = [
    'authorization_endpoint',
    'token_endpoint',
    'registration_endpoint',
    'device_authorization_endpoint',
    'revocation_endpoint',
    'userinfo_endpoint',
  ]
  for (const endpoint of endpoints) {
    test.each([
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:text/html,x',
      'vscode://x',
      'http://auth.example/',
    ])(`M-01 ${endpoint} %s`, address => {
      expect(() => judge({ [endpoint]: address })).toThrow(kind('unsafe-address'))
    })
    test(`${endpoint} of an https issuer is not http, not even on loopback`, () => {
      const mixed = (issuer: string) =>
        judgeServerMetadata({ ...good, issuer, [endpoint]: 'http://127.0.0.1:1/x' }, issuer, LOCAL)
      expect(() => mixed(ISSUER)).toThrow(kind('unsafe-address', '127.0.0.1:1 is not https'))
      expect(mixed('http://127.0.0.1:1')).toMatchObject({ [endpoint]: 'http://127.0.0.1:1/x' })
    })
    test.each([
      [7],
      [''],
      [{}],
      [['https://auth.example/']],
      ['https://169.254.169.254/'],
      ['https://u:p@auth.example/'],
    ])(`${endpoint} %j is refused`, address => {
      expect(() => judge({ [endpoint]: address })).toThrow(kind('unsafe-address'))
    })
  }

  test('M-01 the text names the scheme only', () => {
    expect(() => judge({ authorization_endpoint: 'file:///etc/passwd' })).toThrow(
      'unsafe address: the sign-in address has the scheme file:',
    )
  })

  test.each([[undefined], [null], [[]], [['plain']], ['S256'], [7]])('M-06 PKCE methods %j', methods => {
    expect(() => judgeWayIn(judge({ code_challenge_methods_supported: methods }))).toThrow(
      kind('no-pkce', 'auth.example does not offer PKCE (S256)'),
    )
  })

  test('a server with device codes only needs no PKCE', () => {
    const as = judge({
      authorization_endpoint: null,
      device_authorization_endpoint: `${ISSUER}/device`,
      code_challenge_methods_supported: undefined,
    })
    judgeWayIn(as)
    expect(as.device_authorization_endpoint).toBe(`${ISSUER}/device`)
  })

  test.each([['token_endpoint'], ['authorization_endpoint']])('without %s it cannot be used', name => {
    expect(() => judgeWayIn(judge({ [name]: null }))).toThrow(kind('metadata-bad', 'auth.example'))
  })

  test.each([['yes'], [1], [null]])('iss support %j counts as unsaid', value => {
    const as = judge({ authorization_response_iss_parameter_supported: value })
    expect(as.authorization_response_iss_parameter_supported).toBeUndefined()
  })

  test('M-16 prototype keys do nothing', () => {
    const document = JSON.parse(`{"__proto__":${JSON.stringify(good)},"issuer":"${ISSUER}"}`)
    expect(() => judgeServerMetadata(document, ISSUER, SERVER)).toThrow(kind('metadata-bad'))
    expect('polluted' in {}).toBe(false)
  })
})

describe('readDocument', () => {
  test.each(['', 'null', '[]', '"x"', '7', '{', '[{}]'])('%j is refused', text => {
    expect(() => readDocument(text, 'mcp.example')).toThrow(kind('http-content', 'mcp.example'))
  })

  test('M-10 a text over 1 MiB', () => {
    expect(() => readDocument(' '.repeat(1024 * 1024 + 1), 'mcp.example')).toThrow(kind('http-size'))
  })

  test('M-11 a web page', () => {
    expect(() => readDocument('\n<html>', 'mcp.example')).toThrow(kind('http-content', 'login page'))
  })

  test('M-12 a byte order mark', () => {
    expect(readDocument('\ufeff{"a":1}', 'mcp.example')).toEqual({ a: 1 })
  })

  test('M-14 100 000 levels do not overflow the stack', () => {
    const deep = `{"resource":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(() => judgeResourceMetadata(readDocument(deep, 'mcp.example'), SERVER)).toThrow(
      expect.objectContaining({ exitCode: 4 }),
    )
  })
})
