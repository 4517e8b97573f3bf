import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  chown,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openKeychain } from '../../src/auth/store/keychain.ts'
import { serviceName } from '../../src/auth/store/service.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { temporaryFolder } from '../support/folder.ts'
import { describeWithKeychain, keychainMissing } from '../support/keychain.ts'
import { some } from '../support/more.ts'
import { SOON } from '../support/patience.ts'
import { count, leave, panel, prompted, say, unwrapped } from '../support/person.ts'
import { descendants } from '../support/processes.ts'
import { inSpace, spaceMissing } from '../support/space.ts'
import { CHILD } from '../support/store-process.ts'

const FILE = ['--token-store', 'file']
const MEMORY = 'sign-ins last until you leave'

async function stageOf(options: Parameters<typeof openStage>[0] = {}): Promise<Stage> {
  const stage = await openStage(options)
  onTestFinished(() => stage.close())
  return stage
}

interface Run {
  env?: Record<string, string | undefined>
  within?: readonly string[]
  args?: readonly string[]
}

/** One prompt, with a browser that signs in where somebody has to. */
function ask(stage: Stage, { env, within, args = ['--sign-in', 'browser'] }: Run = {}) {
  const notes = ['--mcp', `notes=${stage.world.mcp.url}`]
  return stage.run(['chat', '-p', 'who am i?', '--allow-all-tools', ...notes, ...args], {
    env: { BROWSER: stage.browser(), ...env },
    within,
  })
}

const signIns = (stage: Stage) => stage.world.authorizationServer.count('token', 'authorization_code')
const linesWith = (text: string, part: string) => text.split('\n').filter(line => line.includes(part))

/** Works from memory, and says why and what helps in one line. */
function expectMemory({ code, stdout, stderr }: Awaited<ReturnType<typeof ask>>, why: RegExp) {
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('You are signed in as Ada') })
  expect(linesWith(stderr, MEMORY)).toEqual([expect.stringMatching(why)])
  expect(stderr).toContain('kept in memory, until you leave')
  expect(stderr).not.toMatch(/^\s+at |Error:/m)
}

/** The entry of the sign-in, as another program reads and writes it. */
function entryOf(stage: Stage) {
  const { keychain, place, world } = stage
  if (keychain === undefined) throw new Error('there is no keychain')
  const service = serviceName(place.state, false)
  const vault = openKeychain({ service, execPath: process.execPath, childPath: CHILD, env: keychain.env })
  onTestFinished(() => vault.close())
  const account = `${world.mcp.url} ${world.authorizationServer.issuer}`
  return { get: () => vault.get(account), set: (text: string) => vault.set(account, text) }
}

describe('K-02 no Secret Service', () => {
  test('no D-Bus; a bus address that leads nowhere, or is none', async () => {
    const stage = await stageOf({ keychain: false })
    for (const address of [undefined, 'unix:path=/not/there', 'nonsense', 'unix:path=/dev/null'])
      expectMemory(
        await ask(stage, { env: { DBUS_SESSION_BUS_ADDRESS: address } }),
        /no system keychain was found/,
      )
    expect(signIns(stage)).toBe(4)
  })

  const noBus = keychainMissing()
  if (noBus !== undefined) process.stderr.write(`a D-Bus without a Secret Service: ${noBus}\n`)
  test.skipIf(noBus !== undefined)('a D-Bus without one', async () => {
    const stage = await stageOf({ keychain: false })
    const folder = await temporaryFolder()
    const address = `unix:path=${join(folder, 'bus')}`
    const config = join(folder, 'bus.conf')
    // No service is activated: this bus knows none.
    await writeFile(
      config,
      `<busconfig><type>session</type><listen>${address}</listen>
       <policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
    )
    const bus = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void bus.kill('SIGKILL'))
    await once(bus.stdout, 'data')
    expectMemory(
      await ask(stage, { env: { DBUS_SESSION_BUS_ADDRESS: address } }),
      /no system keychain was found/,
    )
  })

  test('a D-Bus socket that takes everybody and never says a word', async () => {
    const stage = await stageOf({ keychain: false })
    const path = join(await temporaryFolder(), 'bus')
    const server = createServer(socket => socket.on('error', () => {}).resume()).listen(path)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const began = performance.now()
    const ran = await ask(stage, { env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` } })
    expectMemory(ran, /does not answer \(it may be locked: unlock it and try again\)/)
    // 3 s for the first call; no other waits for it again.
    expect(performance.now() - began).toBeLessThan(25_000)
  })
})

