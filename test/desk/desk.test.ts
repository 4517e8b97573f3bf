import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync } from 'node:fs'
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { callDesk } from '../../src/desk/connect.ts'
import type { Descriptor } from '../../src/desk/descriptor.ts'
import { findWaiting } from '../../src/desk/find.ts'
import { clean } from '../../src/text.ts'
import { temporaryFolder } from '../support/folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { address, signInView } from '../ui/panels/view.ts'
import { never, openDesk } from './open-desk.ts'

/** A connection as a stranger makes it, with all that was answered to it. */
async function connect({
  socket: path,
}: Descriptor): Promise<Socket & { said: () => string; over: Promise<unknown> }> {
  const socket = createConnection(path)
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  socket.on('error', () => {})
  const over = new Promise(resolve => socket.once('close', resolve))
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return Object.assign(socket, { said: () => Buffer.concat(chunks).toString(), over })
}

const line = (value: unknown) => `${JSON.stringify(value)}\n`
const helloOf = ({ nonce }: Descriptor) => line({ type: 'hello', nonce })

describe('who comes in', () => {
  test.each<[string, (descriptor: Descriptor) => string | Buffer]>([
    ['no nonce', () => line({ type: 'list' })],
    ['a wrong nonce', () => line({ type: 'hello', nonce: 'x'.repeat(43) })],
    ['a part of the nonce', ({ nonce }) => line({ type: 'hello', nonce: nonce.slice(0, 42) })],
    ['an empty nonce', () => line({ type: 'hello', nonce: '' })],
    ['the nonce as it is', ({ nonce }) => `${nonce}\n`],
    ['garbage', () => '\u0000\u0001garbage\n'],
    ['what is no UTF-8', () => Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a])],
    ['a web page', () => 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a line of 10 MB', () => 'x'.repeat(10 * 1024 * 1024)],
    ['a second hello', descriptor => helloOf(descriptor).repeat(2)],
    ['garbage behind the nonce', descriptor => `${helloOf(descriptor)}{"type":"exec"}\n`],
    ['a long line behind the nonce', descriptor => `${helloOf(descriptor)}${'x'.repeat(70_000)}`],
  ])('%s: cut off without a word', async (_what, bytes) => {
    const { descriptor, dialog, place } = await openDesk()
    const socket = await connect(descriptor)
    socket.write(bytes(descriptor))
    await socket.over
    expect(socket.said()).toBe('')
    const { waiting } = await findWaiting(place, never)
    expect(waiting.map(({ id }) => id)).toEqual([dialog.id])
  })

  test('a line that takes too long, from its first byte, and a first line that never comes', async () => {
    const { descriptor } = await openDesk({ ms: 600 })
    const mute = await connect(descriptor)
    const slow = await connect(descriptor)
    const [hello] = helloOf(descriptor).split('\n')
    slow.write(hello?.slice(0, 20) ?? '')
    await Promise.all([mute.over, slow.over])
    expect(slow.said()).toBe('')
    // Between two lines there is all the time of the world.
    const quiet = await connect(descriptor)
    quiet.write(helloOf(descriptor))
    quiet.write(line({ type: 'list' }))
    await waitFor(() => expect(quiet.said()).toContain('listed'))
    const after = await connect(descriptor)
    await after.over
    quiet.write(line({ type: 'list' }))
    await waitFor(() => expect(quiet.said().split('listed')).toHaveLength(3))
    quiet.write('{"type"')
    await quiet.over
  })

  test('many at a time: those above the number are cut off, and later there is room again', async () => {
    const { descriptor, dialog, place } = await openDesk()
    const crowd = await Promise.all(Array.from({ length: 40 }, () => connect(descriptor)))
    await waitFor(() => expect(crowd.filter(socket => socket.closed)).toHaveLength(24))
    for (const socket of crowd) socket.destroy()
    await waitFor(async () => {
      const { waiting } = await findWaiting(place, never)
      expect(waiting[0]?.id).toBe(dialog.id)
    })
  })

  test('what nobody was asked for is no answer', async () => {
    const { descriptor, dialog } = await openDesk()
    for (const choice of [
      { kind: 'issuer', issuer: 'https://evil.example' },
      { kind: 'account', route: 'browser' },
      { kind: 'account' },
      { kind: 'client', id: 'not asked for' },
    ]) {
      const socket = await connect(descriptor)
      socket.write(
        helloOf(descriptor) + line({ type: 'attach', id: dialog.id }) + line({ type: 'choose', choice }),
      )
      await socket.over
    }
    const flood = await connect(descriptor)
    flood.write(helloOf(descriptor) + line({ type: 'attach', id: dialog.id }))
    flood.write(line({ type: 'choose', choice: { kind: 'later' } }).repeat(1000))
    await flood.over
    for (let at = 0; at < 16; at += 1) expect(await dialog.choice(never)).toEqual({ kind: 'later' })
    await expect(dialog.choice(AbortSignal.timeout(20))).rejects.toThrow()
  })
})

