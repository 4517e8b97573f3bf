import * as oauth from 'oauth4webapi'
import * as v from 'valibot'
import { type Clean, clean } from '../text.ts'
import { asOauthClient, endpointOptions } from './endpoint.ts'
import { scopeTokens } from './scope.ts'
import { type Identity, identitySchema } from './store/identity.ts'
import type { Asker, Tokens } from './token.ts'

const text = v.fallback(v.optional(v.string()), undefined)

const Claims = v.object({ sub: text, name: text, email: text, preferred_username: text })

/** `scope` is what was asked: granted unless the token answer says otherwise. */
export interface SignedInBy extends Asker {
  scope?: string
}

export interface Who {
  /** To be shown: what is told apart best comes first, and two people may well have one name. */
  name?: Clean
  identity?: Identity
}

/**
 * Whoever signed in: from the ID token, else from UserInfo if `openid` was granted. It is only for display and to tell
 * accounts apart, so any failure leaves it empty. Throws the reason of the signal.
 */
export async function whoSignedIn(tokens: Tokens, input: SignedInBy, signal: AbortSignal): Promise<Who> {
  const claims = await idTokenClaims(tokens, input)
  const known = nameIn(claims)
  if (known !== undefined) return { name: known, identity: identityIn(claims) }
  const info = await userInfo(tokens, input, claims?.sub, signal)
  signal.throwIfAborted()
  const name = nameIn(info) ?? (subjectIn(claims) || subjectIn(info) || undefined)
  return { name, identity: identityIn(info) ?? identityIn(claims) }
}

/** Judged as OpenID Connect Core 3.1.3.7 says; it came from the token endpoint itself, which vouches for its signature. */
async function idTokenClaims({ access, idToken }: Tokens, { target, client }: Asker) {
  if (idToken === undefined) return undefined
  const answer = Response.json({
    access_token: access.reveal(),
    token_type: 'bearer',
    id_token: idToken.reveal(),
  })
  try {
    const judged = await oauth.processAuthorizationCodeResponse(target.as, asOauthClient(client), answer)
    return oauth.getValidatedIdTokenClaims(judged)
  } catch {
    return undefined
  }
}

async function userInfo(tokens: Tokens, input: SignedInBy, subject: string | undefined, signal: AbortSignal) {
  const { target, client, http } = input
  const granted = scopeTokens(tokens.scope ?? input.scope)
  if (!granted.includes('openid') || target.as.userinfo_endpoint === undefined) return undefined
  try {
    const response = await oauth.userInfoRequest(
      target.as,
      asOauthClient(client),
      tokens.access.reveal(),
      endpointOptions(target, http, signal),
    )
    const expected = subject ?? oauth.skipSubjectCheck
    return await oauth.processUserInfoResponse(target.as, asOauthClient(client), expected, response)
  } catch {
    return undefined
  }
}

function nameIn(claims: unknown): Clean | undefined {
  const result = v.safeParse(Claims, claims)
  if (!result.success) return undefined
  const { name, email, preferred_username } = result.output
  for (const candidate of [email, preferred_username, name]) {
    const shown = clean(candidate ?? '')
    if (shown !== '') return shown
  }
  return undefined
}

function subjectIn(claims: unknown): Clean | undefined {
  const result = v.safeParse(Claims, claims)
  return result.success ? clean(result.output.sub ?? '') : undefined
}

function identityIn(claims: unknown): Identity | undefined {
  const result = v.safeParse(Claims, claims)
  if (!result.success) return undefined
  const { sub, email, preferred_username } = result.output
  const identity = v.safeParse(identitySchema, { subject: sub, login: email || preferred_username })
  return identity.success ? identity.output : undefined
}
