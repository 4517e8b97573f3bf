import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import addTab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'
import { accountName, createAccounts } from '../auth/accounts.ts'
import { type Listed, listServers } from '../config/server-files.ts'
import { ALL, ALL_OF_SERVER, serverKey } from '../config/setting.ts'
import type { Host } from '../host.ts'
import { remoteServers } from './account-names.ts'
import { configure } from './configure.ts'
import { openTokenStore } from './engine.ts'
import { shortId } from './pick-session.ts'
import { withRuntime } from './sessions.ts'
import { readServerSettings } from './settings.ts'
import { readGiven, readSmall } from './small-file.ts'

/** What may stand on a command line, and what is said about it. */
type Value = readonly [value: string, description?: string]

/** Arguments of this name take one of these. */
const SERVERS = new Set(['server', 'servers'])
const SESSIONS = new Set(['id', 'session', 'sessions', 'ids'])
const FILES = new Set(['mcp-config', 'debug-log', 'add-dir'])
const MOST = 50

/**
 * Adds the command `complete`: the script for a shell, and what it asks for at each Tab. `argv` is that of this run: the names
 * that exist here (servers, sessions, accounts, files) are looked up only if it asks for them. Never rejects: without names the
 * options still complete.
 */
export async function addCompletion(program: Command, argv: readonly string[], host: Host): Promise<void> {
  const root = addTab(program)
  const words = argv.slice(argv.indexOf('--') + 1)
  const partial = words.at(-1) ?? ''
  const [command = ''] = words
  const wants = (...names: string[]) => names.includes(command)
  const servers = wants('auth', 'chat', 'resume', 'mcp') ? await serversHere(host).catch(() => []) : []
  const sessions = wants('resume', 'replay', 'sessions') ? await sessionsHere(host).catch(() => []) : []
  const listed = wants('config', 'mcp') ? await listedHere(host).catch(() => []) : []
  const begun = partial.replace(/^--[\w-]+=/, '')
  const files = await filesAt(begun, host).catch(() => [])
  const offer = (values: readonly Value[]) => (say: (value: string, description: string) => void) => {
    const fitting = values.filter(([value]) => value.startsWith(begun) && isSafe(value))
    for (const [value, description = ''] of fitting.slice(0, MOST))
      say(value, description.replaceAll(/[^\p{L}\p{N} .,:@/_-]/gu, ''))
  }
  const names = servers.map(({ name, url }): Value => [name, url])
  const from = words.includes('--project') ? 'project' : 'person'
  const removable = listed.flatMap(({ name, origin }): Value[] => (origin === from ? [[name]] : []))
  const keys = [
    ...ALL.map(({ key, about }): Value => [key, about]),
    ...[...new Set(listed.map(({ name }) => name))].flatMap(name =>
      ALL_OF_SERVER.map((setting): Value => [serverKey(name, setting), setting.about]),
    ),
  ]
  for (const [path, each] of [['', root] as const, ...root.commands]) {
    for (const argument of each.arguments.values()) {
      if (path === 'mcp remove') argument.handler = offer(removable)
      if (argument.name === 'key') argument.handler = offer(keys)
      if (SERVERS.has(argument.name)) argument.handler = offer(names)
      if (SESSIONS.has(argument.name)) argument.handler = offer(sessions)
      if (argument.name === 'account') argument.handler = offer(servers.flatMap(({ accounts }) => accounts))
    }
    for (const [name, option] of each.options) {
      if (FILES.has(name)) option.handler = offer(files)
      if (name === 'account') option.handler = offer(servers.flatMap(({ accounts }) => accounts))
    }
  }
}

/** Shells put what they are told into their own code: nothing that means something to one of them is offered. */
function isSafe(value: string): boolean {
  return /^[\p{L}\p{N}@._/~+-][\p{L}\p{N}@._/~:+-]*$/u.test(value)
}

async function serversHere(host: Host): Promise<{ name: string; url: string; accounts: Value[] }[]> {
  const settings = await readServerSettings({ mcp: [], mcpConfig: [] }, host)
  const store = openTokenStore({ tokenStore: 'file' }, settings, () => {}, host)
  const accounts = createAccounts(store, { folder: host.folder })
  try {
    return await Promise.all(
      remoteServers(settings).map(async server => ({
        name: server.name,
        url: server.url,
        accounts: (await accounts.list(server)).map((account): Value => [accountName(account), server.name]),
      })),
    )
  } finally {
    await store.close()
  }
}

/** Every entry of the person's file of servers and of those of the project, whether it counts or not. */
async function listedHere(host: Host): Promise<Listed[]> {
  const { folders, project } = await configure({}, host)
  const own = { configs: [], copilotHome: folders.copilot, readFile: readSmall, readGiven }
  return (await listServers({ ...own, project: { project, readFile: readSmall } })).listed
}

function sessionsHere(host: Host): Promise<Value[]> {
  return withRuntime(host, async runtime =>
    (await runtime.sessions()).map(({ id, summary }): Value => [shortId(id), summary]),
  )
}

/** What begins so, with `~` as it is written. */
async function filesAt(partial: string, host: Host): Promise<Value[]> {
  const path = partial === '~' ? '~/' : partial
  const before = path.slice(0, path.lastIndexOf('/') + 1)
  const beginning = path.slice(before.length)
  const folder = resolve(
    host.folder,
    before.replace(/^~(?=\/)/, () => host.home || '~'),
  )
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter(({ name }) => name.startsWith(beginning))
    .map((entry): Value => [`${before}${entry.name}${entry.isDirectory() ? '/' : ''}`])
}
