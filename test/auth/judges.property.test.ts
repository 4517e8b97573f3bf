// No input makes a judge of documents and addresses throw anything but an error for the person.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  judgeIssuer,
  judgeResourceMetadata,
  judgeServerMetadata,
  readDocument,
} from '../../src/auth/metadata.ts'
import { judgeRequest } from '../../src/auth/request.ts'
import { scopesToAsk, scopeTokens } from '../../src/auth/scope.ts'
import { clientRecord, grantRecord } from '../../src/auth/store/record.ts'
import type { Reason } from '../../src/auth/types.ts'
import { mayVisit, resourceOf, sameResource, visitableUrl, webUrl } from '../../src/auth/url.ts'
import { hostileText, hostileValue, judged, mostly, mostlyJson, PLANTED } from '../support/hostile.ts'

const SERVER = webUrl('https://mcp.example/mcp', 'the test')
const LOCAL = webUrl('http://127.0.0.1:3000/mcp', 'the test')
const ISSUER = 'https://auth.example'
const servers = fc.constantFrom(SERVER, LOCAL)

describe('addresses', () => {
  test('webUrl: what passes is safe, and passes again unchanged', () => {
    fc.assert(
      fc.property(hostileValue, value => {
        const url = judged(() => webUrl(value, 'the address'))
        if (url === undefined) return
        expect(webUrl(url, 'the address')).toBe(url)
        expect(url).toMatch(/^(https:\/\/|http:\/\/(127\.0\.0\.1|\[::1\]|localhost)[:/])[\x21-\x7e]+$/)
        expect(url.length).toBeLessThanOrEqual(2048)
        const { username, password } = new URL(url)
        expect(username + password).toBe('')
      }),
    )
  })

  test('visitableUrl: a public server leads to no private place', () => {
    fc.assert(
      fc.property(hostileValue, servers, (value, server) => {
        const url = judged(() => visitableUrl(value, 'the address', server))
        if (url !== undefined) expect(mayVisit(url, server)).toBe(true)
      }),
    )
  })

  test('visitableUrl: no spelling of an IPv4 address opens a private place', () => {
    const octet = fc.integer({ min: 0, max: 255 })
    const privateAddress = fc.oneof(
      fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    )
    const spelling = fc.constantFrom<(octets: readonly number[]) => string>(
      octets => octets.join('.'),
      octets => `${octets.join('.')}.`,
      octets => String(octets.reduce((sum, each) => sum * 256 + each, 0)),
      octets => octets.map(each => `0x${each.toString(16)}`).join('.'),
      octets => octets.map(each => `0${each.toString(8)}`).join('.'),
      octets => octets.join('\u3002'),
      octets => `[::ffff:${octets.join('.')}]`,
      octets => `[::${octets.join('.')}]`,
      octets => `[::ffff:0:${octets.join('.')}]`,
      octets => `[64:ff9b::${octets.join('.')}]`,
      octets => `[64:ff9b:1::${octets.join('.')}]`,
    )
    fc.assert(
      fc.property(privateAddress, spelling, (octets, spell) => {
        expect(judged(() => visitableUrl(`https://${spell(octets)}/`, 'the address', SERVER))).toBeUndefined()
      }),
    )
  })

  test('sameResource: a server is its own resource, and nothing of another origin is', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (one, other) => {
        const url = judged(() => webUrl(one, 'the server'))
        if (url === undefined) return
        expect(sameResource(resourceOf(url), url)).toBe(true)
        if (sameResource(other, url)) expect(new URL(other).origin).toBe(new URL(url).origin)
      }),
    )
  })
})

