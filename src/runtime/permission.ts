import * as v from 'valibot'
import { type Clean, clean, jsonLines, nestsTooDeep, visible } from '../text.ts'
import { shellLine } from './hooks.ts'
import { maybe } from './protocol.ts'
import type { PermissionAsk } from './types.ts'

/** The fields of all kinds together; which of them are there depends on `kind`. */
const Request = v.object({
  kind: v.fallback(v.string(), ''),
  toolCallId: maybe(v.string()),
  intention: maybe(v.string()),
  warning: maybe(v.string()),
  canOfferSessionApproval: maybe(v.boolean()),
  fullCommandText: maybe(v.string()),
  commandIdentifiers: maybe(v.array(v.string())),
  fileName: maybe(v.string()),
  diff: maybe(v.string()),
  path: maybe(v.string()),
  paths: maybe(v.array(v.string())),
  accessKind: maybe(v.string()),
  serverName: maybe(v.string()),
  toolName: maybe(v.string()),
  args: v.optional(v.unknown()),
  url: maybe(v.string()),
  redirectedFrom: maybe(v.string()),
  fact: maybe(v.string()),
  citations: maybe(v.string()),
  toolArgs: v.optional(v.unknown()),
  hookMessage: maybe(v.string()),
  requestSandboxBypass: maybe(v.boolean()),
  requestSandboxBypassReason: maybe(v.string()),
  managedApprovalRequired: maybe(v.boolean()),
  assistedApproval: maybe(v.object({ recommendation: v.string(), reason: maybe(v.string()) })),
})
type Request = v.InferOutput<typeof Request>

interface Question {
  kind: PermissionAsk['kind']
  title: string
  body: string
  names: string[]
  /** What can be allowed for longer than once, and what that is. */
  lasting?: { words: string; approval: object }
}

/** Longest line of a question, in characters. */
const LINE = 200

/** A command that also writes into a file. */
const WRITES = />(?!&|\s*\/dev\/null)/

/** Names of `--allow-tool` that stand for whole kinds: no server and no tool may borrow them. */
const KINDS = new Set(['shell', 'write', 'read', 'url'])

/**
 * What the runtime asks to be allowed, as a question. A kind that is not known is shown as it came: nothing is allowed
 * unseen.
 */
export function permissionAsk(id: string, request: unknown): PermissionAsk {
  if (nestsTooDeep(request))
    return { id, kind: 'other', title: clean('Allow this?'), body: '', names: [], unshown: true }
  const judged = v.safeParse(Request, request)
  const data: Request = judged.success ? judged.output : { kind: '', args: request }
  const { kind, title, body, names, lasting } = question(data, request)
  const words = lasting && visible(lasting.words)
  const refused =
    data.canOfferSessionApproval === false ||
    data.requestSandboxBypass === true ||
    // The runtime offers it at first, and then asks about the next one all the same.
    WRITES.test(data.fullCommandText ?? '') ||
    // What is cut of the words would be allowed as well.
    Array.from(words ?? '').length > LINE
  const offered = refused ? undefined : lasting
  return {
    id,
    kind,
    title: clean(visible(title)),
    body: visible(body).trim(),
    intention: line(advice(data) ?? data.intention ?? data.hookMessage),
    warning: line(warning(data)),
    toolCallId: data.toolCallId,
    names: names.map(name => clean(visible(name), 200)),
    about: about(data),
    personOnly: data.managedApprovalRequired,
    approval: offered?.approval,
    lasting: line(offered && words),
  }
}

function warning({ warning, requestSandboxBypass, requestSandboxBypassReason: why }: Request) {
  if (!requestSandboxBypass) return warning
  return `it wants to run outside the sandbox${why ? `: ${why}` : ''}`
}

/** What a model thinks of it, in mode "assisted". */
function advice({ assistedApproval: advice }: Request): string | undefined {
  if (!advice?.reason) return undefined
  return advice.recommendation === 'approve'
    ? `a model would allow it: ${advice.reason}`
    : `a model would not allow it: ${advice.reason}`
}

