import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The store that a person may choose in place of a keychain: there they belong. */
const STORE = join('tokens', 'tokens.json')
/** Time between two looks at the processes, in milliseconds. */
const OFTEN = 100

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
      if (all.some(secret => bytes.includes(secret))) found.push(path)
    }
  }
  return found
}

/** What others can read of a program and of all that it starts: command lines and environments (Linux). */
export interface Watched {
  /** Each process once: its command line, a line feed, its environment. */
  seen(): readonly string[]
  /** Once more, before it is ended: it may have lived shortly. */
  look(): void
  stop(): void
}

/** Looks at a process and everything under it until it is told to stop. */
export function watchProcesses(pid: number): Watched {
  const seen = new Map<number, string>()
  const look = (each: number) => {
    // It may have been seen before it became what it is.
    const text = `${read(each, 'cmdline')}\n${read(each, 'environ')}`
    if (text.trim() !== '') seen.set(each, text)
    for (const child of childrenOf(each)) look(child)
  }
  look(pid)
  const timer = setInterval(() => look(pid), OFTEN).unref()
  return {
    seen: () => [...seen.values()],
    look: () => look(pid),
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
