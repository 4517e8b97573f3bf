import { resolve } from 'node:path'
import * as v from 'valibot'
import { HostError } from '../errors.ts'
import type { Environment } from './environment.ts'
import { parseJson } from './json.ts'
import { faultOf, judgeConfig } from './judge.ts'
import { type Brought, inProject, isTaken, type Project, type Trusts } from './project.ts'
import { isMissing, type ReadFile, readText } from './read.ts'
import { ALL, type Setting, serverKey, slotOf } from './setting.ts'

/** Who says a value; the command line, which comes before all of them, is known to commander. */
export type Origin = 'environment' | 'project' | 'person'

/** A value that counts, and where it is said: the name of a variable, or a file. */
export interface Found<T> {
  value: T
  origin: Origin
  where: string
}

export interface ConfigSources {
  /** The person's own file. */
  file: string
  project: Project
  trusts: Trusts
  env: Environment
  /** The person's home folder, or empty where there is none. */
  home: string
  readFile: ReadFile
}

/** What is configured, from the environment and both files. */
export interface Configuration {
  /** The first who says it: environment, project, person. With a name: for that server, which no variable can say. */
  find<T>(setting: Setting<T>, server?: string): Found<T> | undefined
  /** Every key that somebody says for a server, as `servers.<name>.<key>`. */
  serverKeys: readonly string[]
  /** What the file of the project says and does not count before the person agrees. */
  held: readonly Brought[]
  /** All that can be agreed to there. */
  brought: readonly Brought[]
  warnings: readonly string[]
}

interface Layer {
  origin: Origin
  where: (key: string) => string
  values: ReadonlyMap<string, unknown>
  /** What a path means that is said there; absent: what it is. */
  at?: (path: string) => string
}

/** Reads both files. Throws HostError `config` naming the file or variable, the key, and what is expected. */
export async function readConfiguration(sources: ConfigSources): Promise<Configuration> {
  const { project, trusts, readFile } = sources
  const person = await readLayer(sources.file, readFile)
  const theirs = await readLayer(project.file, readFile)
  const items = [...theirs.values].map(
    ([key, value]): Brought => ({ file: inProject(project, project.file), kind: 'setting', key, value }),
  )
  const taken = items.filter(item => isTaken(item, trusts))
  // In a file no shell does it.
  const atHome = (path: string) =>
    sources.home === '' ? path : path.replace(/^~(?=[\\/]|$)/, () => sources.home)
  const layers: readonly Layer[] = [
    environment(sources.env),
    {
      origin: 'project',
      where: () => project.file,
      values: new Map(taken.map(({ key, value }) => [key, value])),
      // Wherever in the project the person works.
      at: path => resolve(project.root, atHome(path)),
    },
    { origin: 'person', where: () => sources.file, values: person.values, at: atHome },
  ]
  return {
    find(setting, server) {
      const key = server === undefined ? setting.key : serverKey(server, setting)
      const found = layers.flatMap(({ origin, where, values, at }) => {
        const judged = v.safeParse(setting.schema, values.get(key))
        if (!values.has(key) || !judged.success) return []
        const value = (at && setting.placed?.(judged.output, at)) ?? judged.output
        return [{ value, origin, where: where(key) }]
      })
      const [first] = found
      return first && { ...first, value: setting.joined?.(found.map(({ value }) => value)) ?? first.value }
    },
    serverKeys: [...new Set(layers.flatMap(({ values }) => [...values.keys()]))].filter(
      key => (slotOf(key)?.path.length ?? 0) > 1,
    ),
    held: items.filter(item => !isTaken(item, trusts)),
    brought: items.filter(item => !isTaken(item, () => false)),
    warnings: [...person.warnings, ...theirs.warnings],
  }
}

async function readLayer(file: string, readFile: ReadFile): Promise<ReturnType<typeof judgeConfig>> {
  try {
    return judgeConfig(parseJson(await readText(file, readFile), file), file)
  } catch (thrown) {
    if (isMissing(thrown)) return { values: new Map(), warnings: [] }
    throw thrown
  }
}

function environment(env: Environment): Layer {
  const values = new Map<string, unknown>()
  for (const setting of ALL) {
    const { name = '', fromText = (text: string): unknown => text } = setting.variable ?? {}
    // A line end comes along when a value was read from a file.
    const text = env[name]?.trim() || undefined
    if (text === undefined) continue
    const value = fromText(text)
    const fault = faultOf(setting, value)
    if (fault !== undefined) throw new HostError('config', `${name} ${fault}`)
    values.set(setting.key, value)
  }
  return { origin: 'environment', where: key => variableOf(key), values }
}

const variableOf = (key: string) => slotOf(key)?.setting.variable?.name ?? ''