test('choices come in, views and steps go out, the end comes with whose choice it was', async () => {
  const { descriptor, place, dialog } = await openDesk()
  const [one, other] = await Promise.all([1, 2].map(() => callDesk(descriptor, place, never)))
  if (!one || !other) throw new Error('no connection')
  for (const call of [one, other]) {
    call.send({ type: 'attach', id: dialog.id })
    expect(await call.next(never)).toMatchObject({ type: 'view', view: { server: 'billing' } })
  }
  one.send({ type: 'choose', choice: { kind: 'route', route: 'paste' } })
  expect(await dialog.choice(never)).toEqual({ kind: 'route', route: 'paste' })
  const step = { kind: 'paste', url: address('https://login.example.com/a') } as const
  dialog.show(step)
  dialog.update(signInView({ server: clean('other') }))
  dialog.close({ kind: 'later' })
  for (const call of [one, other]) {
    expect(await call.next(never)).toEqual({ type: 'step', step })
    expect(await call.next(never)).toMatchObject({ type: 'view', view: { server: 'other' } })
    expect(await call.next(never)).toEqual({ type: 'end', result: { kind: 'later' }, yours: call === one })
    await expect(call.next(never)).rejects.toThrow('is gone')
  }
})

test('an id under which nothing waits', async () => {
  const { descriptor, place } = await openDesk()
  const call = await callDesk(descriptor, place, never)
  call.send({ type: 'attach', id: 'ZZZZZZ' })
  expect(await call.next(never)).toEqual({ type: 'gone' })
  call.close()
})

test('private, open only while something waits, and nothing is left behind', async () => {
  const { descriptor, place, desk, dialog } = await openDesk()
  const mode = (path: string) => lstatSync(path).mode & 0o777
  expect(
    [descriptor.socket, dirname(descriptor.socket), descriptor.file, join(place.state, 'pending')].map(mode),
  ).toEqual([0o600, 0o700, 0o600, 0o700])
  const second = desk.signIn(signInView({ id: '2' }))
  await second.opened
  dialog.close({ kind: 'cancelled' })
  const { waiting } = await findWaiting(place, never)
  expect(waiting.map(({ id }) => id)).toEqual([second.id])
  second.close({ kind: 'cancelled' })
  await waitFor(() => expect(existsSync(descriptor.file)).toBe(false))
  expect(await readdir(dirname(descriptor.socket))).toEqual([])
  const third = desk.signIn(signInView({ id: '3' }))
  await third.opened
  expect((await findWaiting(place, never)).waiting).toMatchObject([
    { id: third.id, program: { pid: process.pid } },
  ])
  third.close({ kind: 'cancelled' })
})

test('a descriptor that cannot be taken away ends nothing', async () => {
  const { descriptor, dialog } = await openDesk()
  // As in a folder that has become read-only, for root too.
  await rm(descriptor.file)
  await mkdir(descriptor.file)
  const failed = vi.fn()
  process.on('unhandledRejection', failed)
  onTestFinished(() => void process.off('unhandledRejection', failed))
  dialog.close({ kind: 'cancelled' })
  await waitFor(() => expect(existsSync(descriptor.socket)).toBe(false))
  // A rejection is told before the next turn of the event loop.
  await new Promise(setImmediate)
  expect(failed).not.toHaveBeenCalled()
  await rmdir(descriptor.file)
})

test('it does not keep the process alive', async () => {
  const state = await temporaryFolder()
  const module = fileURLToPath(new URL('../../src/desk/desk.ts', import.meta.url))
  const program = `
    import { createDesk } from ${JSON.stringify(module)}
    const place = { state: ${JSON.stringify(state)}, env: {}, platform: process.platform, machine: 'here' }
    const desk = createDesk({ place, program: { kind: 'chat', folder: '~', pid: process.pid }, now: Date.now })
    const view = { id: '1', server: 's', others: [], routes: [] }
    await desk.signIn(view).opened
    console.log('open')`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 10_000,
  })
  expect(stdout).toBe('open\n')
})

test('an authorization address that names very many rights comes through as it is', async () => {
  const { descriptor, place, dialog } = await openDesk()
  const call = await callDesk(descriptor, place, never)
  call.send({ type: 'attach', id: dialog.id })
  await call.next(never)
  const url = new URL('https://login.example.com/authorize')
  const rights = Array.from({ length: 400 }, (_, nth) => `https://rights.example.com/auth/right.${nth}`)
  url.searchParams.set('scope', rights.join(' '))
  expect(url.href.length).toBeGreaterThan(16_000)
  const step = { kind: 'paste', url: address(url.href) } as const
  dialog.show(step)
  expect(await call.next(never)).toEqual({ type: 'step', step })
  call.close()
})
