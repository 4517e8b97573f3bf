// Whatever an ID token or UserInfo says of a person: a name that can be shown, an identity that can be kept, or nothing.
import fc from 'fast-check'
import { safeParse } from 'valibot'
import { expect, test } from 'vitest'
import { createHttp } from '../../src/auth/http.ts'
import { whoSignedIn } from '../../src/auth/identity.ts'
import { Secret } from '../../src/auth/secret.ts'
import { identitySchema } from '../../src/auth/store/identity.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import { hostileText, mostlyJson } from '../support/hostile.ts'
import { TRIALS } from '../support/trials.ts'

const issuer = 'https://auth.example'
const server = webUrl('https://mcp.example/mcp', 'the test')
const target = {
  ...{ server, issuer, issuers: [issuer], resource: server, pageHost: clean('auth.example'), device: false },
  as: { issuer, token_endpoint: `${issuer}/token`, userinfo_endpoint: `${issuer}/userinfo` },
}
const part = (text: string) => Buffer.from(text).toString('base64url')
const names = { name: 'Ada', email: 'ada@x.example', preferred_username: 'ada' }
const claims = mostlyJson({ iss: issuer, aud: 'app', sub: 'u1', iat: 1, exp: 4e9, ...names })
const idToken = fc.oneof(
  claims.map(text => `${part('{"alg":"RS256"}')}.${part(text)}.${part('unchecked')}`),
  hostileText.filter(text => text !== ''),
)

test('whoSignedIn', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.option(idToken, { nil: undefined }),
      mostlyJson({ sub: 'u1', ...names }),
      async (token, info) => {
        const headers = { 'content-type': 'application/json' }
        const { name, identity } = await whoSignedIn(
          {
            access: new Secret('AT'),
            idToken: token === undefined ? undefined : new Secret(token),
            scope: 'openid',
          },
          {
            target,
            client: { id: 'app', source: 'registered', authMethod: 'none' },
            http: createHttp(async () => new Response(info, { headers })),
          },
          new AbortController().signal,
        )
        if (name !== undefined) expect(name).toBe(clean(name))
        if (identity !== undefined) expect(safeParse(identitySchema, identity).success).toBe(true)
      },
    ),
    TRIALS,
  )
})
