import { HostError } from '../errors.ts'
import { clean } from '../text.ts'

/** Rejects as `node:fs` does. */
export type ReadFile = (path: string) => Promise<string>

/** The text of a file. Throws HostError `config` that names it and why it cannot be read; see {@link isMissing}. */
export async function readText(path: string, readFile: ReadFile): Promise<string> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new HostError('config', `cannot read ${clean(path, 200)}: ${reason(cause)}`, { cause })
  }
}

/** True for what {@link readText} throws where there is no such file. */
export function isMissing(thrown: unknown): boolean {
  const code = thrown instanceof HostError ? codeOf(thrown.cause) : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function reason(cause: unknown): string {
  switch (codeOf(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a folder'
    case 'EFBIG':
      return 'it is too large'
    default:
      return 'it is not a readable file'
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}
