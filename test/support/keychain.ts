import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'

/** A D-Bus session and an unlocked gnome-keyring of their own, in a temporary home. */
export interface Keychain {
  /** What a program needs to find this keychain, and nothing of the machine's own session. */
  env: Record<string, string>
  lock(): Promise<void>
  unlock(): Promise<void>
  /** Entries can be read, new ones are refused: the default collection is gone. */
  refuseWrites(): Promise<void>
  /** The daemon hangs: it keeps its name on the bus and answers nothing. */
  stopDaemon(): void
  continueDaemon(): void
  /** The daemon is gone, whatever it was doing. */
  killDaemon(): void
  close(): Promise<void>
}

const PASSWORD = 'password of the test'
const SERVICE = 'org.freedesktop.secrets'
const PATH = '/org/freedesktop/secrets'
const NEEDED = {
  'dbus-daemon': ['/usr/bin/dbus-daemon', '/bin/dbus-daemon'],
  'dbus-bin': ['/usr/bin/dbus-send', '/bin/dbus-send'],
  'gnome-keyring': ['/usr/bin/gnome-keyring-daemon'],
  'libsecret-1-0': [
    '/usr/lib/*/libsecret-1.so.0',
    '/usr/lib64/libsecret-1.so.0',
    '/usr/lib/libsecret-1.so.0',
  ],
}

/** One line that says why tests with a real keychain cannot run here; undefined if they can. */
export function keychainMissing(): string | undefined {
  const missing = Object.entries(NEEDED)
    .filter(([, paths]) => globSync(paths).length === 0)
    .map(([name]) => name)
  return missing.length === 0 ? undefined : `not run: needs the Debian packages ${missing.join(', ')}`
}

/** `describe` for tests with a real keychain: where it is missing they are left out, with one visible line. */
export function describeWithKeychain(name: string, body: () => void) {
  const missing = keychainMissing()
  if (missing) process.stderr.write(`${name}: ${missing}\n`)
  describe.skipIf(missing !== undefined)(name, body)
}

/** With `diskBlocks`, its files cannot grow beyond so many blocks of 512 bytes: then its disk is full. */
export async function startKeychain(diskBlocks?: number): Promise<Keychain> {
  const folder = await mkdtemp(join(tmpdir(), 'keychain-'))
  const [home, run] = [join(folder, 'home'), join(folder, 'run')]
  await mkdir(home, { mode: 0o700 })
  await mkdir(run, { mode: 0o700 })
  const address = `unix:path=${join(run, 'bus')}`
  const env = {
    HOME: home,
    XDG_RUNTIME_DIR: run,
    DBUS_SESSION_BUS_ADDRESS: address,
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    LANG: 'C.UTF-8',
  }

  const bus = spawn(
    'dbus-daemon',
    ['--session', '--nofork', '--nopidfile', '--print-address', `--address=${address}`],
    {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const stopAtExit = () => {
    for (const child of [daemon, bus]) child?.kill('SIGKILL')
  }
  process.once('exit', stopAtExit)
  let daemon: ChildProcess | undefined
  await once(bus.stdout, 'data')

  async function send(destination: string, path: string, method: string, ...args: string[]): Promise<string> {
    const all = ['--session', '--print-reply', `--dest=${destination}`, path, method, ...args]
    return (await promisify(execFile)('dbus-send', all, { env })).stdout
  }

  async function start() {
    const limit = diskBlocks === undefined ? '' : `trap '' XFSZ; ulimit -f ${diskBlocks}; `
    const command = `${limit}exec gnome-keyring-daemon --foreground --unlock --components=secrets`
    const child = spawn('/bin/sh', ['-c', command], { env, stdio: ['pipe', 'ignore', 'ignore'] })
    daemon = child
    child.stdin.end(PASSWORD)
    // Asked of the bus itself: a call to the name would make the bus start a second, locked daemon.
    const bus = [
      'org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus.NameHasOwner',
    ] as const
    await eventually(() => send(...bus, `string:${SERVICE}`), 'boolean true')
    const alias = [SERVICE, PATH, 'org.freedesktop.Secret.Service.ReadAlias', 'string:default'] as const
    await eventually(() => send(...alias), 'collection')
  }

  await start()
  return {
    env,
    async lock() {
      await send(
        SERVICE,
        PATH,
        'org.freedesktop.Secret.Service.Lock',
        `array:objpath:${PATH}/collection/login`,
      )
    },
    unlock: () => unlock(join(run, 'keyring', 'control')),
    async refuseWrites() {
      await send(SERVICE, PATH, 'org.freedesktop.Secret.Service.SetAlias', 'string:default', 'objpath:/')
    },
    stopDaemon: () => daemon?.kill('SIGSTOP'),
    continueDaemon: () => daemon?.kill('SIGCONT'),
    killDaemon: () => daemon?.kill('SIGKILL'),
    async close() {
      process.off('exit', stopAtExit)
      await end(daemon)
      await end(bus)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function end(child: ChildProcess | undefined) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** Unlocks as the login of a desktop does: operation 1 of the daemon's control socket, integers in network order. */
async function unlock(control: string) {
  const password = Buffer.from(PASSWORD)
  const request = Buffer.alloc(13)
  request.writeUInt32BE(12 + password.length, 1)
  request.writeUInt32BE(1, 5)
  request.writeUInt32BE(password.length, 9)
  const socket = createConnection(control)
  try {
    socket.write(Buffer.concat([request, password]))
    const [reply] = await once(socket, 'data')
    expect(reply).toEqual(Buffer.from([0, 0, 0, 8, 0, 0, 0, 0]))
  } finally {
    socket.destroy()
  }
}

/** Asks every 20 ms until the answer holds this text; also used outside vitest, by scripts. */
async function eventually(ask: () => Promise<string>, answer: string): Promise<void> {
  const deadline = performance.now() + 10_000
  for (;;) {
    const said = await ask().catch(String)
    if (said.includes(answer)) return
    if (performance.now() > deadline) throw new Error(`waited 10 s for "${answer}": ${said}`)
    await pause(20)
  }
}
