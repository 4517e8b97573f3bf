import * as v from 'valibot'
import { clean } from '../../text.ts'
import { Secret } from '../secret.ts'
import type { Client, Grant, ServerKey } from '../types.ts'
import { identitySchema } from './identity.ts'
import { parseJson } from './json.ts'
import { slotSchema } from './slot.ts'

/** What a stored text turned out to be. */
export type Decoded<T> = { kind: 'value'; value: T } | { kind: 'newer' } | { kind: 'garbled' }

/** How one kind of thing is kept: as versioned JSON that names the server, the issuer and the account it is for. */
export interface RecordFormat<T> {
  /** What it is called in a line for the person. */
  noun: string
  /** The text to keep. Reveals the secrets. */
  encode(key: ServerKey, value: T): string
  /** Judges a stored text. A record for another server, issuer or account counts as garbled: credentials never change hands. */
  decode(key: ServerKey, text: string): Decoded<T>
  /** True if both are the same one, whatever else is said of it. */
  same(one: T, other: T): boolean
}

const VERSION = 1
const secret = v.pipe(v.string(), v.minLength(1), v.maxLength(65_536))
const line = v.pipe(v.string(), v.minLength(1), v.maxLength(8192))
const time = v.pipe(v.number(), v.finite(), v.minValue(0))

const headSchema = { v: v.literal(VERSION), server: line, issuer: line, slot: v.optional(slotSchema) }
const newerSchema = v.object({ v: v.pipe(v.number(), v.gtValue(VERSION)) })

const clientSchema = v.object({
  id: line,
  // The first records did not say it.
  source: v.optional(v.picklist(['configured', 'document', 'registered']), 'registered'),
  secret: v.optional(secret),
  authMethod: v.optional(
    v.picklist(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt']),
  ),
  redirectUris: v.optional(v.pipe(v.array(line), v.maxLength(20))),
})

/** Longest text of scope tokens that is kept, in characters: room for as many as there may be. */
export const LONGEST_SCOPE = 32_768

const grantSchema = v.object({
  resource: line,
  client: clientSchema,
  account: v.optional(line),
  identity: v.fallback(v.optional(identitySchema), undefined),
  access: secret,
  refresh: v.optional(secret),
  scope: v.optional(v.pipe(v.string(), v.maxLength(LONGEST_SCOPE))),
  receivedAt: time,
  expiresAt: v.optional(time),
  refreshExpiresAt: v.optional(time),
})

const grantRecordSchema = v.object({ ...headSchema, ...grantSchema.entries })
const clientRecordSchema = v.object({ ...headSchema, client: clientSchema })

/**
 * The record of a grant. Two grants are the same sign-in by their access and refresh token. The secret that a person has set
 * for a client is kept once, in the record of the client; the first records had it here too.
 */
export const grantRecord: RecordFormat<Grant> = {
  noun: 'sign-in',
  encode({ server, issuer, slot }, grant) {
    const record: v.InferOutput<typeof grantRecordSchema> = {
      v: VERSION,
      server,
      issuer,
      slot,
      resource: grant.resource,
      client: clientFields(
        grant.client.source === 'configured' ? { ...grant.client, secret: undefined } : grant.client,
      ),
      account: grant.account,
      identity: grant.identity,
      access: grant.access.reveal(),
      refresh: grant.refresh?.reveal(),
      scope: grant.scope,
      receivedAt: grant.receivedAt,
      expiresAt: grant.expiresAt,
      refreshExpiresAt: grant.refreshExpiresAt,
    }
    return JSON.stringify(record)
  },
  decode: (key, text) =>
    decode(grantRecordSchema, key, text, ({ issuer, client, account, access, refresh, ...rest }) => ({
      resource: rest.resource,
      scope: rest.scope,
      receivedAt: rest.receivedAt,
      expiresAt: rest.expiresAt,
      refreshExpiresAt: rest.refreshExpiresAt,
      issuer,
      client: clientFrom(client),
      account: clean(account ?? '') || undefined,
      identity: rest.identity,
      access: new Secret(access),
      refresh: wrap(refresh),
    })),
  same(one, other) {
    const sameRefresh = one.refresh ? one.refresh.equals(other.refresh) : other.refresh === undefined
    return one.access.equals(other.access) && sameRefresh
  },
}

/** The record of a client, beside the grant and living longer. Two clients are the same by their id. */
export const clientRecord: RecordFormat<Client> = {
  noun: 'client',
  encode({ server, issuer }, client) {
    const record: v.InferOutput<typeof clientRecordSchema> = {
      v: VERSION,
      server,
      issuer,
      client: clientFields(client),
    }
    return JSON.stringify(record)
  },
  decode: (key, text) => decode(clientRecordSchema, key, text, ({ client }) => clientFrom(client)),
  same: (one, other) => one.id === other.id,
}

function decode<R extends ServerKeyTexts, T>(
  schema: v.GenericSchema<unknown, R>,
  key: ServerKey,
  text: string,
  make: (record: R) => T,
): Decoded<T> {
  const data = parseJson(text)
  if (v.is(newerSchema, data)) return { kind: 'newer' }
  const judged = v.safeParse(schema, data)
  if (!judged.success) return { kind: 'garbled' }
  const { server, issuer, slot } = judged.output
  if (server !== key.server || issuer !== key.issuer || slot !== key.slot) return { kind: 'garbled' }
  return { kind: 'value', value: make(judged.output) }
}

interface ServerKeyTexts {
  server: string
  issuer: string
  slot?: string | undefined
}

function clientFields(client: Client): v.InferOutput<typeof clientSchema> {
  return {
    id: client.id,
    source: client.source,
    secret: client.secret?.reveal(),
    authMethod: client.authMethod,
    redirectUris: client.redirectUris && [...client.redirectUris],
  }
}

function clientFrom({ secret, ...client }: v.InferOutput<typeof clientSchema>): Client {
  return { ...client, secret: wrap(secret) }
}

function wrap(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value)
}
