import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Attachment } from '../runtime/types.ts'
import { readProgram } from '../spawn.ts'
import { isWithin } from './within.ts'

/** So many files are offered, and so much of the list of Git is read, in bytes. */
const MOST_FILES = 20_000
const LONGEST_LIST = 4 * 1024 * 1024
/** How long listing may take, in milliseconds. */
const PATIENCE = 2000
/** How deep folders are looked into where there is no Git. */
const DEEPEST = 8
const MOST_ATTACHMENTS = 20

/** Names that cannot be typed as they are. */
const UNTYPABLE = /[\p{Cc}\p{Cs}"]/u
const MENTION = /(?<=^|[\s([{,;:])@(?:"([^"\n]+)"|([^\s"@]+))/gu

export interface Files {
  /** Paths from the folder, `/` between names: in a Git repository what it does not ignore. Never rejects. */
  list(): Promise<readonly string[]>
  /** The files of that list that a text names behind `@`, as far as they lie in the folder; at once if it names none. Never rejects. */
  mentionedIn(text: string): Promise<Attachment[]> | undefined
}

/** The files of a folder. `env`: for Git, without keys and tokens. */
export function openFiles(folder: string, env: Readonly<Record<string, string>>): Files {
  async function list(): Promise<readonly string[]> {
    const paths = (await listByGit()) ?? (await walk())
    return paths.filter(path => path !== '' && !UNTYPABLE.test(path)).slice(0, MOST_FILES)
  }

  async function listByGit(): Promise<string[] | undefined> {
    // A repository may name a program in its configuration that Git would start to list files.
    const args = [
      '-C',
      folder,
      '-c',
      'core.fsmonitor=false',
      'ls-files',
      '-z',
      '-co',
      '--exclude-standard',
      '--deduplicate',
    ]
    const output = await readProgram(
      { program: 'git', args, env: { ...env, GIT_OPTIONAL_LOCKS: '0' } },
      { most: LONGEST_LIST, ms: PATIENCE },
    )
    return output?.split('\0').slice(0, -1)
  }

  /** Breadth first, so that what is near is there where there is too much; links are not followed. */
  async function walk(): Promise<string[]> {
    const files: string[] = []
    const folders = [{ path: '', depth: 0 }]
    const until = performance.now() + PATIENCE
    for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
      if (files.length >= MOST_FILES || performance.now() > until) break
      const { path, depth } = next
      const entries = await readdir(join(folder, path), { withFileTypes: true }).catch(() => [])
      for (const entry of entries) {
        const name = path === '' ? entry.name : `${path}/${entry.name}`
        if (entry.isFile()) files.push(name)
        else if (entry.isDirectory() && depth < DEEPEST && !isSkipped(entry.name))
          folders.push({ path: name, depth: depth + 1 })
      }
    }
    return files
  }

  async function attachment(path: string): Promise<Attachment[]> {
    try {
      const file = join(folder, path)
      if (!isWithin(file, folder, folder) || !(await stat(file)).isFile()) return []
      return [{ type: 'file', path: file, displayName: path }]
    } catch {
      return []
    }
  }

  async function attachmentsOf(names: readonly string[]): Promise<Attachment[]> {
    const known = new Set(await list())
    const paths = new Set(names.map(name => pathOf(name, known)).filter(path => path !== undefined))
    return (await Promise.all([...paths].slice(0, MOST_ATTACHMENTS).map(attachment))).flat()
  }

  return {
    list,
    mentionedIn(text) {
      const names = [...text.matchAll(MENTION)].map(([, quoted, bare]) => quoted ?? bare ?? '')
      return names.length === 0 ? undefined : attachmentsOf(names)
    },
  }
}

/** A sentence may go on behind a name with a comma or a full stop. */
function pathOf(name: string, known: ReadonlySet<string>): string | undefined {
  const path = name.replace(/^\.\//u, '')
  return [path, path.replace(/(?<![.,;:!?)\]}])[.,;:!?)\]}]+$/u, '')].find(each => known.has(each))
}

function isSkipped(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules'
}
