import type { OutputChunk, RolldownOutput } from 'rolldown'

/** What is loaded with a file of a bundle. */
export interface Loaded {
  /** The files themselves, in the order in which they are met. */
  files: string[]
  /** The modules that have code in them; `node:` ones and what is not bundled too. */
  modules: string[]
}

/** All that is loaded with these modules (named by the end of their path): what they import, and what that imports. */
export function loadedWith({ output }: RolldownOutput, ...modules: readonly string[]): Loaded {
  const chunks = new Map(output.flatMap(each => (each.type === 'chunk' ? [[each.fileName, each]] : [])))
  const found = new Set<string>()
  const follow = (name: string) => {
    if (found.has(name)) return
    found.add(name)
    for (const next of chunks.get(name)?.imports ?? []) follow(next)
  }
  for (const module of modules) {
    const chunk = [...chunks.values()].find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/${module}`))
    if (chunk === undefined) throw new Error(`${module} begins no file of the bundle`)
    follow(chunk.fileName)
  }
  const loaded = [...found].flatMap(name => chunks.get(name) ?? [])
  return {
    files: loaded.map(({ fileName }) => fileName),
    modules: [...loaded.flatMap(modulesOf), ...[...found].filter(name => !chunks.has(name))],
  }
}

/** The modules that have code in one file. */
export function modulesOf({ modules }: OutputChunk): string[] {
  return Object.entries(modules).flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : []))
}