describe('documents', () => {
  test('judgeRequest', () => {
    const event = mostly({
      serverName: 'notes',
      serverUrl: SERVER,
      reason: 'initial',
      wwwAuthenticateParams: { scope: 'a b', error: 'invalid_token', resourceMetadataUrl: SERVER },
      resourceMetadata: '{}',
      staticClientConfig: { clientId: 'app', grantType: 'client_credentials' },
      redirectPort: 3334,
    })
    fc.assert(
      fc.property(fc.oneof(event, hostileValue), data => {
        const request = judged(() => judgeRequest({ id: 'r1', data, calls: [] }))
        if (request === undefined) return
        expect(request.server.name).not.toMatch(/[\p{Cc}]/u)
        expect(Array.from(request.server.name).length).toBeLessThanOrEqual(80)
        expect((request.challenge.scope ?? '').length).toBeLessThanOrEqual(8192)
      }),
    )
  })

  test('readDocument', () => {
    fc.assert(
      fc.property(mostlyJson({ a: 1 }), text => {
        const document = judged(() => readDocument(text, 'mcp.example'))
        if (document !== undefined) expect(Array.isArray(document)).toBe(false)
      }),
    )
  })

  test('judgeResourceMetadata', () => {
    const document = mostly({
      resource: SERVER,
      authorization_servers: [ISSUER],
      scopes_supported: ['a', PLANTED],
    })
    fc.assert(
      fc.property(fc.oneof(document, hostileValue), servers, (value, server) => {
        const metadata = judged(() => judgeResourceMetadata(value, server))
        if (metadata === undefined) return
        expect(sameResource(metadata.resource, server)).toBe(true)
        expect(metadata.issuers.length).toBeLessThanOrEqual(3)
        for (const issuer of metadata.issuers) expect(judgeIssuer(issuer, server)).toBe(issuer)
      }),
    )
  })

  test('judgeIssuer', () => {
    fc.assert(
      fc.property(hostileValue, servers, (value, server) => {
        const issuer = judged(() => judgeIssuer(value, server))
        if (issuer !== undefined) expect(issuer).toBe(value)
      }),
    )
  })

  test('judgeServerMetadata: every address that is kept may be visited', () => {
    const document = mostly({
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      registration_endpoint: `${ISSUER}/register`,
      revocation_endpoint: `${ISSUER}/revoke`,
      userinfo_endpoint: `${ISSUER}/me`,
      device_authorization_endpoint: `${ISSUER}/device`,
      scopes_supported: ['a'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    })
    fc.assert(
      fc.property(fc.oneof(document, hostileValue), servers, (value, server) => {
        const as = judged(() => judgeServerMetadata(value, ISSUER, server))
        if (as === undefined) return
        expect(as.issuer.replace(/\/$/, '')).toBe(ISSUER)
        for (const [name, address] of Object.entries(as)) {
          if (name.endsWith('_endpoint') && address !== undefined) {
            expect(visitableUrl(address, name, server)).toBe(address)
          }
        }
      }),
    )
  })
})

describe('scopes', () => {
  test('scopeTokens: what is left is left as it is', () => {
    fc.assert(
      fc.property(hostileText, text => {
        const tokens = scopeTokens(text)
        expect(scopeTokens(tokens.join(' '))).toEqual(tokens)
        for (const token of tokens) expect(token).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/)
      }),
    )
  })

  test('scopesToAsk: the challenge is in what is asked, and a step-up takes nothing away', () => {
    const scopes = fc.array(fc.constantFrom('a', 'b', 'c', 'offline_access', 'openid', '"', ''))
    const reasons = fc.constantFrom<Reason>('initial', 'refresh', 'upscope', 'reauth')
    fc.assert(
      fc.property(
        hostileText,
        hostileText,
        scopes,
        scopes,
        reasons,
        (scope, granted, listed, all, reason) => {
          const target = {
            as: { issuer: ISSUER, scopes_supported: all },
            scopesSupported: scopeTokens(listed.join(' ')),
          }
          const { ask, newScopes } = scopesToAsk({ reason, challenge: { scope } }, target, granted)
          const asked = new Set(ask?.split(' '))
          for (const token of scopeTokens(scope)) expect(asked).toContain(token)
          if (reason !== 'initial') for (const token of scopeTokens(granted)) expect(asked).toContain(token)
          for (const token of newScopes) expect(asked).toContain(token)
          if (!all.includes('offline_access')) {
            const named = `${scope} ${granted} ${listed.join(' ')}`.includes('offline_access')
            if (!named) expect(asked).not.toContain('offline_access')
          }
        },
      ),
    )
  })
})

describe('stored records', () => {
  const key = { server: SERVER, issuer: ISSUER }
  const client = {
    id: 'app',
    source: 'registered',
    authMethod: 'none',
    redirectUris: ['http://127.0.0.1:1/'],
  }
  const grant = {
    ...{ v: 1, server: SERVER, issuer: ISSUER, resource: SERVER, client, account: 'Ann' },
    ...{ access: 'AT', refresh: 'RT', scope: 'a b', receivedAt: 1, expiresAt: 2 },
  }

  test('nothing makes them throw; what is read can be written and read again', () => {
    fc.assert(
      fc.property(mostlyJson(grant), text => {
        const decoded = grantRecord.decode(key, text)
        if (decoded.kind !== 'value') return
        const again = grantRecord.decode(key, grantRecord.encode(key, decoded.value))
        expect(again.kind === 'value' && grantRecord.same(again.value, decoded.value)).toBe(true)
        expect(grantRecord.decode({ ...key, issuer: 'https://other.example' }, text).kind).toBe('garbled')
      }),
    )
    fc.assert(
      fc.property(mostlyJson({ v: 1, server: SERVER, issuer: ISSUER, client }), text => {
        const decoded = clientRecord.decode(key, text)
        expect(['value', 'newer', 'garbled']).toContain(decoded.kind)
      }),
    )
  })
})
