import { accountName, FIRST_ACCOUNT } from '../auth/accounts.ts'
import type { Probed } from '../auth/probe.ts'
import type { StoredEntry, WebUrl } from '../auth/types.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { hostOf } from '../text.ts'
import { loginCommand } from './engine.ts'
import { type Kept, type KeptOptions, openKept } from './kept.ts'
import { createLook } from './look.ts'
import { createOutput } from './output.ts'
import { readServerSettings } from './settings.ts'
import { sideBySide } from './side-by-side.ts'

export interface AuthStatusOptions extends KeptOptions {
  json?: boolean
  /** Milliseconds that a sign-in has to last. */
  for?: number
  /** Renew first what ends within that time. */
  renew?: boolean
  /** Ask no server what it makes of the token. */
  offline?: boolean
}

/** What `auth status --json` prints of each sign-in; `auth list --json` leaves out what only the store knows. */
export interface SignInStatus {
  server: string
  url: string
  issuer: string
  store: StoredEntry['store']
  /** ISO 8601, as all times here. */
  since: string
  /** `good`: usable or renewed by itself; `ended`: it needs a sign-in; `unreadable`: the store does not give it out. */
  state?: 'good' | 'ended' | 'unreadable'
  /** Who signed in, where that is known. */
  account?: string
  /** What names the account on a command line. */
  name: string
  /** Whether it is the sign-in that a run in this folder would use. */
  inUse: boolean
  scopes?: string[]
  clientId?: string
  /** The last renewal; absent where there was none since the sign-in. */
  renewedAt?: string
  /** The end of the access token. */
  expiresAt?: string
  /** Whether it is renewed without a question. */
  renewable?: boolean
  /** When it ends unless a person signs in again; absent where no end is known. */
  endsAt?: string
  /** With `--for`: it ends within that time, and cannot be renewed without a person. */
  lapses?: boolean
  /** With `--renew`: whether it was renewed now; and why it was not, where that was due. */
  renewed?: boolean
  trouble?: string
  /** What the server makes of its token; absent with `--offline`. */
  live?: { state: Probed['state'] | 'not-checked'; why?: string; scopes?: string[] }
}

/** How many servers are asked at a time. */
const MOST_ASKED = 4

const STORES = { keychain: 'the system keychain', file: 'a file of your own (0600)', memory: 'memory' }

/** `auth list`: the sign-ins that are kept, from the index alone; no keychain is opened for a question. Gives 0. */
export async function authList(options: AuthStatusOptions, host: Host): Promise<number> {
  return report([], options, host, async status => status, shortLine)
}

/**
 * `auth status`: what each sign-in is worth, and what the server makes of it; never a token. Nothing is changed by it, except
 * with `--renew`. Gives 0; 4 when one of the servers named has no sign-in that still works and can be read, or when one lapses
 * within the time of `--for` or cannot be read; of a server that was named the sign-in in use counts. A server that cannot be
 * reached says nothing about the sign-in.
 */
export async function authStatus(
  names: readonly string[],
  options: AuthStatusOptions,
  host: Host,
): Promise<number> {
  return report(
    names,
    options,
    host,
    async (_entry, look) => look(),
    (status, login, several) => longLines(status, login, several, host.clock.now()),
  )
}

async function report(
  names: readonly string[],
  options: AuthStatusOptions,
  host: Host,
  choose: (status: SignInStatus, look: () => Promise<SignInStatus>) => Promise<SignInStatus>,
  lines: (status: SignInStatus, login: string, several: boolean) => string[],
): Promise<number> {
  const settings = await readServerSettings(options, host)
  const { line, value, warn, fail } = createOutput(options, host)
  const kept = openKept(options, { settings, host, warn })
  const look = createLook(options, { settings, kept, host, warn })
  let code = 0
  try {
    const entries = await kept.of(names, name => {
      code = 4
      const text = `nobody is signed in to ${name}. Run: ${loginCommand(name, options, settings)}`
      fail(new HostError('sign-in-needed', text))
    })
    const statuses = await sideBySide(entries, MOST_ASKED, async entry => {
      const known = await basicsOf(entry, kept)
      return choose(known, () => look(entry, known))
    })
    const counted = names.length > 0 ? statuses.filter(each => counts(each, statuses)) : statuses
    if (names.length > 0 && counted.some(isOver)) code = 4
    const lapsed = ({ lapses, state }: SignInStatus) =>
      lapses || (options.for !== undefined && state === 'unreadable')
    if (counted.some(lapsed)) code = 4
    value(statuses)
    if (statuses.length === 0 && names.length === 0) line('nobody is signed in to any server')
    for (const status of statuses) {
      const several = statuses.filter(({ url }) => url === status.url).length > 1
      const account = several ? [`${status.server}=${status.name}`] : []
      const login = loginCommand(status.server, { ...options, account }, settings)
      for (const text of lines(status, login, several)) line(text)
    }
    return code
  } finally {
    await kept.close()
    settings.log.close()
  }
}

