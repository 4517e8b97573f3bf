import * as v from 'valibot'
import { type Clean, clean, cleanBlock } from '../text.ts'
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
})
type Request = v.InferOutput<typeof Request>

interface Question {
  kind: PermissionAsk['kind']
  title: string
  body: string
  names: string[]
  approval?: object
}

/** Names of `--allow-tool` that stand for whole kinds: no server and no tool may borrow them. */
const KINDS = new Set(['shell', 'write', 'read', 'url'])

/**
 * What the runtime asks to be allowed, as a question. A kind that is not known is shown as it came: nothing is allowed
 * unseen.
 */
export function permissionAsk(id: string, request: unknown): PermissionAsk {
  const judged = v.safeParse(Request, request)
  const data: Request = judged.success ? judged.output : { kind: '', args: request }
  const { kind, title, body, names, approval } = question(data, request)
  return {
    id,
    kind,
    title: clean(title),
    body: cleanBlock(body).trim(),
    intention: line(data.intention),
    warning: line(data.warning),
    toolCallId: data.toolCallId,
    names: names.map(name => clean(name, 200)),
    about: about(data),
    approval: data.canOfferSessionApproval === false ? undefined : approval,
  }
}

function question(data: Request, request: unknown): Question {
  switch (data.kind) {
    case 'commands':
    case 'shell':
      return {
        kind: 'command',
        title: 'Run a command?',
        body: data.fullCommandText ?? pretty(request),
        // Several commands in one line are allowed together or not at all.
        names: [
          'shell',
          ...(data.commandIdentifiers?.length === 1 ? [`shell(${data.commandIdentifiers[0]})`] : []),
        ],
        approval: data.commandIdentifiers?.length
          ? { kind: 'commands', commandIdentifiers: data.commandIdentifiers }
          : undefined,
      }
    case 'write':
      return {
        kind: 'write',
        title: 'Change a file?',
        body: [data.fileName, data.diff?.trim()].filter(Boolean).join('\n') || pretty(request),
        names: ['write'],
        approval: { kind: 'write' },
      }
    case 'read':
      return {
        kind: 'read',
        title: 'Read a file?',
        body: data.path ?? pretty(request),
        names: ['read'],
        approval: { kind: 'read' },
      }
    case 'path': {
      const write = data.accessKind === 'write'
      return {
        kind: write ? 'write' : 'read',
        title: write ? 'Write outside this folder?' : 'Read outside this folder?',
        body: data.paths?.join('\n') || pretty(request),
        names: [write ? 'write' : 'read'],
      }
    }
    case 'mcp':
      return {
        kind: 'mcp',
        title: `Use ${data.toolName ?? 'a tool'} of ${data.serverName ?? 'an MCP server'}?`,
        body: isEmpty(data.args) ? 'without arguments' : pretty(data.args),
        names: toolNames(data),
        approval:
          data.serverName && data.toolName
            ? { kind: 'mcp', serverName: data.serverName, toolName: data.toolName }
            : undefined,
      }
    case 'url':
      return { kind: 'url', title: 'Open an address?', body: data.url ?? pretty(request), names: ['url'] }
    default:
      return {
        kind: 'other',
        title: data.toolName ? `Use ${data.toolName}?` : `Allow ${data.kind || 'this'}?`,
        body: pretty(data.args ?? request),
        names: data.toolName && !KINDS.has(data.toolName) ? [data.toolName] : [],
      }
  }
}

function about(data: Request): PermissionAsk['about'] {
  const { kind, fullCommandText: command, fileName, path, paths, url } = data
  if (kind === 'path') return { paths, outside: true }
  const file = fileName ?? path
  return { command, paths: file === undefined ? undefined : [file], url }
}

function toolNames({ serverName, toolName }: Request): string[] {
  if (!serverName) return []
  return [...(KINDS.has(serverName) ? [] : [serverName]), ...(toolName ? [`${serverName}(${toolName})`] : [])]
}

function isEmpty(args: unknown): boolean {
  return args === undefined || (typeof args === 'object' && args !== null && Object.keys(args).length === 0)
}

function pretty(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, undefined, 2) ?? '')
}

function line(text: string | undefined): Clean | undefined {
  return text ? clean(text, 200) : undefined
}
