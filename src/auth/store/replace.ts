import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants

/**
 * Gives a file of ours a new text, readable by this user only. Full disk or crash: the old text stays until the new one is
 * complete. To be called under a lock, since the name of the temporary file beside it is always the same: what a crash
 * left there is removed by the next call. `lasting`: a crash of the machine does not undo it; a busy disk takes its time for that.
 */
export async function replaceFile(file: string, text: string, { lasting = true } = {}): Promise<void> {
  const temporary = `${file}.new`
  try {
    await rm(temporary, { force: true })
    const handle = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      await handle.writeFile(text)
      if (lasting) await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}
