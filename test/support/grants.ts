import { Secret } from '../../src/auth/secret.ts'
import type { Grant, ServerKey } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'

/** A server of that name and its issuer. */
export function keyOf(name: string): ServerKey {
  return {
    server: webUrl(`https://${name}.example.com/mcp`, 'server'),
    issuer: `https://login.example.com/${name}`,
  }
}

/** A complete grant for it. */
export function grantOf(key: ServerKey, token = 'access'): Grant {
  return {
    issuer: key.issuer,
    resource: key.server,
    client: {
      id: 'client',
      source: 'registered',
      secret: new Secret('client secret'),
      authMethod: 'client_secret_basic',
      redirectUris: ['http://127.0.0.1:4000/cb'],
    },
    access: new Secret(token),
    refresh: new Secret(`refresh of ${token}`),
    scope: 'read',
    receivedAt: 1000,
    expiresAt: 2000,
  }
}
