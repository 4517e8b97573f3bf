import { resourceOf, webUrl } from '../auth/url.ts'
import { hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean, shellWord } from '../text.ts'
import { loginCommand, serverWord } from './engine.ts'
import { findRemoteServer } from './find-server.ts'
import type { KeptOptions } from './kept.ts'
import { createOutput } from './output.ts'
import { rehearse } from './rehearse.ts'
import { readServerSettings } from './settings.ts'
import { openStores } from './stores.ts'

export interface AuthPlanOptions extends KeptOptions {
  json?: boolean
}

/** What `auth plan --json` prints. */
export interface SignInPlan {
  server: string
  url: string
  /** Whether the server asks for a sign-in before its first use; absent where that could not be found out. */
  asks?: boolean
  /** Why it could not be found out although the server has answered. What follows is then for the case that it asks. */
  notChecked?: string
  issuer?: string
  /** The host of the page where the person would sign in. */
  page?: string
  /** The host of the sign-in server until now, if it has changed. */
  changedFrom?: string
  /** `configured`, `document`, `registered`: known already; `to-register`: would be; `to-ask`: the person has to name one. */
  client?: 'configured' | 'document' | 'registered' | 'to-register' | 'to-ask'
  scopes?: string[]
  /** The ways that are possible here, the best one first: `browser`, `device`, `paste`, or `credentials`. */
  routes?: string[]
  /** Where the browser would come back to, unless it is a port that is free then. */
  redirect?: string
  portTrouble?: string
  store: 'keychain' | 'file' | 'memory'
  /** Why nothing would be kept. */
  storeTrouble?: string
  /** Whether a sign-in is kept already that works without a question, and when it ends, if that is known. */
  signedIn: boolean
  endsAt?: string
  /** The rights that a run has asked for and that nobody has given since: it would fail again. Absent if nobody is signed in. */
  missing?: string[]
  /** Whether a run without a person would work now, on this machine; absent where only the runtime can find out. */
  unattended?: boolean
  /** What would fail without a person, and what to do about it. */
  fixes: string[]
  /** Why a sign-in cannot work. */
  trouble?: string
}

/**
 * Rehearses a sign-in: everything that needs no person, and nothing that is opened, registered or stored. Gives 0 when it
 * would work or is not needed, or may not be, 4 when not.
 */
export async function authPlan(server: string, options: AuthPlanOptions, host: Host): Promise<number> {
  const settings = await readServerSettings(options, host)
  const remote = findRemoteServer(server, settings.servers.servers)
  const { line, value, warn } = createOutput(options, host)
  const store = openStores(options, settings, warn, host)
  const plan: SignInPlan = {
    ...{ server: remote.name, url: remote.url, store: store.kindFor?.(remote.url) ?? store.kind },
    ...{ signedIn: false, unattended: false, fixes: [] },
  }
  try {
    await rehearse(plan, remote, { settings, store, host })
  } catch (thrown) {
    host.signal.throwIfAborted()
    plan.trouble = hostError(thrown, `${remote.name} cannot be judged`).message
  } finally {
    await store.close()
    settings.log.close()
  }
  if (plan.notChecked !== undefined && !plan.unattended) plan.unattended = undefined
  // An address that was typed names the server better than the name we give it.
  const typed = clean(server, 200)
  plan.fixes = fixesOf(plan, serverWord(typed, options, settings), loginCommand(typed, options, settings))
  value(plan)
  for (const text of linesOf(plan)) line(text)
  return plan.trouble === undefined || plan.notChecked !== undefined ? 0 : 4
}

/** What a job without a person would fail at, one line each with what to do. */
function fixesOf(plan: SignInPlan, server: string, login: string): string[] {
  const {
    asks,
    notChecked,
    trouble,
    unattended,
    signedIn,
    endsAt,
    client,
    changedFrom,
    storeTrouble,
    missing = [],
  } = plan
  if (asks === false || notChecked !== undefined || trouble !== undefined) return []
  const setClient = `copilot-host auth client set ${shellWord(clean(server))}`
  const own = `"oauthGrantType": "client_credentials", and ${setClient}`
  return [
    ...(unattended || signedIn
      ? []
      : [`nobody is signed in: run ${login} ahead, or give it a client that acts for itself (${own})`]),
    ...(!unattended && signedIn
      ? [`the sign-in ends at ${endsAt} and cannot be renewed: run ${login} ahead`]
      : []),
    ...(missing.length === 0
      ? []
      : [`a run has asked for more rights (${missing.join(', ')}): run ${login} ahead`]),
    ...(storeTrouble === undefined
      ? []
      : [`nothing is kept (${storeTrouble}): --token-store file keeps sign-ins in a file of your own`]),
    ...(client === 'to-ask' ? [`the sign-in server registers no apps: ${setClient} --client-id <id>`] : []),
    ...(changedFrom === undefined
      ? []
      : ['the sign-in server has changed: --accept-issuer-change, if that is right']),
  ]
}

const CLIENTS: Record<NonNullable<SignInPlan['client']>, string> = {
  configured: 'the one that you have configured',
  document: 'a client-id metadata document',
  registered: 'registered already',
  'to-register': 'would be registered',
  'to-ask': 'you would have to name one (copilot-host auth client set)',
}

function linesOf(plan: SignInPlan): string[] {
  const { server, url, asks, issuer, page, changedFrom, client, scopes, routes, store, signedIn } = plan
  const field = (label: string, value: string | undefined) =>
    value === undefined ? [] : [`  ${label.padEnd(13)} ${value}`]
  return [
    `${server}  ${url}`,
    ...(asks === false ? [] : field('sign-in page', page)),
    ...field('CHANGED', changedFrom && `until now it was ${changedFrom}`),
    ...field('issuer', issuer && clean(resourceOf(webUrl(issuer, 'the sign-in server')), 200)),
    ...field('client', client && CLIENTS[client]),
    ...field('rights', scopes && (scopes.join(', ') || 'not named by the server')),
    ...field('ways', routes?.join(', ')),
    ...field('comes back to', plan.redirect),
    ...field('port', plan.portTrouble),
    ...(asks === true ? field('kept in', plan.storeTrouble ? `nothing: ${plan.storeTrouble}` : store) : []),
    ...(asks === true ? field('signed in', signedIn ? 'yes' : 'no') : []),
    ...verdictOf(plan),
  ]
}

function verdictOf({
  asks,
  notChecked,
  trouble,
  unattended,
  signedIn,
  client,
  fixes,
  missing = [],
}: SignInPlan): string[] {
  const named = client === 'to-ask' ? ', once you have named a client' : ''
  if (notChecked !== undefined) {
    const then =
      trouble === undefined
        ? `If it does, one would work${named}.`
        : `If it does, it would not work: ${trouble}`
    const unsure = `Whether it asks for a sign-in is not checked: ${notChecked}.`
    return [`${unsure} ${signedIn && trouble === undefined ? 'You are signed in.' : then}`]
  }
  if (trouble !== undefined) return [`A sign-in would not work: ${trouble}`]
  if (asks === false)
    return ['It asks for no sign-in (single tools may still do). A run without a person works.']
  const now = signedIn ? 'You are signed in.' : `A sign-in would work${named}.`
  const alone = unattended
    ? missing.length === 0
      ? 'A run without a person works here.'
      : `A run without a person works here as far as it needs no more rights.`
    : 'Without a person (CI) it would end with exit 4.'
  return [`${now} ${alone}`, ...fixes.map(fix => `  - ${fix}`)]
}
