import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { type Place, startWorld, type World, type WorldOptions } from '../../demo/world.ts'
import { type Keychain, keychainMissing, startKeychain } from './keychain.ts'
import { type Ended, openRuns } from './runs.ts'
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
  /** What must not be told either, beside everything secret that the practice server has seen: secrets of a test's own. */
  secrets: Set<string>
  /** A value of `BROWSER` that signs in as this person, or says no. */
  browser(person?: { as: string } | { deny: true }): string
  /** The built program in a terminal of 80 x 24. */
  open(args: readonly string[], options?: RunOptions): TestTerminal
  /** The built program without a terminal. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>
  /** A line of a shell, which has the built program on its `PATH` if the environment given says so. */
  shell(line: string, options?: RunOptions): Promise<Ended>
  /** Puts a terminal of a test's own under the same check, and closes it with the others. */
  keep(terminal: TestTerminal): TestTerminal
  /** Ends everything, and fails if one of the programs has told a secret, see `closed`. */
  close(): Promise<void>
}

/**
 * Opens it all. Where the machine has no keychain the program keeps its sign-ins in a file; with `keychain: false` there is
 * no Secret Service either, but the program is not told: as in a container. `secrets`: those of other servers, told at the end.
 */
export async function openStage(
  options: WorldOptions & { keychain?: boolean; secrets?: () => Iterable<string> } = {},
): Promise<Stage> {
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
  const { run, printed, seen } = openRuns()
  const secrets = new Set<string>()
  const keep = (terminal: TestTerminal) => {
    terminals.add(terminal)
    return terminal
  }
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
  const more = options.secrets ?? (() => [])
  const reported = (file: string) => {
    const args = ['doctor', '--mcp', `notes=${world.mcp.url}`, '--bundle', file, ...store]
    return run([process.execPath, PROGRAM, ...args], { cwd: world.work, env: environment({}) })
  }
  return {
    world,
    keychain,
    place,
    secrets,
    keep,
    browser: person =>
      [
        process.execPath,
        BROWSER,
        ...(person && 'deny' in person ? ['--deny'] : ['--as', person?.as ?? 'ada@example.com']),
      ].join(' '),
    open(args, options = {}) {
      const { within = [], cols, rows, term, cwd = world.work } = options
      const [command = '', ...rest] = [...within, process.execPath, PROGRAM, ...args, ...stored(args)]
      const foreign = options.within !== undefined
      return keep(openTerminal(command, rest, { foreign, cols, rows, term, cwd, env: environment(options) }))
    },
    run(args, options = {}) {
      const { within = [], cwd = world.work, stdin } = options
      const command = [...within, process.execPath, PROGRAM, ...args, ...stored(args)]
      return run(command, { cwd, stdin, env: environment(options) })
    },
    shell(line, options = {}) {
      const { cwd = world.work, stdin } = options
      return run(['bash', '-e', '-o', 'pipefail', '-c', line], { cwd, stdin, env: environment(options) })
    },
    async close() {
      const told = () => new Set([...world.authorizationServer.secrets, ...secrets, ...more()])
      // What is made of this run for others to read is looked through, too.
      const report = join(world.folder, 'report.json')
      const doctor = told().size > 0 && (await reported(report))
      const ended = await closed(terminals, {
        ...{ printed, seen, folders: [world.folder, home, keychain?.env.XDG_RUNTIME_DIR ?? world.folder] },
        secrets: told(),
      })
      const written = existsSync(report)
      await world.close()
      await keychain?.close()
      // A program that was killed may have a child that still writes.
      if (!keychain) await rm(home, { recursive: true, force: true, maxRetries: 10 })
      ended.judge()
      if (doctor) expect(written, doctor.stderr).toBe(true)
    },
  }
}
