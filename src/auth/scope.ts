import type { Target } from './discovery.ts'
import type { AuthRequest, ServerOptions } from './types.ts'

export interface ScopesToAsk {
  /** The `scope` parameter; absent when the server is to use its default. */
  ask?: string
  /** For the panel: what is asked and not granted yet, and what is granted already. */
  newScopes: string[]
  grantedScopes: string[]
}

/** RFC 6749 3.3. */
const TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/

const MOST_TOKENS = 100

/** OpenID Connect Core 5.4: what makes the server tell a name. */
const IDENTITY = ['openid', 'profile', 'email']

/** The scope tokens in a text, each once, at most 100; what is none is left out. */
export function scopeTokens(text: string | undefined): string[] {
  const tokens = (text ?? '').split(/\s+/).filter(token => TOKEN.test(token))
  return [...new Set(tokens)].slice(0, MOST_TOKENS)
}

/**
 * Chooses the scopes (MCP, "Scope Selection Strategy"): those of the challenge, else those of the resource metadata,
 * else none. `offline_access` is added only where the authorization server lists it. A step-up asks for the union with
 * what is granted. With `identity` (a wish of the person) those that name the account join, where the authorization
 * server lists them; with `scopes` theirs take the place of those of the metadata, and what is demanded joins them. Text that is no
 * scope token is left out.
 */
export function scopesToAsk(
  request: Pick<AuthRequest, 'reason' | 'challenge'>,
  target: Pick<Target, 'as' | 'scopesSupported'>,
  granted?: string,
  { identity = false, scopes }: Pick<ServerOptions, 'identity' | 'scopes'> = {},
): ScopesToAsk {
  const grantedScopes = scopeTokens(granted)
  const challenged = scopeTokens(request.challenge.scope)
  const own = scopeTokens(scopes?.join(' '))
  const usual = own.length > 0 ? own : challenged.length > 0 ? [] : (target.scopesSupported ?? [])
  const wanted = new Set([...usual, ...challenged])
  // A new sign-in must not take away what an earlier step-up gave.
  if (request.reason !== 'initial') for (const scope of grantedScopes) wanted.add(scope)
  // Alone it would take the server's default away, so it only joins others.
  const joining = identity ? ['offline_access', ...IDENTITY] : ['offline_access']
  const offered = joining.filter(scope => target.as.scopes_supported?.includes(scope))
  if (wanted.size > 0) for (const scope of offered) wanted.add(scope)
  const ask = [...wanted]
  return {
    ask: ask.length > 0 ? ask.join(' ') : undefined,
    // Servers leave `offline_access` out of what they say they granted; a person who signed in has given it already.
    newScopes: ask.filter(
      scope => !grantedScopes.includes(scope) && !(scope === 'offline_access' && grantedScopes.length > 0),
    ),
    grantedScopes,
  }
}
