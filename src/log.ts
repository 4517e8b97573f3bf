import { closeSync, constants, fchmodSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import { codeOf, HostError, whyNot } from './errors.ts'
import { maskSecrets } from './mask.ts'
import { clean } from './text.ts'

/** The log is at most twice as large as this, in bytes: the file itself and the one before it (`.1`). */
const LARGEST = 5 * 1024 * 1024

/** Longest line, in characters. */
const LONGEST = 2000

export interface DebugLog {
  /** Adds one line: made safe to show, with everything masked that looks like a secret. Never throws. */
  write(line: string): void
  close(): void
}

/**
 * Opens the debug log, readable for its owner only; without a path nothing is written anywhere. Throws HostError
 * `config` if the file cannot be used.
 */
export function openLog(path: string | undefined): DebugLog {
  if (path === undefined || path === '') return { write() {}, close() {} }
  let file: number | undefined = open(path)
  let size = fstatSync(file).size

  const close = () => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  return {
    close,
    write(line) {
      if (file === undefined) return
      const bytes = Buffer.from(
        `${new Date().toISOString()} ${maskSecrets(clean(line, LONGEST * 4)).slice(0, LONGEST)}\n`,
      )
      try {
        if (size + bytes.length > LARGEST) {
          close()
          renameSync(path, `${path}.1`)
          file = open(path)
          size = 0
        }
        writeSync(file, bytes)
        size += bytes.length
      } catch {
        // A full disk must not end a chat: the log ends instead.
        try {
          close()
        } catch {}
      }
    },
  }
}

function open(path: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  let file: number | undefined
  try {
    // Neither through a link that somebody else laid, nor into a pipe that nobody reads.
    file = openSync(path, O_WRONLY | O_CREAT | O_APPEND | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0), 0o600)
    if (!fstatSync(file).isFile()) throw new Error('not a file')
    fchmodSync(file, 0o600)
    return file
  } catch (cause) {
    if (file !== undefined) closeSync(file)
    throw new HostError('config', `cannot write the debug log ${clean(path, 200)}: ${whyNotLog(cause)}`, {
      cause,
    })
  }
}

function whyNotLog(cause: unknown): string {
  const code = codeOf(cause)
  if (code === 'ENOENT') return 'there is no such folder'
  const told: readonly unknown[] = [
    'ENOTDIR',
    'EISDIR',
    'EACCES',
    'ENAMETOOLONG',
    'ENOSPC',
    'EDQUOT',
    'EROFS',
  ]
  return told.includes(code) ? whyNot(code) : 'it must be a file of your own'
}
