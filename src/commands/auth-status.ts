import type { StoredEntry } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import type { Host } from '../host.ts'
import { hostOf } from '../text.ts'
import { type KeptOptions, openKept } from './kept.ts'
import { readSettings } from './settings.ts'

export interface AuthStatusOptions extends KeptOptions {
  json?: boolean
  /** Milliseconds that a sign-in has to last. */
  for?: number
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
  renewedAt?: string
  expiresAt?: string
  /** Whether it is renewed without a question. */
  renewable?: boolean
  /** With `--for`: it ends within that time, and cannot be renewed without a person. */
  lapses?: boolean
}

const STORES = { keychain: 'the system keychain', file: 'a file of your own (0600)' }

/** `auth list`: the sign-ins that are kept, from the index alone; no keychain is opened for a question. Gives 0. */
export async function authList(options: AuthStatusOptions, host: Host): Promise<number> {
  return report([], options, host, async status => status, shortLine)
}

/**
 * `auth status`: what each sign-in is worth, without a question to any server and without any token. Gives 0; 4 when one of
 * the servers named has no sign-in that still works, or when one lapses within the time of `--for`.
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
    status => longLines(status, host.clock.now()),
  )
}

async function report(
  names: readonly string[],
  options: AuthStatusOptions,
  host: Host,
  choose: (status: SignInStatus, look: () => Promise<SignInStatus>) => Promise<SignInStatus>,
  lines: (status: SignInStatus) => string[],
): Promise<number> {
  const settings = await readSettings({ ...options, signIn: 'never' }, false, host)
  const warn = (line: string) => void host.stderr.write(`${line}\n`)
  const kept = openKept(options, { settings, host, warn })
  let code = 0
  try {
    const entries = await kept.of(names, name => {
      code = 4
      warn(`nobody is signed in to ${name}. Run: copilot-host auth login ${name}`)
    })
    const statuses: SignInStatus[] = []
    for (const entry of entries)
      statuses.push(await choose(basics(entry, kept.nameOf(entry)), () => look(entry)))
    if (names.length > 0 && statuses.some(({ state }) => state === 'ended')) code = 4
    if (statuses.some(({ lapses }) => lapses)) code = 4
    if (options.json) host.stdout.write(`${JSON.stringify(statuses, undefined, 2)}\n`)
    else if (statuses.length === 0 && names.length === 0)
      host.stdout.write('nobody is signed in to any server\n')
    else for (const status of statuses) host.stdout.write(`${lines(status).join('\n')}\n`)
    return code
  } finally {
    await kept.close()
    settings.log.close()
  }

  async function look(entry: StoredEntry): Promise<SignInStatus> {
    const key = { server: webUrl(entry.server, 'the server'), issuer: entry.issuer }
    const grant = await kept.storeOf(entry).read(key)
    const status = basics(entry, kept.nameOf(entry))
    if (grant === undefined) return { ...status, state: 'unreadable' }
    const { expiresAt, refresh, account, scope, client, receivedAt } = grant
    const now = host.clock.now()
    const endsBefore = (time: number) => refresh === undefined && expiresAt !== undefined && expiresAt <= time
    const ended = endsBefore(now)
    return {
      ...status,
      state: ended ? 'ended' : 'good',
      account,
      scopes: scope?.split(' '),
      clientId: client.id,
      renewedAt: new Date(receivedAt).toISOString(),
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
      renewable: refresh !== undefined,
      lapses: options.for === undefined ? undefined : endsBefore(now + options.for),
    }
  }
}

function basics({ server, issuer, store, since }: StoredEntry, name: string): SignInStatus {
  return { server: name, url: server, issuer, store, since: new Date(since).toISOString() }
}

function shortLine({ server, issuer, store, since }: SignInStatus): string[] {
  return [`${server}  signed in at ${hostOf(issuer)} since ${since.slice(0, 10)}, kept in ${STORES[store]}`]
}

function longLines(status: SignInStatus, now: number): string[] {
  const { server, url, issuer, account, scopes, since, store, state } = status
  const who = account === undefined ? 'signed in' : `signed in as ${account}`
  return [
    `${server}  ${url}`,
    `  ${who} at ${hostOf(issuer)} since ${since.slice(0, 10)}`,
    ...(scopes === undefined ? [] : [`  rights: ${scopes.join(', ')}`]),
    `  kept in ${STORES[store]}; ${state === 'unreadable' ? 'it cannot be read now' : lifeText(status, now)}`,
  ]
}

function lifeText(status: SignInStatus, now: number): string {
  const { state, expiresAt, renewable, server, lapses } = status
  if (state === 'ended') return `it has ended. Run: copilot-host auth login ${server}`
  const minutes = expiresAt === undefined ? undefined : Math.round((Date.parse(expiresAt) - now) / 60_000)
  const life =
    minutes === undefined ? 'its end is not known' : minutes > 0 ? `good for ${spanText(minutes)}` : 'due'
  const then = renewable ? 'then renewed by itself' : 'then signed in anew'
  return lapses ? `${life}: too short. Run: copilot-host auth login ${server}` : `${life}, ${then}`
}

function spanText(minutes: number): string {
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`
}