const noSpace = spaceMissing()
if (noSpace !== undefined) process.stderr.write(`K-07: not run, no namespaces here: ${noSpace}\n`)

describe.skipIf(noSpace !== undefined)('K-07 the native module', () => {
  const keytar = new URL('../../node_modules/keytar', import.meta.url).pathname

  test.each<[string, (folder: string) => Promise<void>, RegExp]>([
    ['is not installed', async () => {}, /the package keytar, .* is not installed/],
    [
      'was built for another Node',
      async folder => {
        await writeFile(join(folder, 'package.json'), '{"name":"keytar","main":"index.js"}')
        await writeFile(join(folder, 'index.js'), "module.exports = require('./keytar.node')")
        await writeFile(join(folder, 'keytar.node'), 'ELF of another machine')
      },
      /no system keychain was found|the system keychain cannot be used/,
    ],
    [
      'ends its process as it is loaded',
      async folder => {
        await writeFile(join(folder, 'package.json'), '{"name":"keytar","main":"index.js"}')
        await writeFile(join(folder, 'index.js'), "process.kill(process.pid, 'SIGSEGV')")
      },
      /the system keychain stopped working/,
    ],
  ])('%s: one line, and memory', async (_, make, why) => {
    const stage = await stageOf()
    const folder = join(await temporaryFolder(), 'keytar')
    await mkdir(folder)
    await make(folder)
    expectMemory(await ask(stage, { within: inSpace(`mount --bind '${folder}' '${keytar}'`) }), why)
  })
})

