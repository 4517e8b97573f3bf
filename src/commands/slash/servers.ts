import { HostError } from '../../errors.ts'
import { clean } from '../../text.ts'
import { cells, padCells } from '../../ui/width.ts'
import { accountCommand, accountText } from '../account.ts'
import { remoteServers } from '../account-names.ts'
import type { Conversation } from '../conversation.ts'
import { isBusy } from '../conversation-types.ts'
import { type SlashCommand, type SlashPorts, say, sayAll, sessionOf } from './command.ts'

/** `/login`, `/account` and `/mcp`. */
export const SERVER_COMMANDS: readonly SlashCommand[] = [
  {
    name: 'login',
    input: '[server]',
    what: 'sign in again: to a server, or to all that wait',
    run: login,
    words: namesOf,
  },
  {
    name: 'account',
    input: '[server [account]]',
    what: 'the accounts of a server; another one in this folder',
    run: (input, ports) =>
      accountCommand(input, {
        ...{ servers: remoteServers(ports.settings), accounts: ports.accounts, folder: ports.host.folder },
        line: (level, text) => say(ports, text, level),
        switched: ({ name }) => ports.signIn(name),
      }),
    words: ({ settings }) => remoteServers(settings).map(({ name }) => name),
  },
  {
    name: 'mcp',
    input: '[server | reload | stop server]',
    what: 'the servers; the tools of one; connect anew; stop one',
    async run(input, ports) {
      // Only then all of them are known.
      await sessionOf(ports)
      if (input === '') return list(ports)
      // A server may have that name all the same.
      if (input === 'reload' && !namesOf(ports).includes(input)) return reload(ports)
      const [, word, wanted = ''] = /^(stop|auth|login)(?:\s+(.+))?$/u.exec(input) ?? []
      if (word === undefined || (wanted === '' && namesOf(ports).includes(word)))
        return tools(known(input, ports), ports)
      if (word !== 'stop') return login(wanted, ports)
      if (wanted === '') throw new HostError('usage', '/mcp stop takes the name of a server')
      return stop(known(wanted, ports), ports)
    },
    words: ports => ['reload', 'stop', ...namesOf(ports)],
  },
]

const WORDS: Readonly<Record<string, string>> = {
  'needs-auth': 'needs a sign-in',
  not_configured: 'not configured',
  pending: 'connecting',
}

/** As they are configured; what the runtime has besides comes last. */
function namesOf({ current, settings }: SlashPorts): string[] {
  const there = current.conversation?.servers().keys() ?? []
  return [...new Set([...Object.keys(settings.session.servers), ...there])]
}

function known(server: string, ports: SlashPorts): string {
  const names = namesOf(ports)
  if (names.includes(server)) return server
  throw new HostError(
    'usage',
    `there is no server "${clean(server, 60)}" here (servers: ${names.join(', ') || 'none'})`,
  )
}

function list(ports: SlashPorts): void {
  const servers = ports.current.conversation?.servers() ?? new Map()
  const names = namesOf(ports)
  if (names.length === 0) say(ports, 'no MCP server is configured (--mcp name=url adds one)')
  for (const server of names) {
    const { status, error } = servers.get(server) ?? { status: 'pending' }
    say(ports, `${server}: ${WORDS[status] ?? status}${error ? ` (${error})` : ''}`)
  }
}

/** The runtime asks for a sign-in where one is needed; where none is, this is all that the person sees. */
async function login(input: string, ports: SlashPorts): Promise<void> {
  const { conversation } = await sessionOf(ports)
  const names = input === '' ? namesOf(ports) : [known(input, ports)]
  const servers = conversation.servers()
  const connected = names.filter(name => servers.get(name)?.status === 'connected')
  const when = afterTurn(conversation)
  const [only] = names
  if (names.length === 0) return list(ports)
  if (ports.settings.signIn === 'never')
    return say(ports, 'this chat signs in to no server (--sign-in never)')
  if (input === '' && connected.length === names.length)
    say(ports, `nobody has to sign in: every server is connected; they connect anew${when}`)
  else if (input !== '' && only !== undefined && connected.length > 0)
    say(ports, `${only} ${await signedInAs(only, ports)}; it connects anew${when}`)
  else if (when !== '') say(ports, `${input === '' ? 'the servers are' : `${only} is`} asked again${when}`)
  ports.signIn(input === '' ? undefined : only)
}

function afterTurn(conversation: Conversation): string {
  return isBusy(conversation) ? ' when this turn is over' : ''
}

async function signedInAs(name: string, { settings, accounts }: SlashPorts): Promise<string> {
  const server = remoteServers(settings).find(each => each.name === name)
  const used = server && (await accounts.list(server)).find(({ inUse, kept }) => inUse && kept)
  if (used === undefined) return 'has asked for no sign-in'
  return used.slot === undefined && used.name === undefined
    ? 'is signed in'
    : `is signed in as ${accountText(used)}`
}

async function reload(ports: SlashPorts): Promise<void> {
  const { conversation } = await sessionOf(ports)
  if (namesOf(ports).length === 0) return list(ports)
  const when = afterTurn(conversation)
  say(ports, `the servers connect anew${when}`)
  ports.signIn(undefined)
}

/** Also while a turn waits for it: that is what it is for. */
async function stop(server: string, ports: SlashPorts): Promise<void> {
  await (await sessionOf(ports)).session.stopServer(server)
  say(ports, `${server} is stopped; /mcp reload connects it anew`)
}

async function tools(server: string, ports: SlashPorts): Promise<void> {
  const found = await (await sessionOf(ports)).session.controls.tools(server)
  const width = Math.min(24, Math.max(0, ...found.map(({ name }) => cells(name))))
  sayAll(ports, [
    `${server}: ${found.length} ${found.length === 1 ? 'tool' : 'tools'}`,
    ...found.map(({ name, description }) => `  ${padCells(name, width)}  ${description}`.trimEnd()),
  ])
}
