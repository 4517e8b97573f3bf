import { constants } from 'node:fs'
import { access, type FileHandle, lstat, mkdir, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { codeOf, HostError } from '../../errors.ts'
import { clean } from '../../text.ts'
import { parseJson } from './json.ts'
import type { Lock } from './lock.ts'
import { judgeFile, judgeFolder, judgeParent } from './private.ts'
import { replaceFile } from './replace.ts'
import type { Vault } from './vault.ts'

const VERSION = 1
const LARGEST_FILE = 8 * 1024 * 1024
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants

const fileSchema = v.object({ v: v.literal(VERSION), entries: v.record(v.string(), v.string()) })
const newerSchema = v.object({ v: v.pipe(v.number(), v.gtValue(VERSION)) })

/**
 * Keeps texts in one file, `tokens/tokens.json` in the state folder: plain text that only this user can read. Refuses to
 * read and to write while file or folders are open to others, another user's, or symbolic links, and says which.
 */
export function openTokenFile(options: { folder: string; lock: Lock; warn: (line: string) => void }): Vault {
  const folder = join(options.folder, 'tokens')
  const file = join(folder, 'tokens.json')

  async function read(): Promise<Record<string, string>> {
    if (!(await exists(folder))) return {}
    judgeParent(options.folder, await stat(options.folder))
    judgeFolder(folder, await lstat(folder))
    const text = await readText(file)
    if (text === undefined) return {}
    const data = parseJson(text)
    if (v.is(newerSchema, data)) throw refusal(`the file ${clean(file, 200)} was made by a newer version`)
    if (v.is(fileSchema, data)) return data.entries
    options.warn(`the file ${clean(file, 200)} cannot be understood: the next sign-in replaces it`)
    return {}
  }

  function change(edit: (entries: Record<string, string>) => void): Promise<void> {
    return options.lock.exclusive('tokens', () =>
      guarded('written', async () => {
        await mkdir(options.folder, { recursive: true, mode: 0o700 })
        await mkdir(folder, { mode: 0o700 }).catch(unless('EEXIST'))
        const entries = await read()
        edit(entries)
        const text = JSON.stringify({ v: VERSION, entries })
        // What nobody could read again would take all the others along.
        if (Buffer.byteLength(text) > LARGEST_FILE) throw refusal(`the file ${clean(file, 200)} is full`)
        await replaceFile(file, text)
      }),
    )
  }

  async function guarded<T>(verb: 'read' | 'written', work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof HostError) throw error
      throw refusal(`the file ${clean(file, 200)} cannot be ${verb} (${codeOf(error) ?? 'unknown'})`, error)
    }
  }

  return {
    get: account =>
      guarded('read', async () => {
        const entries = await read()
        return Object.hasOwn(entries, account) ? entries[account] : undefined
      }),
    set: (account, text) =>
      change(entries => {
        entries[account] = text
      }),
    delete: account =>
      change(entries => {
        delete entries[account]
      }),
    probe: () =>
      guarded('written', async () => {
        await read()
        await access(options.folder, constants.W_OK).catch(unless('ENOENT'))
      }),
    async close() {},
  }
}

/** The text of the file as it is judged once opened; undefined if there is none. */
async function readText(file: string): Promise<string | undefined> {
  let handle: FileHandle
  try {
    handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    if (codeOf(error) === 'ELOOP') throw refusal(`the file ${clean(file, 200)} is a symbolic link`)
    throw error
  }
  try {
    const found = await handle.stat()
    judgeFile(file, found)
    if (found.size > LARGEST_FILE) throw refusal(`the file ${clean(file, 200)} is too large`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function refusal(detail: string, cause?: unknown): HostError {
  return new HostError('store-unavailable', detail, { cause })
}

function unless(code: string): (error: unknown) => void {
  return error => {
    if (codeOf(error) !== code) throw error
  }
}
