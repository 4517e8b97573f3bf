import { constants } from 'node:fs'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants

/** A file that has grown to this many bytes becomes the old one, and the one before that is gone. */
const LARGEST = 1024 * 1024
/** Longer prompts, in characters, are not kept for another run. */
const LONGEST = 64 * 1024
/** So many prompts are given back. */
const MOST = 1000

const Entry = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ text: v.pipe(v.string(), v.minLength(1), v.maxLength(LONGEST)) }),
)

export interface PromptHistory {
  /** Prompts of earlier runs, newest last, each once. */
  read(): Promise<string[]>
  /** Keeps a prompt, unless it begins with a space. Never rejects: a prompt is sent all the same. */
  add(text: string): Promise<void>
}

/**
 * What was sent from the composer: `prompts.jsonl` in the state folder, readable by this user only, one JSON line each.
 * Several processes may write: a line is added by one write at the end of the file, and readers skip what is not whole.
 */
export function openPromptHistory(folder: string): PromptHistory {
  const file = join(folder, 'prompts.jsonl')
  const old = join(folder, 'prompts.old.jsonl')

  async function rotate(): Promise<void> {
    const { size } = await stat(file)
    if (size > LARGEST) await rename(file, old)
  }

  return {
    async read() {
      const prompts = new Set<string>()
      for (const line of [...(await linesOf(old)), ...(await linesOf(file))]) {
        const judged = v.safeParse(Entry, line)
        if (!judged.success) continue
        // The newest place counts.
        prompts.delete(judged.output.text)
        prompts.add(judged.output.text)
      }
      return [...prompts].slice(-MOST)
    },
    async add(text) {
      if (text.startsWith(' ') || text.length > LONGEST) return
      try {
        await rotate().catch(() => {})
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await using handle = await open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
        await handle.chmod(0o600)
        // A line that another process was killed in must not take this one with it.
        await handle.write(`\n${JSON.stringify({ text })}\n`)
      } catch {}
    },
  }
}

/** At most the end of a file: no more than {@link openPromptHistory} lets it grow to. */
async function linesOf(path: string): Promise<string[]> {
  try {
    await using handle = await open(path, O_RDONLY | O_NOFOLLOW)
    const { size } = await handle.stat()
    const length = Math.min(size, 2 * LARGEST)
    const { buffer } = await handle.read({ buffer: Buffer.alloc(length), position: size - length })
    return buffer.toString('utf8').split('\n')
  } catch {
    return []
  }
}
