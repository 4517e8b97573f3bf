import * as oauth from 'oauth4webapi'
import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { type Clean, clean, hostOf } from '../text.ts'
import { asOauthClient, clientAuth, endpointOptions } from './endpoint.ts'
import { jsonObject, textOf } from './http.ts'
import { retryAfter, seconds } from './seconds.ts'
import { Secret } from './secret.ts'
import type { Asker, Tokens } from './token.ts'
import { judgeTokens, refusal } from './token-answer.ts'
import type { WebUrl } from './types.ts'
import { visitableUrl } from './url.ts'

/** A started device authorization (RFC 8628 3.2). */
export interface DeviceStart {
  deviceCode: Secret
  userCode: Clean
  page: WebUrl
  completePage?: WebUrl
  /** In seconds from now, at most 30 min. */
  expiresIn: number
  /** Seconds between two polls, 1 to 60. */
  interval: number
}

export type DevicePoll =
  | { kind: 'tokens'; tokens: Tokens }
  /** Not yet. `wait`: seconds that the server asks for this once (Retry-After), at most 60. */
  | { kind: 'pending'; wait?: number }
  /** Not yet, and add 5 s to the interval from now on. */
  | { kind: 'slow-down' }

const LONGEST_LIFE = 30 * 60
const LONGEST_PAUSE = 60
/** RFC 8628 3.2: without an interval it is 5 s. */
const USUAL_PAUSE = 5

const StartAnswer = v.object({
  device_code: v.pipe(v.string(), v.regex(/^[\x20-\x7e]{1,8192}$/)),
  user_code: v.pipe(v.string(), v.regex(/^[^\p{C}]{1,64}$/u)),
  verification_uri: v.optional(v.unknown()),
  verification_uri_complete: v.nullish(v.unknown()),
  expires_in: v.optional(v.unknown()),
  interval: v.optional(v.unknown()),
})

/** Asks for a device code. Throws like `exchangeCode`, and `unsafe-address` for a page that must not be visited. */
export async function startDevice(
  input: Asker & { scope?: string },
  signal: AbortSignal,
): Promise<DeviceStart> {
  const { target, client, http, scope } = input
  const parameters = { resource: target.resource, ...(scope === undefined ? {} : { scope }) }
  const response = await oauth.deviceAuthorizationRequest(
    target.as,
    asOauthClient(client),
    clientAuth(client),
    parameters,
    endpointOptions(target, http, signal),
  )
  return judgeStart(response, input)
}

/** Asks once whether the person has finished. Throws `sign-in-denied`, `sign-in-expired`, and what `exchangeCode` throws. */
export async function pollDeviceToken(
  input: Asker & { deviceCode: Secret },
  signal: AbortSignal,
): Promise<DevicePoll> {
  const { target, client, http, deviceCode } = input
  const response = await oauth.deviceCodeGrantRequest(
    target.as,
    asOauthClient(client),
    clientAuth(client),
    deviceCode.reveal(),
    { ...endpointOptions(target, http, signal), additionalParameters: { resource: target.resource } },
  )
  if (response.status === 429) return { kind: 'pending', wait: capped(retryAfter(response), LONGEST_PAUSE) }
  const judged = await judgeTokens(response, input)
  if ('tokens' in judged) return { kind: 'tokens', tokens: judged.tokens }
  if (judged.error === 'authorization_pending')
    return { kind: 'pending', wait: capped(retryAfter(response), LONGEST_PAUSE) }
  if (judged.error === 'slow_down') return { kind: 'slow-down' }
  // A code that is too old is no grant any more for servers that have forgotten it.
  const code = judged.error === 'invalid_grant' ? 'expired_token' : judged.error
  throw refusal(code, hostOf(target.issuer))
}

/** Ours and not `oauth4webapi`'s, which refuses lifetimes and pauses that can be put right. */
async function judgeStart(response: Response, { target }: Asker): Promise<DeviceStart> {
  const host = hostOf(target.as.device_authorization_endpoint ?? target.issuer)
  if (response.status === 429 || response.status >= 500) throw new HostError('http-trouble', host)
  const body = jsonObject((await textOf(response)) ?? '')
  if (typeof body?.error === 'string') throw refusal(body.error, host)
  const answer = v.safeParse(StartAnswer, body)
  if (response.status !== 200 || !answer.success) throw new HostError('token-bad', host)
  const { verification_uri_complete: complete, ...start } = answer.output
  const judged = (address: unknown) => visitableUrl(address, 'the page for the code', target.server)
  const page = judged(start.verification_uri)
  const completePage = complete === undefined || complete === null ? undefined : judged(complete)
  const userCode = clean(start.user_code)
  if (userCode === '') throw new HostError('token-bad', host)
  return {
    deviceCode: new Secret(start.device_code),
    userCode,
    page,
    // In a QR code nobody reads where it leads: to the page that is named beside it, or nowhere.
    completePage:
      completePage && new URL(completePage).host === new URL(page).host ? completePage : undefined,
    expiresIn: capped(start.expires_in, LONGEST_LIFE) ?? LONGEST_LIFE,
    interval: pause(start.interval),
  }
}

function pause(interval: unknown): number {
  if (interval === 0 || interval === '0') return 1
  return capped(interval, LONGEST_PAUSE) ?? USUAL_PAUSE
}

function capped(value: unknown, most: number): number | undefined {
  const given = seconds(value, Number.MAX_VALUE)
  return given === undefined ? undefined : Math.min(given, most)
}
