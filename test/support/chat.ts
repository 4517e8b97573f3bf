import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Place, startWorld, type World, type WorldOptions } from '../../demo/world.ts'
import { type Keychain, keychainMissing, startKeychain } from './keychain.ts'
import { watchProcesses } from './leaks.ts'
import { closed } from './shown.ts'
import { openTerminal, type TestTerminal } from './terminal.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))
const BROWSER = fileURLToPath(new URL('../../dist/demo-browser.js', import.meta.url))

export interface RunOptions {
  place?: Place
  env?: Record<string, string | undefined>
  cols?: number
  rows?: number
  term?: string
  stdin?: string
  /** Where the person works; the practice folder when absent. */
  cwd?: string
  /** A program, with its arguments, that ours runs in: what is written to the terminal is that one's, and not judged. */
  within?: readonly string[]
}

/** The practice world, a keychain, and the built program in it: what a person has in front of them. */
export interface Stage {
  world: World
  keychain: Keychain | undefined
  /** Where state is kept unless a run names another place. */
  place: Place
  /** A value of `BROWSER` that signs in as this person, or says no. */
  browser(person?: { as: string } | { deny: true }): string
  /** The built program in a terminal of 80 x 24. */
  open(args: readonly string[], options?: RunOptions): TestTerminal
  /** The built program without a terminal. */
  run(
    args: readonly string[],
    options?: RunOptions,
  ): Promise<{ code: number; stdout: string; stderr: string }>
  close(): Promise<void>
}

/**
 * Opens it all. Where the machine has no keychain the program keeps its sign-ins in a file; with `keychain: false` there is
 * no Secret Service either, but the program is not told: as in a container.
 */
export async function openStage(options: WorldOptions & { keychain?: boolean } = {}): Promise<Stage> {
  const world = await startWorld(options)
  const wanted = options.keychain !== false
  const keychain = wanted && keychainMissing() === undefined ? await startKeychain() : undefined
  const store = wanted && !keychain ? ['--token-store', 'file'] : []
  const home = keychain?.env.HOME ?? (await mkdtemp(join(tmpdir(), 'copilot-host-home-')))
  const place = world.place('home')
  const stored = ([command = '', verb = '']: readonly string[]) =>
    ['login', 'config', 'trust'].includes(command) ||
    ['log', 'pending', 'answer'].includes(verb) ||
    (command === 'mcp' && verb !== 'status')
      ? []
      : store
  const terminals = new Set<TestTerminal>()
  const printed: string[] = []
  const seen: string[] = []
  const environment = ({ place: at = place, env }: RunOptions): Record<string, string> => {
    const all = {
      PATH: process.env.PATH,
      HOME: home,
      LANG: 'C.UTF-8',
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME,
      ...keychain?.env,
      // What it tells is looked through at the end, like every other file.
      COPILOT_HOST_LOG: join(world.folder, 'debug.log'),
      ...at.env,
      ...env,
    }
    return Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
    )
  }
  return {
    world,
    keychain,
    place,
    browser: person =>
      [
        process.execPath,
        BROWSER,
        ...(person && 'deny' in person ? ['--deny'] : ['--as', person?.as ?? 'ada@example.com']),
      ].join(' '),
    open(args, run = {}) {
      const [command = '', ...rest] = [
        ...(run.within ?? []),
        process.execPath,
        PROGRAM,
        ...args,
        ...stored(args),
      ]
      const terminal = openTerminal(command, rest, {
        foreign: run.within !== undefined,
        cols: run.cols,
        rows: run.rows,
        term: run.term,
        cwd: run.cwd ?? world.work,
        env: environment(run),
      })
      terminals.add(terminal)
      return terminal
    },
    run(args, run = {}) {
      return new Promise(resolve => {
        const [command = '', ...rest] = [
          ...(run.within ?? []),
          process.execPath,
          PROGRAM,
          ...args,
          ...stored(args),
        ]
        const child = execFile(
          command,
          rest,
          { cwd: run.cwd ?? world.work, env: environment(run), timeout: 60_000 },
          (error, stdout, stderr) => {
            watched?.stop()
            seen.push(...(watched?.seen() ?? []))
            printed.push(stdout, stderr)
            resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr })
          },
        )
        const watched = child.pid === undefined ? undefined : watchProcesses(child.pid)
        child.stdin?.end(run.stdin ?? '')
      })
    },
    async close() {
      const ended = await closed(terminals, {
        ...{ printed, seen, folders: [world.folder, home] },
        secrets: world.authorizationServer.secrets,
      })
      await world.close()
      await keychain?.close()
      // A program that was killed may have a child that still writes.
      if (!keychain) await rm(home, { recursive: true, force: true, maxRetries: 10 })
      ended.judge()
    },
  }
}
