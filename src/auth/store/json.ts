import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import * as v from 'valibot'

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
 * The value of a JSON file of ours, at most `largest` bytes; undefined for one that is not there or of no use. Rejects for
 * one that cannot be read now.
 */
export async function readJson(file: string, largest: number): Promise<unknown> {
  try {
    await using handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    const found = await handle.stat()
    return found.isFile() && found.size <= largest ? parseJson(await handle.readFile('utf8')) : undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP'))
      return undefined
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
