import { existsSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fetch } from '../auth/http.ts'
import type { Clock } from '../auth/types.ts'
import { HostError } from '../errors.ts'
import { proxiedFetch } from '../proxy.ts'

/** What the default ports take from the process that we are loaded into; nothing of it is changed. */
export interface Machine {
  env: Record<string, string>
  platform: NodeJS.Platform
  home: string
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
  /** One line from stdin. Rejects with the signal's reason, and as `cancelled` when there will be none. */
  read(signal: AbortSignal): Promise<string>
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
    env,
    platform,
    home: env.HOME ?? env.USERPROFILE ?? homeOf(),
    name: hostname(),
    execPath,
    container: CONTAINER_MARKS.some(file => existsSync(file)),
    attended: stdin.isTTY === true && stderr.isTTY === true,
    clock: {
      now: () => Date.now(),
      sleep: async (ms, signal) => {
        await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
      },
    },
    fetch: proxiedFetch(env, globalThis.fetch),
    write: line => void stderr.write(`${line}\n`),
    read: signal => readLine(stdin, signal),
  }
}

/** Leaves stdin paused, so that it does not keep the program alive. */
async function readLine(stdin: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: stdin })
  const over = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new HostError('cancelled', 'standard input has ended')))
  })
  try {
    return await Promise.race([lines.question('', { signal }), over])
  } finally {
    lines.close()
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
