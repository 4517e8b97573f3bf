import * as oauth from 'oauth4webapi'
import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { type Clean, clean, hostOf } from '../text.ts'
import { asOauthClient } from './endpoint.ts'
import { jsonObject, textOf } from './http.ts'
import { scopeTokens } from './scope.ts'
import { retryAfter, seconds } from './seconds.ts'
import { Secret } from './secret.ts'
import type { Asker, Tokens } from './token.ts'

/** RFC 6749 appendix A: a token is visible ASCII; an access token has no space, since it goes into a header. At most 64 KiB: what the store keeps. */
const ACCESS_TOKEN = /^[\x21-\x7e]{1,65536}$/
const REFRESH_TOKEN = /^[\x20-\x7e]{1,65536}$/

/** A lifetime over ten years is taken for a mistake. */
const LONGEST_LIFE = 10 * 365 * 24 * 3600

const anything = v.optional(v.unknown())
/** What is nested, however deep, is none of these. */
const scalar = v.nullish(v.union([v.string(), v.number(), v.boolean()]))

const TokenAnswer = v.object({
  access_token: scalar,
  token_type: scalar,
  refresh_token: scalar,
  scope: scalar,
  expires_in: anything,
  // In no RFC, but GitHub says the first and Keycloak the second: without them a sign-in would seem to last for ever.
  refresh_token_expires_in: anything,
  refresh_expires_in: anything,
  id_token: anything,
  error: anything,
})

/**
 * Judges an answer of the token endpoint: the tokens, or the error code that the server gave in their place (some give it
 * with status 200). `oauth4webapi` judges what RFC 6749 5.1 requires; an odd lifetime counts as unknown and the ID token
 * is left to `identity`, since neither is a reason to refuse a sign-in. Throws `http-trouble` or `token-bad`.
 */
export async function judgeTokens(
  response: Response,
  { target, client }: Pick<Asker, 'target' | 'client'>,
): Promise<{ tokens: Tokens } | { error: string }> {
  const host = hostOf(target.as.token_endpoint ?? target.issuer)
  if (response.status === 429 || response.status >= 500) {
    throw new HostError('http-trouble', host, { retryAfter: retryAfter(response) })
  }
  const body = jsonObject((await textOf(response)) ?? '')
  const answer = v.safeParse(TokenAnswer, body)
  if (!answer.success) throw new HostError('token-bad', host)
  const { access_token, token_type, refresh_token, scope, expires_in, id_token, error } = answer.output
  if (typeof error === 'string' && !access_token) return { error }
  const conform = Response.json(
    { access_token, token_type, refresh_token: refresh_token || undefined, scope: scope ?? undefined },
    { status: response.status },
  )
  const judged = await oauth
    .processGenericTokenEndpointResponse(target.as, asOauthClient(client), conform)
    .catch(() => undefined)
  if (judged?.token_type !== 'bearer' || !ACCESS_TOKEN.test(judged.access_token)) {
    throw new HostError('token-bad', host)
  }
  const refresh = judged.refresh_token
  if (refresh !== undefined && !REFRESH_TOKEN.test(refresh)) throw new HostError('token-bad', host)
  return {
    tokens: {
      access: new Secret(judged.access_token),
      refresh: refresh === undefined ? undefined : new Secret(refresh),
      idToken: typeof id_token === 'string' && id_token !== '' ? new Secret(id_token) : undefined,
      scope: scopeTokens(judged.scope).join(' ') || undefined,
      expiresIn: seconds(expires_in, LONGEST_LIFE),
      refreshExpiresIn:
        seconds(answer.output.refresh_token_expires_in, LONGEST_LIFE) ??
        seconds(answer.output.refresh_expires_in, LONGEST_LIFE),
    },
  }
}

/** The error for an error code of the server, at whichever endpoint it came (RFC 6749 4.1.2.1 and 5.2, RFC 8628 3.5). */
export function refusal(code: string, host: Clean): HostError {
  switch (code) {
    case 'access_denied':
      return new HostError('sign-in-denied', `you (or ${host}) declined the sign-in`)
    case 'expired_token':
      return new HostError('sign-in-expired', `the code of ${host} ran out, start again for a new one`)
    case 'invalid_grant':
      return new HostError('invalid-grant', host)
    case 'invalid_client':
      return new HostError('invalid-client', host)
    case 'invalid_scope':
      return new HostError('sign-in-failed', `${host} does not give the rights that were asked for`)
    case 'server_error':
    case 'temporarily_unavailable':
      return new HostError('http-trouble', host)
    default:
      return new HostError('sign-in-failed', `${host} refused the sign-in (${clean(code, 60)})`)
  }
}
