import { codeOf, HostError, whyNot } from '../errors.ts'
import { clean } from '../text.ts'

/** Rejects as `node:fs` does. */
export type ReadFile = (path: string) => Promise<string>

/** The text of a file. Throws HostError `config` that names it and why it cannot be read; see {@link isMissing}. */
export async function readText(path: string, readFile: ReadFile): Promise<string> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new HostError('config', `cannot read ${clean(path, 200)}: ${whyNot(cause)}`, { cause })
  }
}

/** True for what {@link readText} throws where there is no such file. */
export function isMissing(thrown: unknown): boolean {
  const code = thrown instanceof HostError ? codeOf(thrown.cause) : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}
