import { constants } from 'node:fs'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants

/** A file of ours to which lines are added, readable by this user only. */
export interface LineFile {
  /** All lines, oldest first; some may be empty or cut. Empty where there is no file, or none that can be read. */
  read(): Promise<string[]>
  /** Never rejects: what is kept here is no reason to fail. */
  add(line: string): Promise<void>
  /** Another text after each line that was added, by time and size: some file systems keep whole seconds only. */
  changed(): Promise<string | undefined>
}

/**
 * `<name>.jsonl` in this folder. Grown to `largest` bytes it becomes `<name>.old.jsonl`, and the one before that is gone. Several
 * processes may write: a line is added by one write at the end of the file, and readers skip what is not whole.
 */
export function openLineFile(folder: string, name: string, largest: number): LineFile {
  const file = join(folder, `${name}.jsonl`)
  const old = join(folder, `${name}.old.jsonl`)

  async function rotate(): Promise<void> {
    const { size } = await stat(file)
    if (size > largest) await rename(file, old)
  }

  /** At most the end of a file: no more than it may grow to. */
  async function linesOf(path: string): Promise<string[]> {
    try {
      await using handle = await openPlain(path, O_RDONLY)
      const { size } = await handle.stat()
      const length = Math.min(size, 2 * largest)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
      return buffer.toString('utf8', 0, bytesRead).split('\n')
    } catch {
      return []
    }
  }

  return {
    read: async () => [...(await linesOf(old)), ...(await linesOf(file))],
    async add(line) {
      try {
        await rotate().catch(() => {})
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await using handle = await openPlain(file, O_WRONLY | O_APPEND | O_CREAT)
        await handle.chmod(0o600).catch(() => {})
        // A line that another process was killed in, or had no room for, must not take this one with it.
        await handle.appendFile(`\n${line}\n`)
      } catch {}
    },
    changed: () =>
      stat(file).then(
        ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
        () => undefined,
      ),
  }
}

/** Neither through a link that somebody else laid, nor a pipe that would be waited for. Rejects for what is no plain file. */
async function openPlain(path: string, flags: number) {
  const handle = await open(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600)
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new Error('not a plain file')
}