/** What is known of a sign-in without looking at it. */
export async function basicsOf(entry: StoredEntry, kept: Kept): Promise<SignInStatus> {
  const { server: url, issuer, store, since } = entry
  const account = await kept.accountOf(entry)
  const who = { account: account.name, name: accountName(account), inUse: account.inUse }
  return { server: kept.nameOf(entry), url, issuer, ...who, store, since: new Date(since).toISOString() }
}

/** The sign-in that a run here would use for this server, and what is known of it without looking at it. */
export async function signInUsed(
  server: WebUrl,
  kept: Kept,
): Promise<{ entry: StoredEntry; basics: SignInStatus } | undefined> {
  const entries = (await kept.of([], () => {})).filter(entry => entry.server === server)
  for (const entry of entries) {
    const basics = await basicsOf(entry, kept)
    if (basics.inUse) return { entry, basics }
  }
  return undefined
}

/** Of a server the sign-in that a run here would use; each one that is kept where that one is not. */
function counts({ url, inUse }: SignInStatus, all: readonly SignInStatus[]): boolean {
  return inUse || !all.some(other => other.url === url && other.inUse)
}

function isOver({ state, live }: SignInStatus): boolean {
  return (
    state === 'ended' || state === 'unreadable' || live?.state === 'refused' || live?.state === 'more-rights'
  )
}

/** Who it is; where there are several accounts, also what names it and whether it is the one that is used here. */
function whoText({ account, name, inUse, issuer, since }: SignInStatus, several: boolean): string {
  const rest = `at ${hostOf(issuer)} since ${since.slice(0, 10)}`
  const named = name !== (account ?? FIRST_ACCOUNT)
  if (!several && !named) return `signed in${account === undefined ? '' : ` as ${account}`} ${rest}`
  const who = account === undefined || account === name ? name : `${name} (${account})`
  return `signed in as ${who} ${rest}${several && inUse ? ', in use here' : ''}`
}

function shortLine(status: SignInStatus, _login: string, several: boolean): string[] {
  return [`${status.server}  ${whoText(status, several)}, kept in ${STORES[status.store]}`]
}

function longLines(status: SignInStatus, login: string, several: boolean, now: number): string[] {
  const { server, url, scopes, store, state } = status
  return [
    server === url ? server : `${server}  ${url}`,
    `  ${whoText(status, several)}`,
    ...(scopes === undefined ? [] : [`  rights: ${scopes.join(', ')}`]),
    `  kept in ${STORES[store]}; ${state === 'unreadable' ? 'it cannot be read now' : lifeText(status, login, now)}`,
    ...renewalLine(status, now),
    ...liveLine(status, login),
  ]
}

function renewalLine({ renewedAt, trouble }: SignInStatus, now: number): string[] {
  if (trouble !== undefined) return [`  it could not be renewed: ${trouble}`]
  if (renewedAt === undefined) return []
  return [`  last renewed ${spanText(Math.max(0, Math.round((now - Date.parse(renewedAt)) / 60_000)))} ago`]
}

function liveLine({ live, renewable }: SignInStatus, login: string): string[] {
  if (live === undefined) return []
  const { state, why, scopes } = live
  switch (state) {
    case 'accepted':
      return ['  the server accepts it']
    case 'refused':
      return [
        `  the server REFUSES it (${why}). ${renewable ? 'The next run tries to renew it.' : `Run: ${login}`}`,
      ]
    case 'more-rights':
      return [`  the server wants more rights: ${scopes?.join(', ') || why}. Run: ${login}`]
    case 'unreachable':
      return [`  the server could not be asked: ${why}`]
    case 'not-asked':
      return [`  the server was not asked: ${why}`]
    case 'not-checked':
      return [`  whether the server accepts it is not checked: ${why}`]
  }
}

function lifeText(status: SignInStatus, login: string, now: number): string {
  const { state, expiresAt, renewable, lapses, endsAt } = status
  if (state === 'ended') return `it has ended. Run: ${login}`
  const minutes = expiresAt === undefined ? undefined : Math.round((Date.parse(expiresAt) - now) / 60_000)
  const life =
    minutes === undefined ? 'its end is not known' : minutes > 0 ? `good for ${spanText(minutes)}` : 'due'
  const until = endsAt === undefined ? '' : ` until ${endsAt.slice(0, 16).replace('T', ' ')} UTC`
  const then = renewable ? `then renewed by itself${until}` : 'then signed in anew'
  return lapses ? `${life}: too short. Run: ${login}` : `${life}, ${then}`
}

function spanText(minutes: number): string {
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`
}
