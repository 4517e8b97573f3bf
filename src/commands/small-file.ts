import { constants, createReadStream } from 'node:fs'
import { access, chmod, mkdir, open, realpath, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createLock } from '../auth/store/lock.ts'
import { replaceFile } from '../auth/store/replace.ts'
import { editJson } from '../config/edit.ts'
import { parseJson } from '../config/json.ts'
import { isObject } from '../config/judge.ts'
import { isMissing, readText } from '../config/read.ts'
import { HostError, whyNot } from '../errors.ts'
import { clean } from '../text.ts'

/** Largest configuration file that is read, in bytes. */
const LARGEST = 1024 * 1024

/** The text of a plain file that a person or a project may have put there: a pipe would be waited for for ever. Rejects as `node:fs`. */
export async function readSmall(path: string): Promise<string> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const found = await file.stat()
  if (!found.isFile()) throw coded(found.isDirectory() ? 'EISDIR' : 'EINVAL')
  if (found.size > LARGEST) throw coded('EFBIG')
  return await file.readFile('utf8')
}

/** The same for a file that the command line names, which may be a pipe too. */
export async function readGiven(path: string): Promise<string> {
  let text = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
    text += chunk
    if (text.length > LARGEST) throw coded('EFBIG')
  }
  return text
}

/** Whether there is something of this path. Never rejects. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** What is to stand where, seeing what there is; undefined takes it out. Throws what is wrong with that. */
export type Change = (content: Readonly<Record<string, unknown>>) => {
  path: readonly string[]
  value: unknown
}

export interface ChangeOptions {
  /** Our state folder: two programs change one file after each other. */
  state: string
  /** Nobody else of this machine may read it; a file of a project keeps the mode that it has. */
  secret: boolean
  /** Judges what the file holds, before and after; throws where it cannot be used. */
  judge: (content: unknown) => void
}

/**
 * Changes one value of a JSON file and nothing else in it; the old text stays until the new one is complete. A link is followed.
 * Throws HostError `config` for a file that cannot be read or judged, which is then left as it is.
 */
export async function changeJson(file: string, change: Change, options: ChangeOptions): Promise<void> {
  const lock = createLock({ folder: join(options.state, 'locks'), warn: () => {} })
  try {
    await lock.exclusive(`config ${file}`, async () => {
      const text = await textOf(file)
      const content = parseJson(text ?? '{}', file)
      options.judge(content)
      if (!isObject(content)) throw new HostError('config', `${clean(file, 200)} holds no JSON object`)
      const { path, value } = change(content)
      const edited = editJson(text ?? '', content, path, value)
      options.judge(parseJson(edited, file))
      await write(file, edited, options)
    })
  } finally {
    lock.close()
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readText(file, readSmall)
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}

/** Writes a whole new text. Throws HostError `config` where the place cannot be written. */
export async function write(
  file: string,
  text: string,
  { secret }: Pick<ChangeOptions, 'secret'>,
): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: secret ? 0o700 : 0o777 })
    const real = await realpath(file).catch(() => file)
    const before = await stat(real).catch(() => undefined)
    // A link may lead to a device, and who may do everything would replace that.
    if (before?.isFile() === false) throw coded('EINVAL')
    await replaceFile(real, text)
    if (!secret) await chmod(real, before === undefined ? 0o644 : before.mode & 0o777)
  } catch (cause) {
    throw new HostError('config', `cannot write ${clean(file, 200)}: ${whyNot(cause)}`, { cause })
  }
}

/** Writes a file that is not there yet, all of it or nothing. Rejects as `node:fs`. */
export async function writeNew(file: string, text: string, mode = 0o666): Promise<void> {
  const handle = await open(file, 'wx', mode)
  try {
    await handle.writeFile(text).finally(() => handle.close())
  } catch (error) {
    await rm(file, { force: true }).catch(() => {})
    throw error
  }
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code })
}
