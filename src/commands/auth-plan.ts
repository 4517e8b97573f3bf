import { createBrowser } from '../auth/browser.ts'
import { knownClient } from '../auth/client.ts'
import { discover } from '../auth/discovery.ts'
import { createHttp } from '../auth/http.ts'
import { judgeIssuerChange } from '../auth/issuer-change.ts'
import { planSignIn } from '../auth/plan.ts'
import type { AuthRequest, Grant } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import { HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean, hostOf } from '../text.ts'
import { inContainer } from './browser.ts'
import { openTokenStore } from './engine.ts'
import { findServer } from './find-server.ts'
import type { KeptOptions } from './kept.ts'
import { readSettings } from './settings.ts'

export interface AuthPlanOptions extends KeptOptions {
  json?: boolean
}

/** What `auth plan --json` prints. */
export interface SignInPlan {
  server: string
  url: string
  issuer?: string
  /** Where the person would sign in. */
  page?: string
  /** The host of the sign-in server until now, if it has changed. */
  changedFrom?: string
  /** `configured`, `document`, `registered`: known already; `to-register`: would be; `to-ask`: the person has to name one. */
  client?: 'configured' | 'document' | 'registered' | 'to-register' | 'to-ask'
  scopes?: string[]
  routes?: string[]
  store: 'keychain' | 'file' | 'memory'
  /** Whether a sign-in is kept already that works without a question. */
  signedIn: boolean
  /** Whether a run without a person would work: with what is kept, or as a client that acts for itself. */
  unattended: boolean
  /** Why a sign-in cannot work. */
  trouble?: string
}

/**
 * Rehearses a sign-in: everything that needs no person, and nothing that is opened, registered or stored. Gives 0 when it
 * would work, 4 when not.
 */
export async function authPlan(server: string, options: AuthPlanOptions, host: Host): Promise<number> {
  const settings = await readSettings({ ...options, signIn: 'never' }, false, host)
  const [name, config] = findServer(server, settings.servers.servers)
  if (!('url' in config)) throw new HostError('usage', `${name} runs on this machine: nobody signs in to it`)
  const warn = (line: string) => void host.stderr.write(`${line}\n`)
  const store = openTokenStore(options, settings, warn, host)
  const machine = config.oauthGrantType === 'client_credentials'
  const request: AuthRequest = {
    ...{ id: 'auth plan', server: { name: clean(name), url: webUrl(config.url, name) }, reason: 'initial' },
    ...{ challenge: {}, calls: [] },
    client: config.oauthClientId
      ? { id: config.oauthClientId, grant: machine ? 'client_credentials' : undefined }
      : undefined,
  }
  const plan: SignInPlan = {
    ...{ server: name, url: config.url, store: store.kind, signedIn: false, unattended: false },
  }
  try {
    await rehearse()
  } catch (thrown) {
    host.signal.throwIfAborted()
    plan.trouble = hostError(thrown, `${name} cannot be judged`).message
  } finally {
    await store.close()
    settings.log.close()
  }
  host.stdout.write(
    options.json ? `${JSON.stringify(plan, undefined, 2)}\n` : `${linesOf(plan).join('\n')}\n`,
  )
  return plan.trouble === undefined ? 0 : 4

  async function rehearse(): Promise<void> {
    const { url } = request.server
    const known = await store.knownIssuer(url)
    const target = await discover(request, createHttp(host.fetch), host.signal, known?.issuer)
    const key = { server: url, issuer: target.issuer }
    const before = await store.read(key)
    const kept = await store.readClient(key)
    Object.assign(plan, { issuer: target.issuer, page: target.pageHost, store: store.kind })
    plan.signedIn = before !== undefined && lasts(before, host.clock.now())
    plan.unattended = plan.signedIn
    const old = known && (await store.readClient({ server: url, issuer: known.issuer }))
    const former = judgeIssuerChange({ request, target, known, before: old, client: kept, change: 'tell' })
    if (former !== undefined) plan.changedFrom = hostOf(former)
    const signIn = planSignIn({
      ...{ request, stored: { kind: 'nothing', before }, target, keptIn: store.kind, deadline: 0 },
      browser: createBrowser({
        env: host.env,
        platform: host.platform,
        container: inContainer(),
        start: async () => false,
      }),
    })
    plan.scopes = signIn.scope?.split(' ') ?? []
    plan.routes = machine ? ['credentials'] : [...signIn.view.routes]
    const search = { request, target, options: settings.optionsOf(request.server), stored: kept }
    const client = knownClient({ ...search, redirectUri: undefined })
    plan.client = client?.source ?? (target.as.registration_endpoint ? 'to-register' : 'to-ask')
    plan.unattended ||= machine
  }
}

function lasts({ refresh, expiresAt }: Grant, now: number): boolean {
  return refresh !== undefined || expiresAt === undefined || expiresAt > now
}

const CLIENTS: Record<NonNullable<SignInPlan['client']>, string> = {
  configured: 'the one that you have configured',
  document: 'a client-id metadata document',
  registered: 'registered already',
  'to-register': 'would be registered',
  'to-ask': 'you would have to name one (copilot-host auth client set)',
}

function linesOf(plan: SignInPlan): string[] {
  const { server, url, issuer, page, changedFrom, client, scopes, routes, store, signedIn, unattended } = plan
  const field = (label: string, value: string | undefined) =>
    value === undefined ? [] : [`  ${label.padEnd(13)} ${value}`]
  return [
    `${server}  ${url}`,
    ...field('sign-in page', page),
    ...field('CHANGED', changedFrom && `until now it was ${changedFrom}`),
    ...field('issuer', issuer && clean(issuer, 200)),
    ...field('client', client && CLIENTS[client]),
    ...field('rights', scopes && (scopes.join(', ') || 'not named by the server')),
    ...field('ways', routes?.join(', ')),
    ...field('kept in', store),
    ...field('signed in', signedIn ? 'yes' : 'no'),
    plan.trouble === undefined
      ? `A sign-in would work. ${unattended ? 'A run without a person works too.' : `Without a person (CI) it would end with exit 4: sign in ahead, or use client credentials.`}`
      : `A sign-in would not work: ${plan.trouble}`,
  ]
}
