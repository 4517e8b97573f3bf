import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The store that a person may choose in place of a keychain: there they belong. */
const STORE = join('tokens', 'tokens.json')
/** Time between two looks at the processes, in milliseconds. */
const OFTEN = 100

/** So many characters of a longer secret in a row give it away; what is cut off at the end of a line is no excuse. */
const PART = 40

/** True if one of these is in the text, or a part of one. */
export function holds(text: string, secrets: Iterable<string>): boolean {
  const all = [...secrets]
  if (all.some(secret => text.includes(secret))) return true
  const parts = all.flatMap(partsOf)
  // In pieces that overlap: one run of megabytes is more than a pattern takes.
  for (let at = 0; at < text.length; at += PIECE) {
    const runs =
      text
        .slice(at, at + PIECE + PART)
        .match(LONG_RUN)
        ?.join('\n') ?? ''
    if (runs !== '' && parts.some(part => runs.includes(part))) return true
  }
  return false
}

const PIECE = 100_000

const LONG_RUN = new RegExp(`[\\w.~+/=%-]{${PART},}`, 'g')

/** Parts of which any long piece of a secret holds one whole. The head of a JWT is the same in all of them, and no secret. */
function partsOf(secret: string): string[] {
  const from = /^eyJ[\w-]+\./.exec(secret)?.[0].length ?? 0
  const count = Math.max(0, Math.floor((secret.length - from - PART) / (PART / 2)) + 1)
  return Array.from({ length: count }, (_, at) => {
    const begin = from + (at * PART) / 2
    return secret.slice(begin, begin + PART)
  })
}

/** The files under these folders that hold one of the secrets. */
export async function filesThatTell(
  folders: readonly string[],
  secrets: Iterable<string>,
): Promise<readonly string[]> {
  const all = [...secrets]
  const found: string[] = []
  if (all.length === 0) return found
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
    const paths = entries
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .filter(path => !path.endsWith(STORE))
    for (const path of paths) {
      const bytes = await readFile(path).catch(() => Buffer.alloc(0))
      if (holds(bytes.toString('latin1'), all)) found.push(path)
    }
  }
  return found
}

/** What the program may have in memory at most, in MiB, see {@link Watched.peak}. */
export const MOST_MEMORY = 300

/** What others can read of a program and of all that it starts: command lines and environments (Linux). */
export interface Watched {
  /** Each process once: its command line, a line feed, its environment. */
  seen(): readonly string[]
  /** The most memory that the program itself has had, in MiB; 0 where the system does not tell it. */
  peak(): number
  /** Once more, before it is ended: it may have lived shortly. */
  look(): void
  stop(): void
}

/** Looks at a process and everything under it until it is told to stop. */
export function watchProcesses(pid: number): Watched {
  const seen = new Map<number, string>()
  let most = 0
  const look = (each: number) => {
    // It may have been seen before it became what it is.
    const text = `${read(each, 'cmdline')}\n${read(each, 'environ')}`
    if (text.trim() !== '') seen.set(each, text)
    for (const child of childrenOf(each)) look(child)
  }
  const lookAtAll = () => {
    // The first look may see what it was a copy of; afterwards it only grows.
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(read(pid, 'status')) ?? []
    if (kilobytes !== undefined) most = Number(kilobytes) / 1024
    look(pid)
  }
  lookAtAll()
  const timer = setInterval(lookAtAll, OFTEN).unref()
  return {
    seen: () => [...seen.values()],
    peak: () => most,
    look: lookAtAll,
    stop: () => clearInterval(timer),
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap(task =>
      read(pid, `task/${task}/children`).split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch {
    return ''
  }
}
