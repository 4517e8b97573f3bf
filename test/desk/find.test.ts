import { existsSync } from 'node:fs'
import { chmod, lstat, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { judgeFolder, judgeSocket } from '../../src/auth/store/private.ts'
import { callDesk } from '../../src/desk/connect.ts'
import { createDesk } from '../../src/desk/desk.ts'
import { findWaiting } from '../../src/desk/find.ts'
import { type DeskPlace, inSocketFolder } from '../../src/desk/folder.ts'
import { idOf, newId } from '../../src/desk/id.ts'
import { clean } from '../../src/text.ts'
import { temporaryFolder } from '../support/folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { signInView } from '../ui/panels/view.ts'
import { deskPlace, never, openDesk } from './open-desk.ts'

/** Where a socket would be. */
const socketFolder = (place: DeskPlace) => inSocketFolder(place, async folder => folder)

const program = { kind: 'prompt', folder: clean('~'), pid: 1 } as const

/** Writes a descriptor as a process of this user would. */
async function describeAt(place: DeskPlace, content: unknown, mode = 0o600): Promise<string> {
  const folder = join(place.state, 'pending')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'x.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content), { mode })
  return file
}

/** A socket beside this one that nobody listens to any more, as after a SIGKILL. */
async function deadSocket(beside: string): Promise<string> {
  const left = join(dirname(beside), 'left.sock')
  const server = createServer().listen(left)
  await waitFor(() => expect(existsSync(left)).toBe(true))
  await chmod(left, 0o600)
  await rename(left, `${left}.kept`)
  await new Promise(resolve => server.close(resolve))
  await rename(`${left}.kept`, left)
  return left
}

/** A program that sits at a socket and says what the test says. */
async function impostor(place: DeskPlace, say: string): Promise<void> {
  const folder = await socketFolder(place)
  const socket = join(folder, 'impostor.sock')
  const server: Server = createServer(connection => {
    connection.on('error', () => {})
    connection.once('data', () => connection.write(say))
    onTestFinished(() => void connection.destroy())
  }).listen(socket)
  onTestFinished(() => void server.close())
  await waitFor(() => expect(existsSync(socket)).toBe(true))
  await chmod(socket, 0o600)
  await describeAt(place, { machine: 'here', pid: 4711, socket, nonce: 'n'.repeat(43) })
}

test('nothing waits where there was never anything', async () => {
  expect(await findWaiting(await deskPlace(), never)).toEqual({ waiting: [], lines: [] })
})

test('what a dead process has left is cleared: with its socket, and without', async () => {
  const { place, descriptor } = await openDesk()
  const left = await deadSocket(descriptor.socket)
  const file = await describeAt(place, { machine: 'here', pid: 1, socket: left, nonce: 'n'.repeat(43) })
  expect((await findWaiting(place, never)).waiting).toHaveLength(1)
  expect([existsSync(left), existsSync(file)]).toEqual([false, false])
  await describeAt(place, { machine: 'here', pid: 1, socket: left, nonce: 'n'.repeat(43) })
  expect(await findWaiting(place, never)).toMatchObject({ lines: [] })
  expect(existsSync(file)).toBe(false)
})

test.each([
  ['gone', (socket: string) => rm(socket)],
  ['gone with its folder', (socket: string) => rm(dirname(socket), { recursive: true })],
])('a program that waits on, whose socket is %s: a line, and it is not forgotten', async (_what, spoil) => {
  const { place } = await openDesk()
  const socket = join(await temporaryFolder(), 'sub', 'x.sock')
  await mkdir(dirname(socket), { mode: 0o700 })
  await writeFile(socket, '')
  await spoil(socket)
  const file = await describeAt(place, { machine: 'here', pid: process.pid, socket, nonce: 'n'.repeat(43) })
  const line = `process ${process.pid} is left out: its socket is gone, answer it where it waits`
  expect(await findWaiting(place, never)).toMatchObject({ waiting: [{}], lines: [line] })
  expect(existsSync(file)).toBe(true)
})

test('the runtime folder is cleared away at a logout: what waits is still found', async () => {
  const { place, dialog } = await openDesk()
  await rm(join(place.env.XDG_RUNTIME_DIR ?? '', 'copilot-host'), { recursive: true, force: true })
  const { waiting, lines } = await findWaiting(place, never)
  expect([waiting.map(({ id }) => id), lines]).toEqual([[dialog.id], []])
})

test('what another machine has in a shared state folder is left alone', async () => {
  const place = await deskPlace()
  const socket = join(place.state, 'not-here.sock')
  const file = await describeAt(place, { machine: 'there', pid: 1, socket, nonce: 'n'.repeat(43) })
  expect(await findWaiting(place, never)).toEqual({ waiting: [], lines: [] })
  expect(existsSync(file)).toBe(true)
})

test('and so is what nobody answers there; but what waits here is found under whatever name this machine has', async () => {
  const { place, descriptor } = await openDesk()
  expect((await findWaiting({ ...place, machine: 'renamed' }, never)).waiting).toHaveLength(1)
  const socket = await deadSocket(descriptor.socket)
  const file = await describeAt(place, { machine: 'there', pid: 1, socket, nonce: 'n'.repeat(43) })
  expect(await findWaiting(place, never)).toMatchObject({ waiting: [{}], lines: [] })
  expect([existsSync(socket), existsSync(file)]).toEqual([true, true])
})

test('nothing is removed that is no socket of ours', async () => {
  const place = await deskPlace()
  const folder = await temporaryFolder()
  const precious = join(folder, 'precious')
  await writeFile(precious, 'text', { mode: 0o600 })
  await describeAt(place, { machine: 'here', pid: 1, socket: precious, nonce: 'n'.repeat(43) })
  const { lines } = await findWaiting(place, never)
  expect(lines).toEqual([`process 1 is left out: the socket ${precious} is not a socket`])
  expect(existsSync(precious)).toBe(true)
})

test.each([
  ['garbage', '{'],
  ['no fields', {}],
  ['a short nonce', { machine: 'here', pid: 1, socket: '/tmp/x', nonce: '' }],
  ['a pid that is none', { machine: 'here', pid: '1; rm -rf', socket: '/tmp/x', nonce: 'n'.repeat(43) }],
  ['something endless', 'x'.repeat(10_000)],
])('a descriptor that is %s is left out', async (_what, content) => {
  const place = await deskPlace()
  await describeAt(place, content)
  expect(await findWaiting(place, never)).toEqual({ waiting: [], lines: [] })
})

test('a descriptor that others could have written or read, or that is a link, is left out', async () => {
  const { place, descriptor } = await openDesk()
  await chmod(descriptor.file, 0o644)
  expect((await findWaiting(place, never)).waiting).toEqual([])
  await chmod(descriptor.file, 0o600)
  const elsewhere = join(await temporaryFolder(), 'd.json')
  await rename(descriptor.file, elsewhere)
  await symlink(elsewhere, descriptor.file)
  expect((await findWaiting(place, never)).waiting).toEqual([])
})

test('the nonce is not sent through a folder or to a socket that others can change', async () => {
  const { place, descriptor } = await openDesk()
  await chmod(dirname(descriptor.socket), 0o777)
  await expect(callDesk(descriptor, place, never)).rejects.toThrow('open to other users')
  await chmod(dirname(descriptor.socket), 0o700)
  await chmod(descriptor.socket, 0o666)
  await expect(callDesk(descriptor, place, never)).rejects.toThrow('open to other users')
  await chmod(descriptor.socket, 0o600)
  const link = join(await temporaryFolder(), 'link')
  await symlink(dirname(descriptor.socket), link)
  const through = { ...descriptor, socket: descriptor.socket.replace(dirname(descriptor.socket), link) }
  await expect(callDesk(through, place, never)).rejects.toThrow('is a symbolic link')
  await expect(callDesk({ ...descriptor, socket: 'x.sock' }, place, never)).rejects.toThrow('absolute path')
})

test.each([
  ['silence', '', 'it does not answer'],
  ['garbage', 'hello\n', 'cannot be read'],
  ['an endless line', 'x'.repeat(100_000), 'is gone'],
  ['what is no UTF-8', '\ud800\n', 'cannot be read'],
])('a process that answers with %s costs a line, not the list', async (_what, say, line) => {
  const place = await deskPlace()
  await impostor(place, say)
  const { waiting, lines } = await findWaiting(place, never)
  expect(waiting).toEqual([])
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('process 4711 is left out')
  expect(lines[0]).toContain(line)
})

test.each<[string, (folder: string) => Promise<unknown>, string]>([
  ['a symbolic link', async folder => symlink(await temporaryFolder(), folder), 'is a symbolic link'],
  ['open to others', folder => mkdir(folder).then(() => chmod(folder, 0o777)), 'is open to other users'],
  ['a file', folder => writeFile(folder, ''), 'is not a folder'],
])(
  'a folder for descriptors that is %s: nothing is shared, and the reason is told',
  async (_what, spoil, reason) => {
    const place = await deskPlace()
    await mkdir(place.state, { mode: 0o700 })
    await spoil(join(place.state, 'pending'))
    const dialog = createDesk({ place, program, now: Date.now }).signIn(signInView())
    await expect(dialog.opened).rejects.toThrow(reason)
    dialog.close({ kind: 'cancelled' })
    await waitFor(async () => expect(await readdir(await socketFolder(place))).toEqual([]))
  },
)

test('a folder for sockets that cannot be trusted is passed over; too long a path, too', async () => {
  const runtime = await temporaryFolder()
  const state = await temporaryFolder()
  const place = { ...(await deskPlace()), state, env: { XDG_RUNTIME_DIR: runtime } }
  expect(await socketFolder(place)).toBe(join(state, 'pending'))
  await chmod(join(state, 'pending'), 0o777)
  expect(await socketFolder(place)).toBe(join(runtime, 'copilot-host'))
  await chmod(join(runtime, 'copilot-host'), 0o777)
  expect(await socketFolder(place)).not.toContain(runtime)
  await chmod(join(runtime, 'copilot-host'), 0o700)
  await chmod(runtime, 0o777)
  expect(await socketFolder(place)).not.toContain(runtime)
  const long = join(runtime, 'x'.repeat(100))
  await mkdir(long)
  expect(await socketFolder({ ...place, env: { XDG_RUNTIME_DIR: long } })).not.toContain(long)
  expect(await socketFolder({ ...place, env: { XDG_RUNTIME_DIR: 'relative' } })).toMatch(/^\//)
  await rm(long, { recursive: true })
})

test('a folder that takes no socket is passed over', async () => {
  const place = await deskPlace()
  const tried: string[] = []
  const used = await inSocketFolder(place, async folder => {
    tried.push(folder)
    if (tried.length === 1) throw new Error('ENOTSUP')
    return folder
  })
  expect(tried[0]).toBe(join(place.state, 'pending'))
  expect(used).toBe(join(place.env.XDG_RUNTIME_DIR ?? '', 'copilot-host'))
})

test('a socket or folder of another user is none of ours', async () => {
  const { descriptor } = await openDesk()
  const { socket } = descriptor
  const foreign = async (path: string) => Object.assign(await lstat(path), { uid: 4_000_000 })
  expect(judgeSocket.bind(null, socket, await foreign(socket))).toThrow('belongs to another user')
  const folder = dirname(socket)
  expect(judgeFolder.bind(null, folder, await foreign(folder))).toThrow('belongs to another user')
})

test('ids are short, and taken in any case', () => {
  const ids = new Set(Array.from({ length: 500 }, newId))
  expect(ids.size).toBe(500)
  for (const id of ids) {
    expect(id).toMatch(/^[2-9A-HJKMNP-TV-Z]{6}$/)
    expect(idOf(` ${id.toLowerCase()} `)).toBe(id)
  }
  for (const bad of ['', 'A2B3C', 'A2B3C4D', 'A0B3C4', 'ÄBCDEF', '../../']) expect(idOf(bad)).toBeUndefined()
})
