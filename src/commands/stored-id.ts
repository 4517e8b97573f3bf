import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What ids of sessions begin with; a name is something else. */
const BEGINNING = /^[0-9a-f]{4,8}(-[0-9a-f-]{0,27})?$/i

/**
 * The one stored session whose id begins like this, as it stands in the runtime's folder: so that a prompt need not wait for the
 * runtime to say so. Undefined where that does not tell, and never rejects.
 */
export async function storedId(copilotHome: string, given: string | undefined): Promise<string | undefined> {
  if (given === undefined || !BEGINNING.test(given)) return undefined
  try {
    const folder = join(copilotHome, 'session-state')
    const [id, ...others] = (await readdir(folder)).filter(name => name.startsWith(given.toLowerCase()))
    if (id === undefined || others.length > 0) return undefined
    await access(join(folder, id, 'events.jsonl'))
    return id
  } catch {
    return undefined
  }
}
