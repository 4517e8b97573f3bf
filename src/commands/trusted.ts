import { join } from 'node:path'
import * as v from 'valibot'
import { openJsonFile } from '../auth/store/json-file.ts'
import { createLock } from '../auth/store/lock.ts'
import { type Brought, digestOf, type Trusts } from '../config/project.ts'
import { HostError } from '../errors.ts'
import { clean } from '../text.ts'

const VERSION = 1
const Folders = v.record(v.string(), v.object({ at: v.string(), content: v.array(v.string()) }))
/** Of a newer version nothing is understood but that it is one. */
const FileSchema = v.union([
  v.object({ version: v.literal(VERSION), folders: Folders }),
  v.object({ version: v.pipe(v.number(), v.gtValue(VERSION)) }),
])
type File = v.InferOutput<typeof FileSchema>
type Folders = v.InferOutput<typeof Folders>

/** What the person has agreed to: for each folder the digests of exactly what was shown. In the state folder, 0600. */
export interface Trusted {
  for(root: string): Promise<Trusts>
  folders(): Promise<readonly string[]>
  /** From now on exactly this, in place of what was agreed to before. */
  agree(root: string, items: readonly Brought[], at: string): Promise<void>
  /** False where there was nothing to take back. */
  revoke(root: string): Promise<boolean>
}

export function openTrusted(state: string): Trusted {
  const path = join(state, 'trusted.json')

  const empty: File = { version: VERSION, folders: {} }
  const file = openJsonFile(path, { schema: FileSchema, empty, warn: () => {} })

  /** A file that cannot be read or judged is none: then everything is asked again. */
  async function read(): Promise<Folders> {
    const content = await file.read().catch(() => empty)
    return 'folders' in content ? content.folders : {}
  }

  async function change(edit: (folders: Folders) => Folders): Promise<void> {
    const lock = createLock({ folder: join(state, 'locks'), warn: () => {} })
    try {
      await lock.exclusive('trusted', async () => {
        const content = await file.read()
        if (!('folders' in content)) throw unkept(`${path}, which a newer version has made`)
        await file.write({ version: VERSION, folders: edit(content.folders) })
      })
    } catch (thrown) {
      throw thrown instanceof HostError ? thrown : unkept(state, thrown)
    } finally {
      lock.close()
    }
  }

  return {
    async for(root) {
      const folders = await read()
      const content = new Set(Object.hasOwn(folders, root) ? folders[root]?.content : [])
      return item => content.has(digestOf(item))
    },
    folders: async () => Object.keys(await read()),
    agree: (root, items, at) =>
      change(folders => ({ ...folders, [root]: { at, content: items.map(digestOf) } })),
    async revoke(root) {
      if (!Object.hasOwn(await read(), root)) return false
      await change(({ [root]: _, ...others }) => others)
      return true
    },
  }
}

function unkept(place: string, cause?: unknown): HostError {
  return new HostError('folder', `${clean(place, 200)}: what you agreed to could not be kept`, { cause })
}
