import { HostError } from '../../errors.ts'
import { findClient } from '../client.ts'
import { type DevicePoll, type DeviceStart, pollDeviceToken, startDevice } from '../device-grant.ts'
import type { Client } from '../types.ts'
import type { FlowInput, SignedIn } from './flow.ts'

/** A network or server that is away for a moment does not end the waiting (RFC 8628 3.5). */
const HICCUPS: ReadonlySet<string> = new Set([
  'http-deadline',
  'http-network',
  'http-proxy',
  'http-name',
  'http-trouble',
])
/** The longest pause between two polls and what `slow_down` adds to it, in seconds. */
const LONGEST = 60
const SLOWER = 5

/**
 * Device authorization (RFC 8628): shows a code and polls until the person has entered it somewhere else, at the pace the server
 * asks for. Its own waiting is counted, not the clock, which may be put right meanwhile: after the machine slept there is one more
 * poll, and the server knows whether the code still counts. Throws `sign-in-expired` when
 * the code ran out, `sign-in-denied`, and what starting throws.
 */
export async function signInByDevice(
  input: FlowInput,
  ready: (started: DeviceStart & { client: Client; expiresAt: number }) => void,
  signal: AbortSignal,
): Promise<SignedIn> {
  const { request, target, scope, http, clock } = input
  const client = await findClient(
    { request, target, options: input.options, stored: input.client, redirectUri: undefined, scope, http },
    signal,
  )
  const asker = { target, client, http }
  const start = await startDevice({ ...asker, scope }, signal)
  const expiresAt = clock.now() + start.expiresIn * 1000
  ready({ ...start, client, expiresAt })

  let interval = start.interval
  let wait = interval
  let left = start.expiresIn
  for (;;) {
    await clock.sleep(wait * 1000, signal)
    left -= wait
    const at = clock.now()
    const poll = await pollOnce()
    if (poll.kind === 'tokens') return { tokens: poll.tokens, client, at }
    if (left <= 0)
      throw new HostError(
        'sign-in-expired',
        `the code of ${target.pageHost} ran out, start again for a new one`,
      )
    if (poll.kind === 'slow-down') interval += SLOWER
    if (poll.kind === 'away') interval *= 2
    interval = Math.min(interval, LONGEST)
    wait = Math.max(interval, poll.kind === 'pending' ? (poll.wait ?? 0) : 0)
  }

  async function pollOnce(): Promise<DevicePoll | { kind: 'away' }> {
    try {
      return await pollDeviceToken({ ...asker, deviceCode: start.deviceCode }, signal)
    } catch (error) {
      if (!signal.aborted && error instanceof HostError && HICCUPS.has(error.kind)) return { kind: 'away' }
      throw error
    }
  }
}
