import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { readJson } from '../auth/store/json.ts'
import { createLock } from '../auth/store/lock.ts'
import { replaceFile } from '../auth/store/replace.ts'
import { type Brought, digestOf, type Trusts } from '../config/project.ts'
import { HostError } from '../errors.ts'
import { clean } from '../text.ts'

/** Largest file of consents that is read, in bytes. */
const LARGEST = 4 * 1024 * 1024

const FileSchema = v.object({
  version: v.literal(1),
  folders: v.record(v.string(), v.object({ at: v.string(), content: v.array(v.string()) })),
})

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

  /** A file that cannot be read or judged is none: then everything is asked again. */
  async function read(): Promise<v.InferOutput<typeof FileSchema>> {
    const judged = v.safeParse(FileSchema, await readJson(path, LARGEST).catch(() => undefined))
    return judged.success ? judged.output : { version: 1, folders: {} }
  }

  type Folders = v.InferOutput<typeof FileSchema>['folders']
  async function change(edit: (folders: Folders) => Folders): Promise<void> {
    const lock = createLock({ folder: join(state, 'locks'), warn: () => {} })
    try {
      await lock.exclusive('trusted', async () => {
        await mkdir(state, { recursive: true, mode: 0o700 })
        const { folders } = await read()
        await replaceFile(path, `${JSON.stringify({ version: 1, folders: edit(folders) }, undefined, 2)}\n`)
      })
    } catch (cause) {
      throw new HostError('folder', `${clean(state, 200)}: what you agreed to could not be kept`, { cause })
    } finally {
      lock.close()
    }
  }

  return {
    async for(root) {
      const { folders } = await read()
      const content = new Set(Object.hasOwn(folders, root) ? folders[root]?.content : [])
      return item => content.has(digestOf(item))
    },
    folders: async () => Object.keys((await read()).folders),
    agree: (root, items, at) =>
      change(folders => ({ ...folders, [root]: { at, content: items.map(digestOf) } })),
    async revoke(root) {
      if (!Object.hasOwn((await read()).folders, root)) return false
      await change(({ [root]: _, ...others }) => others)
      return true
    },
  }
}
