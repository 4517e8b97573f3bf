import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import * as v from 'valibot'
import { codeOf } from '../../errors.ts'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants

/** The value of a JSON text, to be judged by a schema; undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The value of a JSON file of ours, at most `largest` bytes; undefined for one that is no JSON, too large, a link or no plain file,
 * `absent` for none. Rejects for one that cannot be read now.
 */
export async function readJson(file: string, largest: number): Promise<{ value: unknown } | 'absent'> {
  try {
    await using handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    const found = await handle.stat()
    const usable = found.isFile() && found.size <= largest
    return { value: usable ? parseJson(await handle.readFile('utf8')) : undefined }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return 'absent'
    if (code === 'ELOOP') return { value: undefined }
    throw error
  }
}

/** A list in which a bad entry does not hide the good ones, at most `most` of them: the last. */
export function listOf<T>(schema: v.GenericSchema<unknown, T>, most: number) {
  return v.pipe(
    v.array(v.unknown()),
    v.transform(list =>
      list.slice(-most).flatMap(each => {
        const judged = v.safeParse(schema, each)
        return judged.success ? [judged.output] : []
      }),
    ),
  )
}
