import { lstat, mkdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { judgeFolder, judgeThoroughfare, ownUid } from '../auth/store/private.ts'
import { codeOf, HostError } from '../errors.ts'
import { clean } from '../text.ts'

/** The part of the machine that a desk needs to know. */
export interface DeskPlace {
  /** The state folder of the program. */
  state: string
  env: Readonly<Record<string, string | undefined>>
  platform: NodeJS.Platform
  /** The name of this machine: a state folder may be shared by several, their sockets are not. */
  machine: string
  /** Whether there is such a process on this machine, of whomever. */
  isRunning: (pid: number) => boolean
}

/** The path of a Unix socket is at most 103 bytes on macOS and 107 on Linux; the name of ours takes 18 with its slash. */
const LONGEST_FOLDER = 103 - 18

/**
 * A folder of this user that nobody else can enter, made if need be. Throws HostError `failure` naming what is wrong with
 * it: a link, another owner, open to others, a folder above it in which others could exchange it.
 */
export async function privateFolder(path: string, options: { recursive: boolean }): Promise<string> {
  try {
    await mkdir(path, { mode: 0o700, ...options }).catch(error => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
    judgeFolder(path, await lstat(path))
    const above = dirname(path)
    judgeThoroughfare(above, await stat(above))
    return path
  } catch (thrown) {
    const detail =
      thrown instanceof HostError ? thrown.detail : `the folder ${clean(path, 200)} cannot be used`
    throw new HostError('failure', detail, { cause: thrown })
  }
}

/** Where the descriptors of the desks of this state folder lie. */
export function descriptorFolder({ state }: DeskPlace): string {
  return join(state, 'pending')
}

/**
 * What `use` gives in the first private folder with a short enough path where it succeeds: not every file system takes a
 * socket. Throws HostError `failure`, or what it threw in the last one.
 */
export async function inSocketFolder<T>(place: DeskPlace, use: (folder: string) => Promise<T>): Promise<T> {
  let fault: unknown = new HostError('failure', 'no folder has a path that is short enough for a socket')
  for (const path of candidates(place)) {
    try {
      return await use(await privateFolder(path, { recursive: path === descriptorFolder(place) }))
    } catch (thrown) {
      fault = thrown
    }
  }
  throw fault
}

function candidates(place: DeskPlace): string[] {
  const runtime = place.env.XDG_RUNTIME_DIR ?? ''
  const folders = [
    // The others are cleared away at a logout, or after some days: a program that waits on would not be found any more.
    descriptorFolder(place),
    ...(isAbsolute(runtime) ? [join(runtime, 'copilot-host')] : []),
    join(tmpdir(), `copilot-host-${ownUid() ?? ''}`),
  ]
  return folders.filter(path => Buffer.byteLength(path) <= LONGEST_FOLDER)
}
