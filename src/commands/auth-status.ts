import type { Probed } from '../auth/probe.ts'
import type { StoredEntry } from '../auth/types.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { hostOf } from '../text.ts'
import { loginCommand } from './engine.ts'
import { type KeptOptions, openKept } from './kept.ts'
import { createLook } from './look.ts'
import { createOutput } from './output.ts'
import { readSettings } from './settings.ts'
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
  store: 'keychain' | 'file'
  /** ISO 8601, as all times here. */
  since: string
  /** `good`: usable or renewed by itself; `ended`: it needs a sign-in; `unreadable`: the store does not give it out. */
  state?: 'good' | 'ended' | 'unreadable'
  account?: string
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
  live?: { state: Probed['state']; why?: string; scopes?: string[] }
}

/** How many servers are asked at a time. */
const MOST_ASKED = 4

const STORES = { keychain: 'the system keychain', file: 'a file of your own (0600)' }

/** `auth list`: the sign-ins that are kept, from the index alone; no keychain is opened for a question. Gives 0. */
export async function authList(options: AuthStatusOptions, host: Host): Promise<number> {
  return report([], options, host, async status => status, shortLine)
}

/**
 * `auth status`: what each sign-in is worth, and what the server makes of it; never a token. Nothing is changed by it, except
 * with `--renew`. Gives 0; 4 when one of the servers named has no sign-in that still works, or when one lapses within the
 * time of `--for`. A server that cannot be reached says nothing about the sign-in.
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
    (status, login) => longLines(status, login, host.clock.now()),
  )
}

async function report(
  names: readonly string[],
  options: AuthStatusOptions,
  host: Host,
  choose: (status: SignInStatus, look: () => Promise<SignInStatus>) => Promise<SignInStatus>,
  lines: (status: SignInStatus, login: string) => string[],
): Promise<number> {
  const settings = await readSettings({ ...options, signIn: 'never' }, false, host)
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
    const statuses = await sideBySide(entries, MOST_ASKED, entry => {
      const known = basics(entry, kept.nameOf(entry))
      return choose(known, () => look(entry, known))
    })
    if (names.length > 0 && statuses.some(isOver)) code = 4
    if (statuses.some(({ lapses }) => lapses)) code = 4
    value(statuses)
    if (statuses.length === 0 && names.length === 0) line('nobody is signed in to any server')
    for (const status of statuses) {
      const login = loginCommand(status.server, options, settings)
      for (const text of lines(status, login)) line(text)
    }
    return code
  } finally {
    await kept.close()
    settings.log.close()
  }
}

function isOver({ state, live }: SignInStatus): boolean {
  return state === 'ended' || live?.state === 'refused' || live?.state === 'more-rights'
}

function basics({ server, issuer, store, since }: StoredEntry, name: string): SignInStatus {
  return { server: name, url: server, issuer, store, since: new Date(since).toISOString() }
}

function shortLine({ server, issuer, store, since }: SignInStatus): string[] {
  return [`${server}  signed in at ${hostOf(issuer)} since ${since.slice(0, 10)}, kept in ${STORES[store]}`]
}

function longLines(status: SignInStatus, login: string, now: number): string[] {
  const { server, url, issuer, account, scopes, since, store, state } = status
  const who = account === undefined ? 'signed in' : `signed in as ${account}`
  return [
    `${server}  ${url}`,
    `  ${who} at ${hostOf(issuer)} since ${since.slice(0, 10)}`,
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
