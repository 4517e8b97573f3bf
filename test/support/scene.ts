import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startWorld, type World } from '../../demo/world.ts'
import { openNames } from './names.ts'
import { closed } from './shown.ts'
import { openTerminal, type TestTerminal } from './terminal.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))
const DEVBOX = new URL('devbox.js', import.meta.url)

/** The servers of the scene, each with a sign-in server of its own. They serve several scenes at once. */
export interface Servers {
  /** `notes.example.com`, with its sign-in page at `login.example.com`. */
  notes: World
  /** The same after a move: its sign-in page is at `sso.example.org`. */
  moved: World
  /** `billing.example.com`; its sign-in server, `accounts.example.org`, registers no apps. */
  billing: World
  close(): Promise<void>
}

export async function startServers(): Promise<Servers> {
  const world = (mcp: string, login: string, register = true) =>
    startWorld({
      mcpOrigin: `https://${mcp}`,
      authorizationServer: { origin: `https://${login}`, register, userCode: 'WDJB-MJHT' },
    })
  const worlds = await Promise.all([
    world('notes.example.com', 'login.example.com'),
    world('notes.example.com', 'sso.example.org'),
    world('billing.example.com', 'accounts.example.org', false),
  ])
  const [notes, moved, billing] = worlds
  return {
    ...{ notes, moved, billing },
    async close() {
      await Promise.all(worlds.map(each => each.close()))
    },
  }
}

export interface SceneOptions {
  cols: number
  rows: number
  /** A name of its own: where its state is kept. */
  name: string
  store: 'keychain' | 'file'
  /** Beside what every run has: `NO_COLOR`, a keychain. */
  env?: Readonly<Record<string, string>>
}

/** One person at one machine, called `devbox`, in front of windows of one size. */
export interface Scene {
  cols: number
  /** A chat with these servers: `notes`, or another name for it (`name=notes`), or for an address (`name=http:…`). */
  chat(servers: readonly string[], env?: Record<string, string>, place?: string): TestTerminal
  /** The billing server can be reached from now on; until then it keeps everybody waiting. */
  billingAnswers(): void
  /** The notes server has moved to another sign-in server. */
  notesMove(): void
  /** The same address as it is reached from the test itself. */
  local(address: string): string
  close(): Promise<void>
}

export async function openScene(servers: Servers, options: SceneOptions): Promise<Scene> {
  const { notes, moved, billing } = servers
  const { cols, rows, name } = options
  const names = await openNames(notes.folder, {
    'notes.example.com': notes.mcp.local,
    'login.example.com': notes.authorizationServer.local,
    'sso.example.org': moved.authorizationServer.local,
    'accounts.example.org': billing.authorizationServer.local,
  })
  const terminals: TestTerminal[] = []
  return {
    cols,
    chat(named, env = {}, place = '') {
      const servers = named.flatMap(each => {
        const [server, host = each] = each.split('=')
        return ['--mcp', `${server}=${host.includes(':') ? host : `https://${host}.example.com/mcp`}`]
      })
      // Less than ten minutes, so that the time left is always as wide.
      const settings = ['--token-store', options.store, '--sign-in-timeout', '590']
      const terminal = openTerminal(process.execPath, [PROGRAM, 'chat', ...servers, ...settings], {
        ...{ cols, rows },
        cwd: notes.work,
        env: {
          ...{ PATH: process.env.PATH, HOME: notes.folder, USER: 'you', LANG: 'C.UTF-8', TZ: 'UTC' },
          XDG_CACHE_HOME: process.env.XDG_CACHE_HOME,
          NODE_OPTIONS: `--import=${DEVBOX.href}`,
          COPILOT_HOST_LOG: join(notes.folder, 'debug.log'),
          ...notes.place(`${name}${place}`).env,
          ...{ ...names.env, ...options.env, ...env },
        },
      })
      terminals.push(terminal)
      return terminal
    },
    billingAnswers: () => names.lead('billing.example.com', billing.mcp.local),
    notesMove: () => names.lead('notes.example.com', moved.mcp.local),
    local: names.local,
    async close() {
      const worlds = [notes, moved, billing]
      const secrets = worlds.flatMap(world => [...world.authorizationServer.secrets])
      const ended = await closed(terminals, { secrets, folders: worlds.map(({ folder }) => folder) })
      await names.close()
      ended.judge()
    },
  }
}
