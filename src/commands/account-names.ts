import {
  createAccounts,
  FIRST_ACCOUNT,
  findAccount,
  judgeAccountName,
  unknownAccount,
} from '../auth/accounts.ts'
import type { AuthRequest } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean } from '../text.ts'
import { openTokenStore } from './engine.ts'
import type { ChatOptions } from './options.ts'
import type { Settings } from './settings.ts'

type Server = AuthRequest['server']

/**
 * What `--account` says as `server=account`, for servers that have it: a name alone is meant for each of those. Throws HostError
 * `usage` for an account that does not exist.
 */
export async function namedAccounts(
  { account: given }: Pick<ChatOptions, 'account'>,
  settings: Settings,
  host: Host,
): Promise<string[]> {
  if (given.length === 0) return []
  // The list of what is kept is one for all stores, and no keychain is asked.
  const store = openTokenStore({ tokenStore: 'file' }, settings, () => {}, host)
  const accounts = createAccounts(store, { folder: host.folder, usualAccount: settings.usualAccount })
  const servers = remoteServers(settings)
  try {
    const named: string[] = []
    for (const text of given) named.push(...(await judged(text)))
    return named
  } finally {
    await store.close()
  }

  async function judged(text: string): Promise<string[]> {
    const server = named(text, '=', servers)
    const typed = server === undefined ? text : text.slice(server.name.length + 1)
    const found: string[] = []
    for (const each of server ? [server] : servers) {
      const list = await accounts.list(each)
      const account = findAccount(typed, list)
      if (account !== undefined) found.push(`${each.name}=${account.slot ?? FIRST_ACCOUNT}`)
      else if (server !== undefined || (servers.length === 1 && !text.includes('=')))
        throw unknownAccount(each, typed, list)
    }
    if (found.length > 0) return found
    if (text.includes('=')) {
      const other = text.slice(0, text.indexOf('='))
      const known = servers.map(({ name }) => name).join(', ') || 'none'
      throw new HostError('usage', `--account: there is no server "${clean(other)}" (servers: ${known})`)
    }
    const name = judgeAccountName(typed)
    throw new HostError('usage', `no server has an account "${name}" (copilot-host auth account lists them)`)
  }
}

/** The same for the one server of a command that may also add an account; other servers are left out. */
export function newAccount(
  { account: given }: Pick<ChatOptions, 'account'>,
  server: string,
  settings: Settings,
): string[] {
  return given.flatMap(text => {
    const other = named(text, '=', remoteServers(settings))?.name ?? server
    const typed = text.startsWith(`${other}=`) ? text.slice(other.length + 1) : text
    return other === server ? [`${server}=${judgeAccountName(typed)}`] : []
  })
}

/** What was named for a server, the last word counts. */
export function accountOf(
  { account = [] }: Partial<Pick<ChatOptions, 'account'>>,
  server: string,
): string | undefined {
  return account.findLast(text => text.startsWith(`${server}=`))?.slice(server.length + 1)
}

/** The servers where somebody can sign in. */
export function remoteServers({ servers }: Pick<Settings, 'servers'>): Server[] {
  return Object.entries(servers.servers).flatMap(([name, config]) => {
    if (!('url' in config)) return []
    try {
      return [{ name: clean(name), url: webUrl(config.url, name) }]
    } catch {
      return []
    }
  })
}

/** The server that a text begins with, before `sign` or alone; of several names the longest. */
export function named(text: string, sign: ' ' | '=', servers: readonly Server[]): Server | undefined {
  return servers
    .filter(({ name }) => text.startsWith(`${name}${sign}`) || (sign === ' ' && text === name))
    .sort((a, b) => b.name.length - a.name.length)[0]
}