describeWithKeychain('with a real keychain', () => {
  test('K-01 locked: one-shot, status and doctor say so; what is kept is there when it is unlocked', async () => {
    const stage = await stageOf()
    expect(await ask(stage)).toMatchObject({ code: 0 })
    await stage.keychain?.lock()
    expectMemory(await ask(stage), /^the system keychain is locked/)
    const never = await ask(stage, { args: ['--sign-in', 'stored'] })
    expect(never).toMatchObject({ code: 4, stdout: '' })
    expect(never.stderr).toContain('is locked')
    const status = await stage.run(['auth', 'status', stage.world.mcp.url])
    expect(status.stdout + status.stderr).toMatch(/locked/)
    const doctor = await stage.run(['doctor'])
    expect(doctor.stdout).toMatch(/keychain: the system keychain is locked/)
    await stage.keychain?.unlock()
    expect(await ask(stage, { args: ['--sign-in', 'stored'] })).toMatchObject({ code: 0, stderr: '' })
    expect(signIns(stage)).toBe(2)
  })

  test.each(
    some(
      [
        ['garbage', () => '\u001b[2J not JSON \u0000'],
        ['empty', () => ' '],
        ['half of it', (text: string) => text.slice(0, text.length / 2)],
        ['JSON of something else', () => '{"v":1,"grant":[1,2,3]}'],
      ],
      2,
    ),
  )(
    'K-04 the entry is %s: absent, said without its content, and the next sign-in repairs it',
    async (_, damage) => {
      const stage = await stageOf()
      expect(await ask(stage)).toMatchObject({ code: 0 })
      const entry = entryOf(stage)
      const before = await entry.get()
      const damaged = damage(before ?? '')
      await entry.set(damaged)
      const stored = await ask(stage, { args: ['--sign-in', 'stored'] })
      expect(stored.code).toBe(4)
      expect(linesWith(stored.stderr, 'cannot be read: a new one will replace it')).toHaveLength(1)
      // What can be read of it was left.
      expect(await entry.get()).toBe(damaged.replaceAll('\0', '').trim() === '' ? damaged : await entry.get())
      expect(await ask(stage)).toMatchObject({ code: 0 })
      expect(await ask(stage, { args: ['--sign-in', 'stored'] })).toMatchObject({ code: 0, stderr: '' })
    },
  )

  test('K-05 read-only: the token is used for the session, one line, the old entry stays', async () => {
    const stage = await stageOf()
    expect(await ask(stage)).toMatchObject({ code: 0 })
    // Its own disk takes nothing more.
    const keyrings = join(stage.keychain?.env.HOME ?? '', '.local', 'share', 'keyrings')
    await rename(keyrings, `${keyrings}.away`)
    const kept = () => readFile(join(`${keyrings}.away`, 'login.keyring'))
    const before = await kept()
    await writeFile(keyrings, '')
    const other = await ask(stage, {
      args: ['--mcp', `other=${stage.world.mcp.url}?other`, '--sign-in', 'browser'],
    })
    expect(other.code).toBe(0)
    expect(linesWith(other.stderr, MEMORY)).toEqual([
      expect.stringMatching(/the system keychain refuses to save/),
    ])
    expect(await kept()).toEqual(before)
  })

  test('K-06 an entry of a newer version is left as it is, and one line says so', async () => {
    const stage = await stageOf()
    expect(await ask(stage)).toMatchObject({ code: 0 })
    const entry = entryOf(stage)
    const newer = JSON.stringify({ v: 99, what: 'nobody knows yet' })
    await entry.set(newer)
    const again = await ask(stage)
    expect(again.code).toBe(0)
    expect(
      linesWith(again.stderr, 'was made by a newer version of copilot-host: it is left as it is'),
    ).toHaveLength(1)
    expect(again.stderr).toContain('kept in memory')
    expect(await entry.get()).toBe(newer)
  })

  async function inPanel(stage: Stage) {
    const chat = stage.open(['chat', '--mcp', `notes=${stage.world.mcp.url}`], {
      env: { BROWSER: stage.browser() },
    })
    await panel(chat, 'Sign in to notes')
    return chat
  }

  test('its child is killed while a chat runs: signed in from memory, and the chat ends at once', async () => {
    const stage = await stageOf()
    const chat = await inPanel(stage)
    const child = descendants(chat.pid).find(({ command }) => command.includes('keychain-child'))
    process.kill(child?.pid ?? 0, 'SIGKILL')
    await chat.keys('b')
    await chat.until(() => chat.screen().includes('signed in to notes'))
    await prompted(chat)
    expect(count(unwrapped(chat), MEMORY)).toBe(1)
    expect(unwrapped(chat)).toContain('the system keychain stopped working')
    const began = performance.now()
    await leave(chat)
    expect(performance.now() - began).toBeLessThan(SOON)
  })

  test('the keychain itself dies in the middle of a write: the token is used, nothing hangs', async () => {
    const stage = await stageOf()
    const chat = await inPanel(stage)
    // It takes the write, and is gone before it has answered.
    stage.keychain?.stopDaemon()
    await chat.keys('b')
    await chat.until(() => signIns(stage) === 1)
    stage.keychain?.killDaemon()
    await chat.until(() => chat.screen().includes('signed in to notes'))
    await prompted(chat)
    expect(count(unwrapped(chat), MEMORY)).toBe(1)
    await say(chat, 'SAY fine')
    await chat.until(() => chat.lines().includes('fine'))
    await prompted(chat)
    await leave(chat)
  })

  test('it needs 10 s for each call: given up after 3, said once, and nothing waits twice', async () => {
    const stage = await stageOf()
    const { keychain } = stage
    keychain?.stopDaemon()
    const slow = setInterval(() => {
      keychain?.continueDaemon()
      setTimeout(() => keychain?.stopDaemon(), 20)
    }, 10_000)
    onTestFinished(() => clearInterval(slow))
    const began = performance.now()
    expectMemory(await ask(stage), /does not answer/)
    expect(performance.now() - began).toBeLessThan(25_000)
    keychain?.continueDaemon()
  })
})

