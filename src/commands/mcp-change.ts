import { join } from 'node:path'
import { webUrl } from '../auth/url.ts'
import { folders } from '../config/folders.ts'
import { parseJson } from '../config/json.ts'
import { isObject } from '../config/judge.ts'
import { findProject, type Project } from '../config/project.ts'
import { readText } from '../config/read.ts'
import { judgeEntry, nameFault } from '../config/server-entry.ts'
import { type Listed, ownServerFile, serversOf } from '../config/server-files.ts'
import { HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean } from '../text.ts'
import { createOutput } from './output.ts'
import { tilde } from './place.ts'
import { type Change, changeJson, exists, readSmall } from './small-file.ts'

export interface McpAddOptions {
  transport?: 'http' | 'sse' | 'stdio'
  /** Each `Name: value`. */
  header: string[]
  /** Each `NAME=value`. */
  env: string[]
  tools: string
  /** Milliseconds. */
  timeout?: number
  replace?: boolean
  /** `.mcp.json` of the project in place of the person's own file. */
  project?: boolean
  json?: boolean
}

type Fields = Readonly<Record<string, unknown>>

/** `mcp add`: an address, or a command with its arguments, as Copilot CLI writes them. Gives 0; throws `usage` for what cannot be one. */
export async function mcpAdd(
  name: string,
  words: readonly string[],
  options: McpAddOptions,
  host: Host,
): Promise<number> {
  const shown = clean(name, 40)
  const bad = nameFault(name)
  if (bad !== undefined) throw new HostError('usage', `"${shown}": the name ${bad}`)
  const entry = entryOf(words, options)
  const judged = judgeEntry(entry, host.env)
  if (judged !== 'disabled' && 'fault' in judged) throw new HostError('usage', `"${shown}": ${judged.fault}`)
  const { state, file, origin } = await place(options, host)
  const where = clean(tilde({ folder: file, home: host.home }), 300)
  await changeJson(
    file,
    content => {
      const { servers = {} } = serversOf(content, origin) ?? {}
      if (Object.hasOwn(servers, name) && !options.replace)
        throw new HostError('usage', `${shown} is in ${where} already; --replace puts this in its place`)
      return changeOf(content, origin, name, entry)
    },
    { state, secret: !options.project, judge: content => judgeFile(content, file) },
  )
  const { line, value, warn } = createOutput(options, host)
  value({ name, file, entry })
  line(`added ${shown} to ${where}`)
  for (const [header, text] of Object.entries(isObject(entry.headers) ? entry.headers : {}))
    if (/authorization|key|token|cookie|secret/i.test(header) && !String(text).includes('$'))
      warn(`${clean(header, 40)} is in ${where} as plain text; a value of $NAME is read from the environment`)
  const unsafe = typeof entry.url === 'string' ? signInFault(entry.url) : undefined
  if (unsafe !== undefined)
    warn(`${unsafe}: nobody can sign in to it, and all that is sent there can be read`)
  if (options.project) warn('it is not used before you agree to what this project brings: copilot-host trust')
  return 0
}

/** `mcp remove`: takes a server out of the file that it stands in. Gives 0; throws `failure` where it is in none. */
export async function mcpRemove(
  name: string,
  options: Pick<McpAddOptions, 'project' | 'json'>,
  host: Host,
): Promise<number> {
  const { state, own, project, origin } = await place(options, host)
  const files = options.project ? [...project.serverFiles].reverse() : [own]
  const shown = clean(name, 64)
  for (const file of files) {
    if (!(await exists(file))) continue
    const content = parseJson(await readText(file, readSmall), file)
    if (!Object.hasOwn(serversOf(content, origin)?.servers ?? {}, name)) continue
    await changeJson(file, found => changeOf(found, origin, name, undefined), {
      ...{ state, secret: !options.project, judge: (each: unknown) => judgeFile(each, file) },
    })
    const { line, value } = createOutput(options, host)
    value({ name, file })
    line(`removed ${shown} from ${clean(tilde({ folder: file, home: host.home }), 300)}`)
    return 0
  }
  const where = options.project ? 'the files of this project' : clean(own, 300)
  const hint = options.project ? '' : '; --project looks in those of this project'
  throw new HostError('failure', `${shown} is not in ${where}${hint}`)
}

