import { type Account, type Accounts, accountName } from '../auth/accounts.ts'
import type { AuthRequest } from '../auth/types.ts'
import { HostError, hostError } from '../errors.ts'
import { clean, shellWord } from '../text.ts'
import { named } from './account-names.ts'

type Server = AuthRequest['server']

/** How many accounts of a server are listed in a chat. */
const MOST_LISTED = 20

export interface AccountPorts {
  servers: readonly Server[]
  accounts: Accounts
  /** Where the person works, absolute. */
  folder: string
  line(level: 'info' | 'warning', text: string): void
  /** Another account of this server is used from now on. */
  switched(server: Server): void
}

/** `/account [server [account]]` in a chat: lists accounts, or uses another one from now on. Says what is wrong in one line. */
export async function accountCommand(argument: string, ports: AccountPorts): Promise<void> {
  const { servers, accounts, line } = ports
  try {
    const server = argument === '' ? undefined : serverIn(argument, servers)
    const typed = server === undefined ? '' : argument.slice(server.name.length).trim()
    if (server !== undefined && typed !== '') {
      const { inUse } = await accounts
        .list(server)
        .then(list => list.find(each => each.inUse) ?? { inUse: false })
      const before = await accounts.inUse(server)
      const account = await accounts.use(server, typed)
      const changed = !inUse || account.slot !== before
      line('info', switchText(server, account))
      if (account.unbound) line('warning', `${account.unbound.message}: only until you leave`)
      if (changed) ports.switched(server)
      return
    }
    if (servers.length === 0) line('info', 'there is no server to sign in to')
    for (const each of server ? [server] : servers) {
      const list = await accounts.list(each)
      const shown = [...list.filter(({ inUse }) => inUse), ...list.filter(({ inUse }) => !inUse)].slice(
        0,
        MOST_LISTED,
      )
      for (const text of accountLines(each, shown, ports.folder)) line('info', text)
      if (list.length > shown.length) {
        const rest = list.length - shown.length
        const command = `copilot-host auth account ${shellWord(clean(each.name))}`
        line('info', `${each.name}: and ${rest} more (${command} lists all)`)
      }
    }
  } catch (thrown) {
    line('warning', hostError(thrown, 'the accounts cannot be read').message)
  }
}

function serverIn(argument: string, servers: readonly Server[]): Server {
  const server = named(argument, ' ', servers)
  if (server !== undefined) return server
  const known = servers.map(({ name }) => name).join(', ') || 'none'
  throw new HostError('usage', `there is no server "${clean(argument)}" here (servers: ${known})`)
}

/** One line for each account of a server. */
export function accountLines({ name }: Server, accounts: readonly Account[], folder: string): string[] {
  if (accounts.length === 0) return [`${name}: nobody is signed in`]
  return accounts.map(account => {
    const where = account.bound === folder ? 'this folder' : clean(account.bound ?? '', 200)
    const use = account.inUse ? ', in use' : ''
    const bound = account.bound === undefined ? '' : ` (bound to ${where})`
    return `${name}: ${accountText(account)}${use}${bound}${account.kept ? '' : ', needs a sign-in'}`
  })
}

/** An account as it is called and who it is, where both are known and differ. */
export function accountText({ slot, name }: Pick<Account, 'slot' | 'name'>): string {
  return slot === undefined || name === undefined || name === slot
    ? accountName({ slot, name })
    : `${slot} (${name})`
}

export function switchText({ name }: Server, account: Account): string {
  return `${name}: ${accountText(account)} is used in this folder from now on`
}
