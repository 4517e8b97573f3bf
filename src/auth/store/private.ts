import { type Stats, statSync } from 'node:fs'
import { platform, userInfo } from 'node:os'
import { HostError } from '../../errors.ts'
import { clean } from '../../text.ts'

/** Judges our own folder: a real folder of this user that nobody else can enter. Throws `store-unavailable`. */
export function judgeFolder(path: string, found: Stats): void {
  const name = `the folder ${clean(path, 200)}`
  if (found.isSymbolicLink()) refuse(`${name} is a symbolic link`)
  if (!found.isDirectory()) refuse(`${name} is not a folder`)
  judgeOwner(name, found)
  if (isOpen(found, 0o077)) refuse(`${name} is open to other users (chmod 700 makes it private)`)
}

/** Judges the folder above it, which others may read but not change. Throws `store-unavailable`. */
export function judgeParent(path: string, found: Stats): void {
  const name = `the folder ${clean(path, 200)}`
  judgeOwner(name, found)
  if (isOpen(found, 0o022)) refuse(`${name} can be changed by other users (chmod go-w protects it)`)
}

/** Judges a folder that is only passed through: where others may write too, they must not rename what is ours. Throws as above. */
export function judgeThoroughfare(path: string, found: Stats): void {
  if (isOpen(found, 0o022) && (found.mode & 0o1000) === 0)
    refuse(`the folder ${clean(path, 200)} can be changed by other users`)
}

/** Judges a socket that only we may have opened. Throws `store-unavailable`. */
export function judgeSocket(path: string, found: Stats): void {
  const name = `the socket ${clean(path, 200)}`
  if (!found.isSocket()) refuse(`${name} is not a socket`)
  judgeOwner(name, found)
  if (isOpen(found, 0o077)) refuse(`${name} is open to other users`)
}

/** Judges a file that holds secrets: a plain file of this user that nobody else can read. Throws `store-unavailable`. */
export function judgeFile(path: string, found: Stats): void {
  const name = `the file ${clean(path, 200)}`
  if (!found.isFile()) refuse(`${name} is not a plain file`)
  judgeOwner(name, found)
  if (isOpen(found, 0o077)) refuse(`${name} is open to other users (chmod 600 makes it private)`)
}

function judgeOwner(name: string, found: Stats): void {
  const own = ownUid()
  if (own !== undefined && found.uid !== own) refuse(`${name} belongs to another user`)
}

/** Windows keeps no modes: what is below the person's profile is private there by its access list. */
function isOpen(found: Stats, mask: number): boolean {
  return platform() !== 'win32' && (found.mode & mask) !== 0
}

/** Who we are, except on Windows; also in a container whose user has no passwd entry. */
export function ownUid(): number | undefined {
  if (platform() === 'win32') return undefined
  try {
    return userInfo().uid
  } catch {
    return statSync('/proc/self').uid
  }
}

function refuse(detail: string): never {
  throw new HostError('store-unavailable', detail)
}
