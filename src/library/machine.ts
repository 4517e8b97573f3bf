import { existsSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import type { Fetch } from '../auth/http.ts'
import type { Clock } from '../auth/types.ts'
import { systemClock } from '../clock.ts'
import { proxiedFetch } from '../proxy.ts'

/** What the default ports take from the process that we are loaded into; nothing of it is changed. */
export interface Machine {
  stdin: NodeJS.ReadableStream
  env: Record<string, string>
  platform: NodeJS.Platform
  home: string
  /** Where the program works. */
  folder: string
  /** The name of this machine in its network. */
  name: string
  execPath: string
  container: boolean
  /** Somebody reads stderr and can type. */
  attended: boolean
  clock: Clock
  fetch: Fetch
  /** One line on stderr. */
  write(line: string): void
}

/** Files that container engines leave in every container. */
const CONTAINER_MARKS = ['/.dockerenv', '/run/.containerenv']

/** The machine as this process sees it at this moment. */
export function thisMachine(): Machine {
  const { stdin, stderr, platform, execPath } = process
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return {
    stdin,
    env,
    platform,
    home: env.HOME ?? env.USERPROFILE ?? homeOf(),
    folder: process.cwd(),
    name: hostname(),
    execPath,
    container: CONTAINER_MARKS.some(file => existsSync(file)),
    attended: stdin.isTTY === true && stderr.isTTY === true,
    clock: systemClock,
    fetch: proxiedFetch(env, globalThis.fetch),
    write: line => void stderr.write(`${line}\n`),
  }
}

/** Empty for a user that the system does not know, as in some containers. */
function homeOf(): string {
  try {
    return homedir()
  } catch {
    return ''
  }
}
