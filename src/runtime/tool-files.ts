import * as v from 'valibot'

/** A file that a tool call or a message is about, as it is named there. Raw. */
export interface FileUse {
  path: string
  how: 'changed' | 'read' | 'attached'
}

/** The runtime's own tools for one file, which name it `path`. */
const TOOLS: ReadonlyMap<string, FileUse['how']> = new Map([
  ['view', 'read'],
  ['create', 'changed'],
  ['edit', 'changed'],
])

/** The lines of a patch that name its files. */
const PATCHED = /^\*\*\* (?:Add File|Update File|Delete File|Move to): (.+)$/gm

/** Longest path that is one. */
const LONGEST = 4096

/** What a call of a tool of the runtime does to which files, as far as its arguments say so: a shell command does not. */
export function toolFiles(tool: string, args: unknown): FileUse[] {
  if (tool === 'apply_patch') {
    const patch = typeof args === 'string' ? args : textOf(args, 'patch') || textOf(args, 'input')
    return [...patch.matchAll(PATCHED)].flatMap(([, path = '']) => use(path.trim(), 'changed'))
  }
  const how = TOOLS.get(tool)
  return how === undefined ? [] : use(textOf(args, 'path'), how)
}

/** The files among what goes with a message. */
export function attached(attachments: readonly unknown[]): FileUse[] {
  return attachments.flatMap(each => {
    const judged = v.safeParse(Attached, each)
    return judged.success ? use(judged.output.path, 'attached') : []
  })
}

const Attached = v.object({ type: v.literal('file'), path: v.string() })

function use(path: string, how: FileUse['how']): FileUse[] {
  return path === '' || path.length > LONGEST ? [] : [{ path, how }]
}

function textOf(args: unknown, name: string): string {
  if (typeof args !== 'object' || args === null || !Object.hasOwn(args, name)) return ''
  const value: unknown = Reflect.get(args, name)
  return typeof value === 'string' ? value : ''
}
