import { accountName, createAccounts } from '../auth/accounts.ts'
import type { AuthRequest, TokenStore } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import type { Host } from '../host.ts'
import { clean } from '../text.ts'
import { accountLines, switchText } from './account.ts'
import { remoteServers } from './account-names.ts'
import { openTokenStore } from './engine.ts'
import { findRemoteServer } from './find-server.ts'
import type { KeptOptions } from './kept.ts'
import { createOutput } from './output.ts'
import { readServerSettings } from './settings.ts'

type Server = AuthRequest['server']

export interface AuthAccountOptions extends KeptOptions {
  json?: boolean
}

/** What `auth account --json` prints of each account. */
export interface AccountStatus {
  server: string
  url: string
  /** What names it on a command line. */
  name: string
  /** What the sign-in server calls who signed in. */
  account?: string
  /** Whether it is used in this folder. */
  inUse: boolean
  /** The folder that it is bound to, where that is why. */
  boundTo?: string
  /** False: it needs a sign-in. */
  kept: boolean
}

/**
 * `auth account`: the accounts of a server, or of all; with a name, that account is used in this folder from now on. Gives 0;
 * throws HostError `usage` for a server or an account that does not exist.
 */
export async function authAccount(
  given: string | undefined,
  account: string,
  options: AuthAccountOptions,
  host: Host,
): Promise<number> {
  const settings = await readServerSettings(options, host)
  const { line, value, warn } = createOutput(options, host)
  // The list of what is kept is one for all stores, and no keychain is asked.
  const store = openTokenStore({ tokenStore: 'file' }, settings, warn, host)
  const accounts = createAccounts(store, { folder: host.folder, usualAccount: settings.usualAccount })
  const statuses: AccountStatus[] = []
  const configured = remoteServers(settings)
  let servers = configured
  try {
    servers =
      given === undefined
        ? [...configured, ...(await keptOnly(store, configured))]
        : [findRemoteServer(given, settings.servers.servers)]
    for (const server of servers) {
      const used = account === '' ? undefined : await accounts.use(server, account)
      if (used?.unbound !== undefined) throw used.unbound
      const list = await accounts.list(server)
      for (const { slot, name, inUse, bound, kept } of list) {
        const shown = { name: accountName({ slot, name }), account: name, inUse, boundTo: bound, kept }
        statuses.push({ server: server.name, url: server.url, ...shown })
      }
      const lines = used ? [switchText(server, used)] : accountLines(server, list, host.folder)
      for (const text of lines) line(text)
    }
  } finally {
    await store.close()
    settings.log.close()
  }
  value(statuses)
  if (servers.length === 0) line('no MCP server is configured (--mcp name=url adds one)')
  return 0
}

/** The servers that somebody has signed in to by their address, or by a name of another run. */
async function keptOnly(store: TokenStore, configured: readonly Server[]): Promise<Server[]> {
  const kept = (await store.list()).map(({ server }) => webUrl(server, 'the server'))
  const others = [...new Set(kept)].filter(url => configured.every(each => each.url !== url))
  return others.map(url => ({ name: clean(url, 200), url }))
}
