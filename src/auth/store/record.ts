import * as v from 'valibot'
import { clean } from '../../text.ts'
import { Secret } from '../secret.ts'
import type { Grant, ServerKey } from '../types.ts'
import { parseJson } from './json.ts'

const VERSION = 1
const secret = v.pipe(v.string(), v.minLength(1), v.maxLength(65_536))
const line = v.pipe(v.string(), v.minLength(1), v.maxLength(8192))
const time = v.pipe(v.number(), v.finite(), v.minValue(0))

const recordSchema = v.object({
  v: v.literal(VERSION),
  server: line,
  issuer: line,
  resource: line,
  client: v.object({
    id: line,
    secret: v.optional(secret),
    authMethod: v.picklist(['none', 'client_secret_basic', 'client_secret_post']),
    redirectUris: v.optional(v.pipe(v.array(line), v.maxLength(20))),
  }),
  account: v.optional(line),
  access: secret,
  refresh: v.optional(secret),
  scope: v.optional(v.pipe(v.string(), v.maxLength(8192))),
  receivedAt: time,
  expiresAt: v.optional(time),
})

const newerSchema = v.object({ v: v.pipe(v.number(), v.gtValue(VERSION)) })

/** What a stored text turned out to be. */
export type Decoded = { kind: 'grant'; grant: Grant } | { kind: 'newer' } | { kind: 'garbled' }

/** The text that is kept for a grant: versioned JSON that names what it is for. Reveals the secrets. */
export function encodeRecord(key: ServerKey, grant: Grant): string {
  const { client } = grant
  const record: v.InferOutput<typeof recordSchema> = {
    v: VERSION,
    server: key.server,
    issuer: key.issuer,
    resource: grant.resource,
    client: {
      id: client.id,
      secret: client.secret?.reveal(),
      authMethod: client.authMethod,
      redirectUris: client.redirectUris && [...client.redirectUris],
    },
    account: grant.account,
    access: grant.access.reveal(),
    refresh: grant.refresh?.reveal(),
    scope: grant.scope,
    receivedAt: grant.receivedAt,
    expiresAt: grant.expiresAt,
  }
  return JSON.stringify(record)
}

/** Judges a stored text. A record for another server or issuer counts as garbled: credentials never change hands. */
export function decodeRecord(key: ServerKey, text: string): Decoded {
  const data = parseJson(text)
  if (v.is(newerSchema, data)) return { kind: 'newer' }
  const judged = v.safeParse(recordSchema, data)
  if (!judged.success) return { kind: 'garbled' }
  const { server, issuer, client, account, access, refresh, v: _, ...rest } = judged.output
  if (server !== key.server || issuer !== key.issuer) return { kind: 'garbled' }
  const grant: Grant = {
    ...rest,
    issuer,
    client: { ...client, secret: wrap(client.secret) },
    account: account === undefined ? undefined : clean(account),
    access: new Secret(access),
    refresh: wrap(refresh),
  }
  return { kind: 'grant', grant }
}

/** True if both are the same sign-in: same access and same refresh token. */
export function sameGrant(one: Grant, other: Grant): boolean {
  const sameRefresh = one.refresh ? one.refresh.equals(other.refresh) : other.refresh === undefined
  return one.access.equals(other.access) && sameRefresh
}

function wrap(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value)
}
