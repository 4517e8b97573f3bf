import { createHash } from 'node:crypto'
import { dirname, join, relative } from 'node:path'
import { slotOf } from './setting.ts'

/** How many folders up the root of a repository is looked for. */
const HIGHEST = 40

/** The project that a person works in: a Git repository, else the folder alone. */
export interface Project {
  root: string
  /** Our own file of the project. */
  file: string
  /** Where its MCP servers may be, as Copilot CLI looks for them; what comes later counts more. */
  serverFiles: readonly string[]
}

/** One thing that a project brings: a setting, or an MCP server with all that its entry says. */
export interface Brought {
  /** Relative to the root. */
  file: string
  kind: 'setting' | 'server'
  key: string
  value: unknown
}

/** Whether the person has agreed to this, for this folder and with exactly this content. */
export type Trusts = (item: Brought) => boolean

/** `exists` tells whether there is a file or folder of that path; it never rejects. */
export async function findProject(
  folder: string,
  exists: (path: string) => Promise<boolean>,
): Promise<Project> {
  const folders: string[] = []
  for (let at = folder; folders.length < HIGHEST; at = dirname(at)) {
    folders.unshift(at)
    if (await exists(join(at, '.git'))) return projectAt(at, folders)
    if (dirname(at) === at) break
  }
  return projectAt(folder, [folder])
}

function projectAt(root: string, folders: readonly string[]): Project {
  return {
    root,
    file: join(root, '.copilot-host.json'),
    serverFiles: [join(root, '.github', 'mcp.json'), ...folders.map(each => join(each, '.mcp.json'))],
  }
}

/** A file of a project as it is shown. */
export function inProject({ root }: Project, file: string): string {
  return relative(root, file) || file
}

/**
 * Whether something of a project counts: what cannot harm always does, everything else only where the person has agreed to it. Servers
 * and commands are never harmless, nor is what decides where a sign-in leads, who asks for it, or where it is kept.
 */
export function isTaken(item: Brought, trusts: Trusts): boolean {
  const harmless = item.kind === 'setting' && slotOf(item.key)?.setting.harmless === true
  return harmless || trusts(item)
}

/** What consent is bound to: SHA-256 over everything that is shown, whatever the order of keys in the file. */
export function digestOf({ file, kind, key, value }: Brought): string {
  return createHash('sha256')
    .update(JSON.stringify([file, kind, key, sorted(value)]))
    .digest('hex')
}

/** Lists and objects are told apart, so that no two contents look alike. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return ['list', ...value.map(sorted)]
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return ['object', ...entries.map(([key, each]) => [key, sorted(each)])]
}