function question(data: Request, request: unknown): Question {
  switch (data.kind) {
    case 'commands':
    case 'shell':
      return {
        kind: 'command',
        title: 'Run a command?',
        body: data.fullCommandText ?? pretty(request),
        names: ['shell', ...commandNames(data)],
        lasting: data.commandIdentifiers?.length
          ? {
              words: data.commandIdentifiers.join(', '),
              approval: { kind: 'commands', commandIdentifiers: data.commandIdentifiers },
            }
          : undefined,
      }
    case 'write':
      return {
        kind: 'write',
        title: 'Change a file?',
        // Of a file of Windows every line ends with a return.
        body:
          [data.fileName, data.diff?.trim().replaceAll('\r\n', '\n')].filter(Boolean).join('\n') ||
          pretty(request),
        names: ['write'],
        lasting: { words: 'to change any file', approval: { kind: 'write' } },
      }
    case 'read':
      return {
        kind: 'read',
        title: 'Read a file?',
        body: data.path ?? pretty(request),
        names: ['read'],
        lasting: { words: 'to read any file', approval: { kind: 'read' } },
      }
    case 'path': {
      return { ...outside(data.accessKind), body: data.paths?.join('\n') || pretty(request) }
    }
    case 'mcp':
      return {
        kind: 'mcp',
        title: `Use ${data.toolName ?? 'a tool'} of ${data.serverName ?? 'an MCP server'}?`,
        body: isEmpty(data.args) ? 'without arguments' : pretty(data.args),
        names: toolNames(data),
        lasting:
          data.serverName && data.toolName
            ? {
                words: `${data.toolName} of ${data.serverName}`,
                approval: { kind: 'mcp', serverName: data.serverName, toolName: data.toolName },
              }
            : undefined,
      }
    case 'url': {
      const from = data.redirectedFrom && `led there by ${data.redirectedFrom}`
      const body = [data.url ?? pretty(request), from].filter(Boolean).join('\n')
      return { kind: 'url', title: 'Open an address?', body, names: ['url'] }
    }
    case 'memory': {
      const body = [data.fact ?? pretty(request), data.citations].filter(Boolean).join('\n')
      return { kind: 'other', title: 'Remember this?', body, names: [] }
    }
    case 'hook': {
      // A question that was raised for our rules; of a server's tool its call tells more, see mcpAsk.
      const line = hookCommand(data)
      if (line === undefined) return other(data, request)
      const short = /^.{1,80}$/.test(line) ? [`shell(${line.trim()})`] : []
      return { kind: 'command', title: 'Run a command?', body: line, names: ['shell', ...short] }
    }
    default:
      return other(data, request)
  }
}

function other(data: Request, request: unknown): Question {
  return {
    kind: 'other',
    title: data.toolName ? `Use ${data.toolName}?` : `Allow ${data.kind || 'this'}?`,
    body: pretty(data.args ?? data.toolArgs ?? request),
    names: data.toolName && !KINDS.has(data.toolName) ? [data.toolName] : [],
  }
}

/** The same question where the call is known to be one of a server's tool. */
export function mcpAsk(ask: PermissionAsk, serverName: Clean, toolName: Clean): PermissionAsk {
  const { title, names } = question({ kind: 'mcp', serverName, toolName }, undefined)
  return {
    ...ask,
    kind: 'mcp',
    title: clean(visible(title)),
    names: names.map(name => clean(visible(name), 200)),
  }
}

function about(data: Request): PermissionAsk['about'] {
  const { kind, fileName, path, paths, url } = data
  const command = data.fullCommandText ?? hookCommand(data)
  if (kind === 'path') return { paths, outside: true }
  const file = fileName ?? path
  return { command, paths: file === undefined ? undefined : [file], url }
}

/** The line that one of the runtime's own shells is to run, where our rules had it asked about. */
function hookCommand({ kind, toolName = '', toolArgs }: Request): string | undefined {
  return kind === 'hook' ? shellLine(toolName, toolArgs) : undefined
}

/** Several commands in one line, or one that writes into a file besides (`> file`), have no name of their own. */
function commandNames({
  commandIdentifiers: [only, ...more] = [],
  canOfferSessionApproval,
}: Request): string[] {
  return only === undefined || more.length > 0 || canOfferSessionApproval === false ? [] : [`shell(${only})`]
}

/** A tool, or a command, that touches what lies outside the folder. */
function outside(access: string | undefined): Omit<Question, 'body'> {
  if (access === 'shell') return { kind: 'command', title: 'Go outside this folder?', names: ['shell'] }
  if (access === 'write') return { kind: 'write', title: 'Write outside this folder?', names: ['write'] }
  return { kind: 'read', title: 'Read outside this folder?', names: ['read'] }
}

function toolNames({ serverName, toolName }: Request): string[] {
  if (!serverName) return []
  return [...(KINDS.has(serverName) ? [] : [serverName]), ...(toolName ? [`${serverName}(${toolName})`] : [])]
}

function isEmpty(args: unknown): boolean {
  return args === undefined || (typeof args === 'object' && args !== null && Object.keys(args).length === 0)
}

function pretty(value: unknown): string {
  return typeof value === 'string' ? value : jsonLines(value)
}

function line(text: string | undefined): Clean | undefined {
  return text ? clean(text, LINE) : undefined
}
