import * as v from 'valibot'
import type { ServerConfig } from '../runtime/types.ts'
import { clean } from '../text.ts'
import { addressFault } from './address.ts'
import { type Environment, fillCredentials } from './environment.ts'
import { addressSchema as address, clientIdSchema as clientId, portSchema as port } from './kind.ts'
import { callbackUrlFault, clientMetadataUrlFault, type SignInOptions } from './sign-in-options.ts'

/** Longest name of a server, in characters. */
const LONGEST_NAME = 64

const text = v.string('must be text')
const noNul = v.pipe(
  text,
  v.check(value => !value.includes('\0'), 'holds a NUL character'),
)
const list = v.array(text, 'must be a list')
const number = v.pipe(
  v.number('must be a number of milliseconds'),
  v.integer('must be a whole number of milliseconds'),
  v.minValue(1, 'must be at least one millisecond'),
)
const yesNo = v.boolean('must be true or false')

const COMMON = { tools: v.optional(list), excludeTools: v.optional(list), timeout: v.optional(number) }

/** http and sse. Keys that are not here are left out: a known one with a bad value would freeze the session. */
const RemoteSchema = v.object({
  url: address(addressFault),
  headers: v.optional(
    v.record(
      v.pipe(text, v.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/, 'holds a name that a header cannot have')),
      v.pipe(text, v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'is a value that a header cannot have')),
      'must be an object of texts',
    ),
  ),
  oauthClientId: v.optional(clientId),
  oauthPublicClient: v.optional(yesNo),
  oauthGrantType: v.optional(
    v.picklist(
      ['authorization_code', 'client_credentials'],
      'must be authorization_code or client_credentials',
    ),
  ),
  auth: v.optional(
    v.union(
      [v.boolean(), v.object({ redirectPort: port })],
      'must be true, false, or an object with a redirectPort from 1 to 65535',
    ),
  ),
  // The first two as other hosts write them, and Copilot CLI still reads them; the rest is ours alone.
  oauth: v.optional(
    v.object(
      {
        clientId: v.optional(clientId),
        callbackPort: v.optional(port),
        clientMetadataUrl: v.optional(address(clientMetadataUrlFault)),
        callbackUrl: v.optional(address(callbackUrlFault)),
        identity: v.optional(yesNo),
      },
      'must be an object',
    ),
  ),
  ...COMMON,
})

/** stdio, which Copilot CLI also calls local. */
const LocalSchema = v.object({
  command: v.pipe(noNul, v.nonEmpty('is empty')),
  args: v.optional(v.array(noNul, 'must be a list')),
  cwd: v.optional(noNul),
  env: v.optional(
    v.record(
      v.pipe(text, v.regex(/^[^=\0]+$/, 'holds a name that a variable cannot have')),
      noNul,
      'must be an object of texts',
    ),
  ),
  ...COMMON,
})

/** What is wrong with the name of a server, as the end of a sentence; undefined if nothing is. */
export function nameFault(name: string): string | undefined {
  if (name.trim() === '') return 'is empty'
  if (Array.from(name).length > LONGEST_NAME) return `is longer than ${LONGEST_NAME} characters`
  if (clean(name, LONGEST_NAME) !== name || name.normalize() !== name) {
    return 'holds characters that cannot be shown safely'
  }
  // The runtime refuses these, and with one bad name it starts no server at all.
  if (/}|^\/|\/$|\/\//.test(name)) return 'holds a } or a / at its ends or twice in a row'
  return undefined
}

export interface Entry {
  config: ServerConfig
  options: SignInOptions
}

/**
 * Judges one entry of `mcpServers` as the runtime would, which does not leave a bad one out but loads no server any
 * more. Gives the entry with credentials filled in and what only we need of it, `disabled`, or what is wrong with it as
 * the rest of a sentence.
 */
export function judgeEntry(value: unknown, env: Environment): Entry | 'disabled' | { fault: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: 'the entry must be an object' }
  }
  const entry: Readonly<Record<string, unknown>> = { ...value }
  if (entry.disabled === true) return 'disabled'
  const { type } = entry
  if (type === undefined && entry.command === undefined && entry.url === undefined) {
    return { fault: 'it has neither url nor command' }
  }
  switch (type ?? (entry.command === undefined ? 'http' : 'stdio')) {
    case 'http':
    case 'streamable-http':
      return remote('http', entry, env)
    case 'sse':
      return remote('sse', entry, env)
    case 'stdio':
    case 'local':
      return local(entry, env)
    default:
      return { fault: 'type must be http, sse, stdio or local' }
  }
}

function remote(type: 'http' | 'sse', entry: unknown, env: Environment): Entry | { fault: string } {
  const result = v.safeParse(RemoteSchema, entry)
  if (!result.success) return { fault: told(result.issues[0]) }
  const { headers, oauth, ...rest } = result.output
  const config: ServerConfig = { type, ...rest }
  if (headers) config.headers = filled(headers, env)
  if (oauth?.clientId !== undefined) config.oauthClientId ??= oauth.clientId
  // A client that acts for itself is confidential by nature; the runtime wants that said.
  if (config.oauthGrantType === 'client_credentials') config.oauthPublicClient ??= false
  if (oauth?.callbackPort !== undefined) config.auth ??= { redirectPort: oauth.callbackPort }
  const { clientMetadataUrl, callbackUrl, identity } = oauth ?? {}
  const redirectPort = typeof config.auth === 'object' ? config.auth.redirectPort : oauth?.callbackPort
  return { config, options: { clientMetadataUrl, redirectPort, callbackUrl, identity } }
}

function local(entry: unknown, env: Environment): Entry | { fault: string } {
  const result = v.safeParse(LocalSchema, entry)
  if (!result.success) return { fault: told(result.issues[0]) }
  const { env: own, ...rest } = result.output
  return { config: { type: 'stdio', ...rest, ...(own && { env: filled(own, env) }) }, options: {} }
}

function filled(values: Record<string, string>, env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, fillCredentials(value, env)]),
  )
}

/** Which key, and what is wrong with it. Never the value, which can be a secret. */
function told(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue)
  const missing = issue.input === undefined
  return `${path === null ? 'it' : clean(path, 60)} ${missing ? 'is missing' : issue.message}`
}
