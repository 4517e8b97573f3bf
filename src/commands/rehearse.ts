import { createAccounts } from '../auth/accounts.ts'
import { knownClient } from '../auth/client.ts'
import { discover, type Target } from '../auth/discovery.ts'
import { redirectPortOf } from '../auth/flows/code.ts'
import { listen } from '../auth/flows/listener.ts'
import { endOf, lapses } from '../auth/forecast.ts'
import { createHttp } from '../auth/http.ts'
import { judgeIssuerChange } from '../auth/issuer-change.ts'
import { planSignIn } from '../auth/plan.ts'
import type { Probed } from '../auth/probe.ts'
import { judgeRequest } from '../auth/request.ts'
import { scopeTokens } from '../auth/scope.ts'
import { openJournal } from '../auth/store/journal.ts'
import type { AuthRequest, Client, TokenStore } from '../auth/types.ts'
import { HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { hostOf } from '../text.ts'
import type { SignInPlan } from './auth-plan.ts'
import { systemBrowser } from './browser.ts'
import { optionsHere } from './engine.ts'
import type { RemoteServer } from './find-server.ts'
import { knock } from './knock.ts'
import { saysNothing, WHY_NOT_CHECKED } from './literal-headers.ts'
import { missingRights } from './missing-rights.ts'
import { USUAL_RUN } from './options.ts'
import type { Settings } from './settings.ts'

export interface RehearsalPorts {
  settings: Settings
  store: TokenStore
  host: Host
}

/**
 * Goes through everything of a sign-in that needs no person, and puts into the plan what it finds, as far as it gets: nothing is
 * opened, registered or kept. Throws what a sign-in would end with.
 */
export async function rehearse(plan: SignInPlan, server: RemoteServer, ports: RehearsalPorts): Promise<void> {
  const { settings, store, host } = ports
  const [storeTrouble, found] = await Promise.all([store.trouble(), knock(server, host)])
  plan.storeTrouble = storeTrouble
  if (saysNothing(found, server.config)) plan.notChecked = WHY_NOT_CHECKED
  else plan.asks = found.state !== 'accepted'
  plan.unattended = found.state === 'accepted'
  if (plan.unattended) return
  const request = requestOf(server, found)
  const { url } = server
  const known = await store.knownIssuer(url)
  const target = await discover(request, createHttp(host.fetch), host.signal, known?.issuer)
  const slot = await createAccounts(store, {
    folder: host.folder,
    usualAccount: settings.usualAccount,
  }).inUse(request.server)
  const key = { server: url, issuer: target.issuer, slot }
  Object.assign(plan, { issuer: target.issuer, page: target.pageHost })

  const before = await store.read(key)
  const kept = await store.readClient(key)
  const now = host.clock.now()
  plan.signedIn = before !== undefined && !lapses(before, now, 0)
  if (before !== undefined) {
    const end = endOf(before)
    plan.endsAt = end === undefined ? undefined : new Date(end).toISOString()
    plan.unattended = !lapses(before, now, USUAL_RUN)
    const journal = openJournal(settings.folders.state)
    const given = scopeTokens(before.scope)
    const wanted = scopeTokens(await missingRights({ url, slot }, { journal, store }))
    plan.missing = wanted.filter(right => !given.includes(right))
  }
  const old = known && (await store.readClient({ server: url, issuer: known.issuer }))
  const former = judgeIssuerChange({ request, target, known, before: old, client: kept, change: 'tell' })
  if (former !== undefined) plan.changedFrom = hostOf(former)

  const options = optionsHere(server, settings)
  const { scope, view } = planSignIn({
    ...{
      request,
      stored: { kind: 'nothing', before },
      target,
      keptIn: store.kindFor?.(url) ?? store.kind,
      deadline: 0,
    },
    ...{ browser: systemBrowser(host, settings), options },
  })
  plan.scopes = scope?.split(' ') ?? []
  const machine = request.client?.grant === 'client_credentials'
  const stored = kept ?? (before?.client.source === 'registered' ? before.client : undefined)
  const redirectUri = machine ? undefined : await redirectOf(plan, request, target, stored, ports)
  plan.routes = machine
    ? ['credentials']
    : view.routes.filter(route => route === 'device' || redirectUri !== undefined)
  const [route] = plan.routes
  if (route === undefined)
    throw new HostError('sign-in-failed', plan.portTrouble ?? 'no way to sign in is left')
  const client = knownClient({ request, target, options, stored, redirectUri })
  plan.client = client?.source ?? (target.as.registration_endpoint ? 'to-register' : 'to-ask')
  plan.unattended ||= machine
}

/**
 * The request that the runtime would make of this answer, judged as that one is. The runtime fetches the resource metadata by
 * itself and hands it over; here it is fetched by `discover`, from the same addresses.
 */
function requestOf({ name, url, config }: RemoteServer, { challenge }: Probed): AuthRequest {
  const { oauthClientId: clientId, oauthGrantType: grantType, auth } = config
  return judgeRequest({
    id: 'auth plan',
    calls: [],
    data: {
      ...{ serverName: name, serverUrl: url, reason: 'initial' },
      wwwAuthenticateParams: challenge && {
        resourceMetadataUrl: challenge.resource_metadata,
        scope: challenge.scope,
      },
      staticClientConfig: clientId && { clientId, grantType },
      redirectPort: typeof auth === 'object' ? auth.redirectPort : undefined,
    },
  })
}

/**
 * The address that the browser would come back to, found by listening there for a moment; undefined where that is not possible, or
 * no browser is to come back.
 */
async function redirectOf(
  plan: SignInPlan,
  { server, redirectPort }: AuthRequest,
  { as }: Target,
  client: Client | undefined,
  { settings }: RehearsalPorts,
): Promise<string | undefined> {
  if (as.authorization_endpoint === undefined) return undefined
  const options = optionsHere(server, settings)
  const port = options.redirectPort ?? redirectPort ?? redirectPortOf(client)
  try {
    const listener = await listen({ ...options, port }, async () => undefined)
    await listener.close()
    const { redirectUri } = listener
    const moved =
      port !== undefined && options.callbackUrl === undefined && Number(new URL(redirectUri).port) !== port
    if (moved) plan.portTrouble = `port ${port} is taken by another program; a free one would be used`
    // A port that is chosen anew each time says nothing.
    plan.redirect = port === undefined && options.callbackUrl === undefined ? undefined : redirectUri
    return redirectUri
  } catch (thrown) {
    plan.portTrouble = hostError(thrown, 'no port can be listened on').message
    return undefined
  }
}
