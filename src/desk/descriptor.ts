import { constants } from 'node:fs'
import { lstat, open, readdir, rm } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import * as v from 'valibot'
import { parseJson } from '../auth/store/json.ts'
import { judgeFile, judgeFolder, judgeSocket } from '../auth/store/private.ts'
import { replaceFile } from '../auth/store/replace.ts'
import { codeOf, HostError } from '../errors.ts'
import { type DeskPlace, descriptorFolder, privateFolder } from './folder.ts'

const LONGEST = 4096
export const PIPES = '\\\\.\\pipe\\copilot-host-'

const schema = v.object({
  machine: v.pipe(v.string(), v.maxLength(255)),
  pid: v.pipe(v.number(), v.integer(), v.minValue(0)),
  socket: v.pipe(v.string(), v.maxLength(200)),
  nonce: v.pipe(v.string(), v.minLength(32), v.maxLength(100)),
})

/** What tells another process of this user where a desk is, and lets it in. */
export type Descriptor = v.InferOutput<typeof schema> & { file: string }

/** Writes a descriptor: readable by this user only, complete or not there at all. Throws HostError `failure`. */
export async function writeDescriptor(
  place: DeskPlace,
  name: string,
  content: Omit<Descriptor, 'file'>,
): Promise<string> {
  const folder = await privateFolder(descriptorFolder(place), { recursive: true })
  const file = join(folder, `${name}.json`)
  // Of no use to anybody when this process is gone.
  await replaceFile(file, JSON.stringify(content), { lasting: false })
  return file
}

/** The descriptors of all desks of this state folder; a file that is none, or that others could have written, is left out. */
export async function readDescriptors(place: DeskPlace): Promise<Descriptor[]> {
  const folder = descriptorFolder(place)
  const names = await readdir(folder).catch(error => {
    if (isGone(error)) return undefined
    throw new HostError('failure', 'the list of waiting sign-ins cannot be read', { cause: error })
  })
  if (names === undefined) return []
  await privateFolder(folder, { recursive: false })
  const found = await Promise.all(
    names.filter(name => name.endsWith('.json')).map(name => read(join(folder, name)).catch(() => undefined)),
  )
  return found.filter(descriptor => descriptor !== undefined)
}

async function read(file: string): Promise<Descriptor | undefined> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const found = await handle.stat()
  judgeFile(file, found)
  if (found.size > LONGEST) return undefined
  const judged = v.safeParse(schema, parseJson(await handle.readFile('utf8')))
  return judged.success ? { ...judged.output, file } : undefined
}

/**
 * Judges the way to a desk before the nonce is sent there: a socket of this user in a folder that only this user can enter.
 * Throws HostError `store-unavailable`, or what the file system says where there is none.
 */
export async function judgeWay({ socket }: Descriptor, { platform }: DeskPlace): Promise<void> {
  if (platform === 'win32') {
    if (!socket.startsWith(PIPES)) throw new HostError('store-unavailable', 'the pipe is not ours')
    return
  }
  if (!isAbsolute(socket)) throw new HostError('store-unavailable', 'the socket has no absolute path')
  judgeFolder(dirname(socket), await lstat(dirname(socket)))
  judgeSocket(socket, await lstat(socket))
}

/** Clears away what a process has left that is no more. Nothing is removed that is not a socket of our own. */
export async function forget(descriptor: Descriptor, place: DeskPlace): Promise<void> {
  if (place.platform !== 'win32') {
    await judgeWay(descriptor, place)
      .then(() => rm(descriptor.socket, { force: true }))
      .catch(() => {})
  }
  await rm(descriptor.file, { force: true }).catch(() => {})
}

/** True where a path leads to nothing. */
export function isGone(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'
}

/** True where nobody listens any more. */
export function isRefused(error: unknown): boolean {
  return codeOf(error) === 'ECONNREFUSED'
}
