import { lstat, open } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Clean, clean } from '../text.ts'

/** So much of a file of Git is read, in bytes: what is looked for is its first line. */
const MOST = 4096
/** How many folders up a repository is looked for. */
const HIGHEST = 40

/**
 * The branch of the Git repository that a folder is in, or the beginning of the commit where no branch is checked out. Reads files
 * only; undefined where there is no repository, or one that is not laid out as Git does it. Never rejects.
 */
export async function branchOf(folder: string): Promise<Clean | undefined> {
  let at = folder
  for (let up = 0; up < HIGHEST; up += 1) {
    const git = join(at, '.git')
    const head = await firstLine(join(git, 'HEAD'))
    if (head !== undefined) return nameOf(head)
    // A worktree and a submodule have a file that says where.
    const link = /^gitdir: (.+)$/.exec((await firstLine(git)) ?? '')?.[1]
    if (link !== undefined) return nameOf((await firstLine(join(resolve(at, link), 'HEAD'))) ?? '')
    const parent = dirname(at)
    if (parent === at) return undefined
    at = parent
  }
  return undefined
}

function nameOf(head: string): Clean | undefined {
  const branch = /^ref: refs\/heads\/(.+)$/.exec(head)?.[1]
  const name = clean(branch ?? /^[0-9a-f]{7}/.exec(head)?.[0] ?? '', 60)
  return name === '' ? undefined : name
}

/** Of a plain file; a pipe of that name would be waited for for ever. */
async function firstLine(path: string): Promise<string | undefined> {
  try {
    if (!(await lstat(path)).isFile()) return undefined
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MOST) })
    return buffer.toString('utf8', 0, bytesRead).split(/\r?\n/u, 1)[0]
  } catch {
    return undefined
  }
}
