import { mkdir, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as v from 'valibot'
import { clean } from '../../text.ts'
import { readJson } from './json.ts'
import { replaceFile } from './replace.ts'

/** Largest file of ours that is read and written, in bytes. */
const LARGEST = 4 * 1024 * 1024

/** A JSON file of ours, judged by a schema. */
export interface JsonFile<T> {
  /** Empty for a file that is not there or cannot be understood. Rejects for one that cannot be read now. */
  read(): Promise<T>
  /**
   * Under a lock. What cannot be understood is not lost: it stays as `<file>.damaged`, in place of the one before. Rejects
   * where the folder cannot be written, and for more than is read again.
   */
  write(value: T): Promise<void>
}

/** `warn` gets one line about a file that cannot be understood. */
export function openJsonFile<T>(
  file: string,
  options: { schema: v.GenericSchema<unknown, T>; empty: T; warn: (line: string) => void },
): JsonFile<T> {
  const { schema, empty, warn } = options

  async function load(): Promise<{ value: T; damaged: boolean }> {
    const found = await readJson(file, LARGEST)
    if (found === 'absent') return { value: empty, damaged: false }
    const judged = v.safeParse(schema, found.value)
    return judged.success ? { value: judged.output, damaged: false } : { value: empty, damaged: true }
  }

  return {
    async read() {
      const { value, damaged } = await load()
      if (damaged) warn(`the file ${clean(file, 200)} cannot be understood: it counts as empty`)
      return value
    },
    async write(value) {
      const text = `${JSON.stringify(value, undefined, 2)}\n`
      if (Buffer.byteLength(text) > LARGEST) throw new Error('too large to be read again')
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      if ((await load()).damaged) await rename(file, `${file}.damaged`)
      await replaceFile(file, text)
    },
  }
}
