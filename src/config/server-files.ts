import { join } from 'node:path'
import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { clean } from '../text.ts'
import { parseJson } from './json.ts'
import { isObject } from './judge.ts'
import { inProject, type Project } from './project.ts'
import { isMissing, type ReadFile, readText } from './read.ts'

type Fields = Readonly<Record<string, unknown>>

/** One entry of a file of MCP servers, as it stands there. */
export interface Listed {
  name: string
  value: unknown
  origin: 'person' | 'project' | 'flag'
  /** The file; for a project relative to its root; `--mcp-config` for a text on the command line. */
  source: string
}

export interface ServerFiles {
  /** Each a JSON text or the path of a file, with or without Copilot CLI's `@` in front, from `--mcp-config`. */
  configs: readonly string[]
  /** Copilot CLI's folder, where the person's own `mcp-config.json` lies. */
  copilotHome: string
  readFile: ReadFile
  /** For what the command line names: that may be a pipe. */
  readGiven: ReadFile
  project?: { project: Project; readFile: ReadFile }
}

export function ownServerFile(copilotHome: string): string {
  return join(copilotHome, 'mcp-config.json')
}

/**
 * Every entry of the person's own file, of those of the project, and of each `--mcp-config`: a later one of the same name replaces an
 * earlier one. A file that cannot be used is a problem of one line, except for one that the command line names: HostError `config`.
 */
export async function listServers(files: ServerFiles): Promise<{ listed: Listed[]; problems: string[] }> {
  const listed: Listed[] = []
  const problems: string[] = []
  const add = (text: string, origin: Listed['origin'], source: string) => {
    for (const [name, value] of Object.entries(serversIn(text, origin, source)))
      listed.push({ name, value, origin, source })
  }
  const tolerant = async (read: () => Promise<void>) => {
    try {
      await read()
    } catch (thrown) {
      if (!(thrown instanceof HostError)) throw thrown
      if (!isMissing(thrown)) problems.push(`${thrown.message}; no MCP server is taken from it`)
    }
  }

  const own = ownServerFile(files.copilotHome)
  await tolerant(async () => add(await readText(own, files.readFile), 'person', own))
  for (const path of files.project?.project.serverFiles ?? []) {
    const { project, readFile } = files.project ?? {}
    if (project === undefined || readFile === undefined) break
    const source = inProject(project, path)
    await tolerant(async () => add(await readText(path, readFile), 'project', source))
  }
  for (const config of files.configs) {
    const isText = config.trimStart().startsWith('{')
    const path = config.replace(/^@/, '')
    const source = isText ? '--mcp-config' : path
    add(isText ? config : await readText(path, files.readGiven), 'flag', source)
  }
  return { listed, problems }
}

const FileSchema = v.object({ mcpServers: v.custom<Fields>(isObject) })

function serversIn(text: string, origin: Listed['origin'], source: string): Fields {
  const servers = serversOf(parseJson(text, source), origin)?.servers
  if (servers !== undefined) return servers
  throw new HostError('config', `${clean(source, 200)} has no "mcpServers" object`)
}

/**
 * The entries in what a file holds; undefined where no entry would be read from it. `bare`: in a project they may also stand in it
 * without `mcpServers` around them, as Copilot CLI takes them too, where there is nothing else.
 */
export function serversOf(
  content: unknown,
  origin: Listed['origin'],
): { servers: Fields; bare: boolean } | undefined {
  const file = v.safeParse(FileSchema, content)
  if (file.success) return { servers: file.output.mcpServers, bare: false }
  if (origin !== 'project' || !isObject(content)) return undefined
  const values = Object.values(content)
  return values.every(isEntry) ? { servers: content, bare: values.length > 0 } : undefined
}

function isEntry(value: unknown): boolean {
  return isObject(value) && ('url' in value || 'command' in value)
}
