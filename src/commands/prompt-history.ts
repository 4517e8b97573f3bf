import * as v from 'valibot'
import { openLineFile } from '../auth/store/line-file.ts'

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

/** What was sent from the composer: `prompts.jsonl` in the state folder, readable by this user only, one JSON line each. */
export function openPromptHistory(folder: string): PromptHistory {
  const file = openLineFile(folder, 'prompts', LARGEST)
  return {
    async read() {
      const prompts = new Set<string>()
      for (const line of await file.read()) {
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
      await file.add(JSON.stringify({ text }))
    },
  }
}