/** Why no sign-in would be begun at an address without TLS; undefined where one would, or where a variable says later what it is. */
function signInFault(url: string): string | undefined {
  if (!/^http:/i.test(url) || url.includes('$')) return undefined
  try {
    webUrl(url, 'the server')
    return undefined
  } catch (thrown) {
    return hostError(thrown, 'its address cannot be used').detail
  }
}

async function place({ project: wanted }: Pick<McpAddOptions, 'project'>, host: Host) {
  const { state, copilot } = folders(host.env, host.platform, host.home)
  const project: Project = await findProject(host.folder, exists)
  const own = ownServerFile(copilot)
  const origin: Listed['origin'] = wanted ? 'project' : 'person'
  return { state, own, project, origin, file: wanted ? join(project.root, '.mcp.json') : own }
}

/** `mcp.example.com/mcp`, `localhost:3000`: what somebody means as an address. */
const ADDRESS = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?\/|localhost(?::\d+)?(?:\/|$))/i

function entryOf(words: readonly string[], options: McpAddOptions): Fields {
  const [first, ...args] = words
  const { transport = args.length === 0 && /^[a-z][a-z0-9+.-]*:\/\//i.test(first ?? '') ? 'http' : 'stdio' } =
    options
  const common = {
    tools: options.tools.split(',').map(each => each.trim()),
    ...(options.timeout !== undefined && { timeout: options.timeout }),
  }
  const header = pairs(options.header, '--header', /^([^:=\s]+)\s*[:=]\s*(.*)$/s, '"Name: value"')
  const env = pairs(options.env, '--env', /^([^=]+)=(.*)$/s, 'NAME=value')
  if (transport === 'stdio') {
    if (first === undefined)
      throw new HostError(
        'usage',
        'an address is missing, or a command: copilot-host mcp add <name> -- <command>',
      )
    if (header !== undefined) throw new HostError('usage', '--header is for a server with an address')
    if (options.transport === undefined && args.length === 0 && ADDRESS.test(first))
      throw new HostError(
        'usage',
        `an address begins with http (${/^localhost/i.test(first) ? 'http' : 'https'}://${clean(first, 100)}); for a command of this name say --transport stdio`,
      )
    return { type: 'local', command: first, args, ...(env && { env }), ...common }
  }
  if (args.length > 0) throw new HostError('usage', 'a server has one address, or a command behind --')
  if (env !== undefined) throw new HostError('usage', '--env is for a server with a command')
  return { type: transport, url: first ?? '', ...(header && { headers: header }), ...common }
}

function pairs(texts: readonly string[], flag: string, pattern: RegExp, form: string) {
  const entries = texts.map(text => {
    const [, name, value] = pattern.exec(text) ?? []
    if (name === undefined || value === undefined) throw new HostError('usage', `${flag} must be ${form}`)
    return [name, value] as const
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** An entry set or taken out where it is read: in `mcpServers`, or by itself where a project's file has them so. */
function changeOf(
  content: Fields,
  origin: Listed['origin'],
  name: string,
  entry: unknown,
): ReturnType<Change> {
  const { servers = {}, bare = false } = serversOf(content, origin) ?? {}
  if (bare) return { path: [name], value: entry }
  const others = Object.entries(servers).filter(([key]) => key !== name)
  return {
    path: ['mcpServers'],
    value: Object.fromEntries(entry === undefined ? others : [...others, [name, entry]]),
  }
}

function judgeFile(content: unknown, file: string): void {
  if (isObject(content) && (!('mcpServers' in content) || isObject(content.mcpServers))) return
  throw new HostError('config', `${clean(file, 200)} has no "mcpServers" object`)
}
