import { HostError } from '../errors.ts'
import { clean, nestsTooDeep } from '../text.ts'

/**
 * Parses a JSON text. Throws HostError `config` with the place of the mistake and nothing of the text itself, also for one that nests
 * deeper than anything may walk.
 */
export function parseJson(text: string, name: string): unknown {
  const value = parsed(text, name)
  if (nestsTooDeep(value)) throw new HostError('config', `${clean(name, 200)} nests too deep to be used`)
  return value
}

function parsed(text: string, name: string): unknown {
  // Editors on Windows put a byte order mark in front.
  const json = text.replace(/^\ufeff/, '')
  try {
    return JSON.parse(json)
  } catch (cause) {
    const before = json.slice(0, faultAt(json, cause)).split('\n')
    const column = (before.at(-1)?.length ?? 0) + 1
    throw new HostError(
      'config',
      `${clean(name, 200)} is not valid JSON: line ${before.length}, column ${column}`,
      {
        cause,
      },
    )
  }
}

/** Where the mistake is. V8 says it for some mistakes only; for the others it is the first character too many. */
function faultAt(text: string, error: unknown): number {
  const told = positionIn(error)
  if (told !== undefined) return told
  let good = 0
  let bad = text.length
  while (good < bad) {
    const middle = (good + bad) >> 1
    if (endsTooEarly(text.slice(0, middle + 1))) good = middle + 1
    else bad = middle
  }
  return good
}

/** True for the beginning of a JSON text that could still become a valid one. */
function endsTooEarly(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    return error instanceof Error && (/end of JSON/.test(error.message) || positionIn(error) === text.length)
  }
}

function positionIn(error: unknown): number | undefined {
  const found = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return found === undefined ? undefined : Number(found)
}
