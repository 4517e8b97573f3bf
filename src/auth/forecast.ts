import type { Grant } from './types.ts'

/** A token is renewed this long before its end, in milliseconds, or a tenth of its life if that is less. */
const MARGIN = 60_000
/** A token without a known end is renewed after an hour if that is possible, in milliseconds. */
const UNKNOWN_LIFE = 3_600_000

/** A clock may be off by this much before a grant of the future looks odd, in milliseconds. */
const SKEW = 300_000

type Lifetimes = Pick<Grant, 'refresh' | 'receivedAt' | 'expiresAt' | 'refreshExpiresAt'>

/**
 * True until shortly before the token ends (or an hour old, for one whose end is not known but that can be renewed). A grant
 * of the future means that a clock was wrong: its end means nothing, so it is renewed if that is possible.
 */
export function isFresh(grant: Lifetimes, now: number): boolean {
  const { receivedAt, expiresAt, refresh } = grant
  if (now < receivedAt - SKEW) return refresh === undefined
  if (expiresAt === undefined) return refresh === undefined || now < receivedAt + UNKNOWN_LIFE
  return now < expiresAt - Math.min(MARGIN, (expiresAt - receivedAt) / 10)
}

/**
 * When a sign-in ends unless a person signs in again, in milliseconds since the epoch; undefined where no end is known. An
 * access token that ends is no end as long as it can be renewed silently. A refresh token lasts until the server says
 * otherwise, and where it says when (which is in no RFC), no longer.
 */
export function endOf({ refresh, expiresAt, refreshExpiresAt }: Lifetimes): number | undefined {
  if (refresh === undefined) return expiresAt
  return refreshExpiresAt === undefined ? undefined : Math.max(expiresAt ?? 0, refreshExpiresAt)
}

/** True where the sign-in ends within this time, in milliseconds, and only a person can help. */
export function lapses(grant: Lifetimes, now: number, within: number): boolean {
  return (endOf(grant) ?? Number.POSITIVE_INFINITY) <= now + within
}

/**
 * True where a renewal now would help a run of this length, in milliseconds: a token ends within it, and half of its life is
 * over. One that has just been received is as good as it gets, however long the run.
 */
export function isDue(grant: Lifetimes, now: number, within: number): boolean {
  const { refresh, receivedAt, expiresAt, refreshExpiresAt } = grant
  const endsSoon = (end: number | undefined) =>
    end !== undefined && now >= end - Math.min(within, (end - receivedAt) / 2)
  return refresh !== undefined && (endsSoon(expiresAt) || endsSoon(refreshExpiresAt))
}