describe('K-08 the file that was asked for is', () => {
  interface At {
    state: string
    tokens: string
    file: string
  }
  const CASES: [string, RegExp, (at: At) => Promise<unknown>][] = [
    [
      'a symbolic link',
      /tokens\.json is a symbolic link/,
      async ({ state, file }) => {
        const real = join(state, 'real', 'tokens')
        await mkdir(real, { recursive: true })
        await rename(file, join(real, 'tokens.json'))
        await symlink(join(real, 'tokens.json'), file)
      },
    ],
    [
      'open to others',
      /tokens\.json is open to other users \(chmod 600 makes it private\)/,
      ({ file }) => chmod(file, 0o644),
    ],
    [
      'in a folder that is open to others',
      /tokens is open to other users \(chmod 700/,
      ({ tokens }) => chmod(tokens, 0o755),
    ],
    [
      'below a folder that all may write',
      /can be changed by other users \(chmod go-w/,
      ({ state }) => chmod(state, 0o777),
    ],
    [
      'a folder',
      /tokens\.json is not a plain file/,
      ({ file }) => rm(file).then(() => mkdir(file, { mode: 0o700 })),
    ],
    ['100 MB', /tokens\.json is too large/, ({ file }) => truncate(file, 100_000_000)],
    [
      'garbage',
      /tokens\.json cannot be understood: the next sign-in replaces it/,
      ({ file }) => writeFile(file, '\u001b[2J{'),
    ],
    [
      'cut in half',
      /tokens\.json cannot be understood/,
      async ({ file }) => truncate(file, Math.floor((await stat(file)).size / 2)),
    ],
    [
      'of a newer version',
      /tokens\.json was made by a newer version/,
      ({ file }) => writeFile(file, '{"v":2,"entries":[]}'),
    ],
    // Only root can give a file away.
    ...(process.getuid?.() === 0
      ? [
          [
            'of another user',
            /tokens\.json belongs to another user/,
            ({ file }: At) => chown(file, 65534, 65534),
          ] as [string, RegExp, (at: At) => Promise<unknown>],
        ]
      : []),
  ]
  test.each(some(CASES, 2))(
    '%s: one line says which; it is neither read nor written',
    async (what, why, spoil) => {
      const stage = await stageOf({ keychain: false })
      expect(await ask(stage, { args: ['--sign-in', 'browser', ...FILE] })).toMatchObject({ code: 0 })
      const { state } = stage.place
      const at = { state, tokens: join(state, 'tokens'), file: join(state, 'tokens', 'tokens.json') }
      await spoil(at)
      const content = () =>
        readFile(at.file).then(
          bytes => bytes.toString('base64').slice(0, 5000),
          error => error.code,
        )
      const before = await content()
      const stored = await ask(stage, { args: ['--sign-in', 'stored', ...FILE] })
      expect(stored).toMatchObject({ code: 4, stdout: '' })
      expect(linesWith(stored.stderr, state).length).toBe(1)
      expect(stored.stderr).toMatch(why)
      expect(await content()).toBe(before)
      const again = await ask(stage, { args: ['--sign-in', 'browser', ...FILE] })
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('You are signed in as Ada') })
      const repaired = ['garbage', 'cut in half'].includes(what)
      expect(again.stderr).toContain(repaired ? 'kept in a file of your own' : 'kept in memory')
      if (!repaired) expect(await content()).toBe(before)
    },
  )
})
