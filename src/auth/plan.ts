import { HostError } from '../errors.ts'
import { type Clean, clean, hostOf } from '../text.ts'
import type { Target } from './discovery.ts'
import type { Stored } from './renewal.ts'
import { scopesToAsk } from './scope.ts'
import type { AuthRequest, Browser, RouteName, ServerOptions, SignInView, TokenStore } from './types.ts'

export interface PlanInput {
  request: AuthRequest
  /** What the store had, which was not enough. */
  stored: Extract<Stored, { kind: 'nothing' }>
  target: Target
  browser: Pick<Browser, 'available'>
  keptIn: TokenStore['kind']
  /** Since when this sign-in server is known for this server, in milliseconds since the epoch. */
  knownSince?: number
  /** The host of the sign-in server until now, when it has changed. */
  formerHost?: Clean
  /** The route that the person named, if any. */
  route?: RouteName
  /** What the person configured for the server. */
  options?: Pick<ServerOptions, 'identity' | 'scopes' | 'route'>
  /** The account that is to sign in, where one was named. */
  wanted?: Clean
  deadline: number
}

/** What a sign-in will ask for, and what the panel says about it before the person acts. */
export interface Plan {
  scope?: string
  view: SignInView
}

/** Decides rights and routes of a sign-in; nothing is sent. Throws `sign-in-failed` if no route is possible. */
export function planSignIn(input: PlanInput): Plan {
  const { request, stored, target, formerHost, keptIn, deadline } = input
  const { ask, newScopes, grantedScopes } = scopesToAsk(request, target, stored.before?.scope, input.options)
  return {
    scope: ask,
    view: {
      id: request.id,
      server: request.server.name,
      serverHost: hostOf(request.server.url),
      pageHost: target.pageHost,
      knownSince: input.knownSince,
      formerHost,
      others: othersThan(target).map(issuer => ({ issuer, host: hostOf(issuer) })),
      // The runtime does not know that there was a sign-in before; the person does.
      reason: request.reason === 'initial' && stored.before !== undefined ? 'refresh' : request.reason,
      tool: request.tool,
      newScopes: newScopes.map(scope => clean(scope)),
      grantedScopes: grantedScopes.map(scope => clean(scope)),
      account: stored.before?.account,
      wanted: input.wanted,
      keptIn,
      routes: request.client?.grant === 'client_credentials' ? [] : routesOf(input),
      deadline,
    },
  }
}

/** The other authorization servers, from this one on: taking the first again and again comes round to all. */
function othersThan({ issuer, issuers }: Target): string[] {
  const at = issuers.indexOf(issuer)
  return [...issuers.slice(at + 1), ...issuers.slice(0, Math.max(0, at))]
}

/**
 * The route that was named comes first, for this run or for the server, else the one that suits the place: on a desktop never the device code, which can
 * be phished and has no `iss`.
 */
function routesOf({ target, browser, options, route = options?.route }: PlanInput): RouteName[] {
  const byPlace: RouteName[] = browser.available
    ? ['browser', 'device', 'paste']
    : ['device', 'paste', 'browser']
  const code = target.as.authorization_endpoint !== undefined
  const possible = byPlace.filter(name => (name === 'device' ? target.device : code))
  if (possible.length === 0)
    throw new HostError('sign-in-failed', `${target.pageHost} offers no way to sign in`)
  if (route === undefined || !possible.includes(route)) return possible
  return [route, ...possible.filter(name => name !== route)]
}
