import { type AuthInfo, OAuthError, OAuthErrorCode, requireBearerAuth } from '@modelcontextprotocol/server'
import { createRemoteJWKSet, jwtVerify } from 'jose'

export interface GateOptions {
  issuer: string
  /** Where the issuer's keys are. */
  keys: string
  /** False for a token that the issuer has withdrawn since. */
  accepts(claims: Record<string, unknown>): boolean
  /** The audience that tokens must have. */
  resource: string
  /** Where the challenge sends those who have no good token (RFC 9728). */
  metadataUrl: string
}

/** Lets in who has a good access token with `notes.read`; everybody else gets the challenge to send back. */
export function createGate(options: GateOptions): (request: Request) => Promise<AuthInfo | Response> {
  const { issuer, resource } = options
  const keys = createRemoteJWKSet(new URL(options.keys))
  const expected = { issuer, audience: resource, typ: 'at+jwt', requiredClaims: ['exp'] }

  async function verifyAccessToken(token: string): Promise<AuthInfo> {
    const { payload } = await jwtVerify(token, keys, expected).catch(error => {
      throw invalid(error instanceof Error ? error.message : 'the token is not good')
    })
    if (!options.accepts(payload)) throw invalid('the token was withdrawn')
    return {
      token,
      clientId: String(payload.client_id ?? ''),
      scopes: typeof payload.scope === 'string' ? payload.scope.split(' ') : [],
      ...(payload.exp === undefined ? {} : { expiresAt: payload.exp }),
      extra: { name: payload.name, email: payload.email },
    }
  }

  return requireBearerAuth({
    requiredScopes: ['notes.read'],
    resourceMetadataUrl: options.metadataUrl,
    verifier: { verifyAccessToken },
  })
}

function invalid(why: string): OAuthError {
  return new OAuthError(OAuthErrorCode.InvalidToken, why.replaceAll('"', "'"))
}
