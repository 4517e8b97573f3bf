import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { type Clean, clean } from '../text.ts'
import { LARGEST_DOCUMENT } from './http.ts'
import { Secret } from './secret.ts'
import type { AuthRequest } from './types.ts'
import { webUrl } from './url.ts'

/** A `mcp.oauth_required` event: its request id, its data as it came, and what the session knows about it. */
export interface AuthEvent {
  id: string
  data: unknown
  calls: readonly string[]
  tool?: Clean
}

const LONGEST_SCOPE = 8192

/** Absent and null are the same; a value of another kind counts as absent. */
const lenient = <T>(schema: v.GenericSchema<unknown, T>) => v.fallback(v.optional(schema), undefined)

const EventData = v.object({
  serverName: v.fallback(v.string(), ''),
  serverUrl: v.optional(v.unknown()),
  reason: v.fallback(v.picklist(['initial', 'refresh', 'upscope', 'reauth']), 'reauth'),
  wwwAuthenticateParams: lenient(
    v.object({
      resourceMetadataUrl: v.optional(v.unknown()),
      scope: lenient(v.string()),
    }),
  ),
  resourceMetadata: lenient(v.string()),
  // A client that is configured and unreadable is an error: another one must not take its place.
  staticClientConfig: v.nullish(
    v.object({
      clientId: v.pipe(v.string(), v.regex(/^[\x20-\x7e]{1,2048}$/)),
      clientSecret: v.nullish(v.pipe(v.string(), v.regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,2048}$/u))),
      grantType: lenient(v.literal('client_credentials')),
    }),
  ),
  redirectPort: lenient(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535))),
})

/** The name of the server in such an event, also where the rest of it is of no use. */
export function serverNameOf(data: unknown): Clean | undefined {
  const result = v.safeParse(v.object({ serverName: v.string() }), data)
  return result.success ? clean(result.output.serverName) || undefined : undefined
}

/**
 * Judges the data of a `mcp.oauth_required` event. Unknown fields are dropped, an unknown reason counts as `reauth`.
 * Throws `unsafe-address` for a bad server or metadata address, `metadata-bad` when it is no such event at all.
 */
export function judgeRequest(event: AuthEvent): AuthRequest {
  const result = v.safeParse(EventData, event.data)
  if (!result.success) throw new HostError('metadata-bad', 'the request of the runtime is not readable')
  const data = result.output
  const url = webUrl(data.serverUrl, 'the MCP server')
  const challenge = data.wwwAuthenticateParams
  const metadataUrl = challenge?.resourceMetadataUrl ?? undefined
  const client = data.staticClientConfig ?? undefined
  return {
    id: event.id,
    server: { name: clean(data.serverName) || clean(new URL(url).host), url },
    reason: data.reason,
    challenge: {
      scope: challenge?.scope?.slice(0, LONGEST_SCOPE),
      metadataUrl:
        metadataUrl === undefined ? undefined : webUrl(metadataUrl, 'the address of the resource metadata'),
    },
    // One character more than is allowed, so that its judge sees that it is too large.
    metadata: data.resourceMetadata?.slice(0, LARGEST_DOCUMENT + 1),
    client: client && {
      id: client.clientId,
      secret: client.clientSecret ? new Secret(client.clientSecret) : undefined,
      grant: client.grantType,
    },
    redirectPort: data.redirectPort,
    calls: event.calls,
    tool: event.tool,
  }
}
