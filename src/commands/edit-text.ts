import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '../host.ts'
import { runInTerminal } from '../spawn.ts'
import { clean } from '../text.ts'
import type { Edited } from '../ui/types.ts'

/** Largest file that is read back, in bytes. */
const LARGEST = 16 * 1024 * 1024

/**
 * Lets the person edit a text in their editor. The text is in a file in a folder that only this user can enter, and both are gone afterwards. The line
 * end that editors put behind the last line is taken away. Never rejects: without an editor the text stays as it was.
 */
export async function editText(
  text: string,
  host: Pick<Host, 'env' | 'platform' | 'signal' | 'interrupts'>,
): Promise<Edited> {
  const { env, platform, signal } = host
  const { program, args } = editorOf({ env, platform })
  // Ctrl+C is a key of the editor's.
  const release = host.interrupts(() => {})
  let folder: string | undefined
  try {
    folder = await mkdtemp(join(tmpdir(), 'copilot-host-'))
    await chmod(folder, 0o700)
    const file = join(folder, 'prompt.md')
    await writeFile(file, text, { mode: 0o600, flag: 'wx' })
    const code = await runInTerminal({ program, args: [...args, file], env }, signal)
    if (code === undefined)
      return { problem: `the editor ${clean(program)} could not be started (EDITOR names it)` }
    if (code !== 0)
      return { problem: `the editor ${clean(program)} failed (exit code ${code}): the text is as it was` }
    if ((await stat(file)).size > LARGEST)
      return { problem: 'the edited text is too large: the text is as it was' }
    return { text: withoutLineEnd(await readFile(file, 'utf8'), text) }
  } catch (thrown) {
    const detail = thrown instanceof Error ? clean(thrown.message, 120) : 'unknown error'
    return { problem: `the text could not be edited: ${detail}` }
  } finally {
    release()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
}

/** The editor of the person: the program of `VISUAL` or `EDITOR`, split at white space, since no shell reads it; else `vi`. */
export function editorOf({ env, platform }: Pick<Host, 'env' | 'platform'>): {
  program: string
  args: string[]
} {
  const named = (env.VISUAL?.trim() || env.EDITOR?.trim()) ?? ''
  const [program = platform === 'win32' ? 'notepad' : 'vi', ...args] = named.split(/\s+/u).filter(Boolean)
  return { program, args }
}

/** Unless the text had one before. */
function withoutLineEnd(edited: string, before: string): string {
  return before.endsWith('\n') ? edited : edited.replace(/\r?\n$/u, '')
}
