import { type Configuration, readConfiguration } from '../config/configuration.ts'
import { type Folders, folders } from '../config/folders.ts'
import { findProject, type Project, type Trusts } from '../config/project.ts'
import { readServers, type Servers } from '../config/servers.ts'
import { SETTINGS } from '../config/setting.ts'
import type { Host } from '../host.ts'
import { type Clean, clean } from '../text.ts'
import type { ChatOptions } from './options.ts'
import { exists, readGiven, readSmall } from './small-file.ts'
import { openTrusted } from './trusted.ts'

/** What is configured where the person works, and what they have agreed to of it. */
export interface Configured {
  folders: Folders
  project: Project
  trusts: Trusts
  configuration: Configuration
}

/** Reads the files of the person and of the project. Throws HostError `config`. */
export async function configure(
  { trustProject = false }: Pick<ChatOptions, 'trustProject'>,
  host: Host,
): Promise<Configured> {
  const { env } = host
  const where = folders(env, host.platform, host.home)
  const project = await findProject(host.folder, exists)
  const trusts = trustProject ? () => true : await openTrusted(where.state).for(project.root)
  const configuration = await readConfiguration({
    ...{ file: where.config, project, trusts, env, home: host.home },
    readFile: readSmall,
  })
  return { folders: where, project, trusts, configuration }
}

/** The MCP servers here, with those of the project that the person has agreed to. */
export function serversHere(
  { mcp, mcpConfig }: Pick<ChatOptions, 'mcp' | 'mcpConfig'>,
  { folders: { copilot }, project, trusts }: Configured,
  { env }: Host,
): Promise<Servers> {
  return readServers({
    ...{ flags: mcp, configs: mcpConfig, copilotHome: copilot, env },
    readFile: readSmall,
    readGiven,
    project: { project, trusts, readFile: readSmall },
  })
}

/** One line about what the project brings and nobody has agreed to; undefined where there is nothing. */
export function heldLine(
  { configuration }: Pick<Configured, 'configuration'>,
  { held }: Pick<Servers, 'held'>,
): Clean | undefined {
  const names = [...configuration.held, ...held].map(({ kind, key }) =>
    kind === 'server' ? `the MCP server ${clean(key, 40)}` : clean(key, 60),
  )
  if (names.length === 0) return undefined
  const some = names.slice(0, 3).join(', ')
  const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return clean(
    `this project also brings ${some}${more}: not used before you agree (copilot-host trust shows it)`,
    400,
  )
}

/** The environment for the screen, where the files say what its variables do not. */
export function screenEnvironment({ find }: Pick<Configuration, 'find'>, env: Host['env']): Host['env'] {
  const notify = find(SETTINGS.notify)?.value
  const title = find(SETTINGS.title)?.value
  return {
    ...env,
    ...(notify !== undefined && { COPILOT_HOST_NOTIFY: notify }),
    ...(title !== undefined && { COPILOT_HOST_NO_TITLE: title ? '0' : '1' }),
  }
}
