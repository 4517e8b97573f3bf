import * as v from 'valibot'
import { isBearerToken } from '../auth/bearer.ts'
import { Secret } from '../auth/secret.ts'
import { parseJson } from '../auth/store/json.ts'
import type { Choice, SignInResult, SignInStep, SignInView } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import { HostError } from '../errors.ts'
import { type Clean, clean } from '../text.ts'
import { idOf } from './id.ts'

/** The program that waits, as it describes itself. */
export interface Program {
  kind: 'chat' | 'prompt' | 'login'
  /** The folder it works in, as it is shown: with `~`. */
  folder: Clean
  pid: number
}

/** A sign-in that waits. */
export interface Waiting {
  /** What a person types to answer it. */
  id: string
  program: Program
  /** In milliseconds since the epoch. */
  since: number
  view: SignInView
}

/** What the answering process says. The first line is `hello` with the nonce of the descriptor. */
export type Request =
  | { type: 'hello'; nonce: string }
  /** Every sign-in that waits here: `waiting` for each one, then `listed`. */
  | { type: 'list' }
  /** From now on `view`, `step` and `end` of this sign-in; `gone` where it does not wait. */
  | { type: 'attach'; id: string }
  /** A choice for the attached sign-in. */
  | { type: 'choose'; choice: Choice }

/** What the waiting process says. */
export type Report =
  | { type: 'waiting'; waiting: Waiting }
  | { type: 'listed' }
  | { type: 'gone' }
  | { type: 'view'; view: SignInView }
  | { type: 'step'; step: SignInStep }
  /** `yours`: the last choice that counted came over this connection. */
  | { type: 'end'; result: SignInResult; yours: boolean }

/** Longest text, in characters: an authorization address of our own making names every right. */
const LONGEST = 32 * 1024

const text = v.pipe(v.string(), v.maxLength(LONGEST))
const label = (max: number) =>
  v.pipe(
    text,
    v.transform(value => clean(value, max)),
  )
const host = label(255)
const time = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(8.64e15))
const scopes = v.pipe(v.array(label(80)), v.maxLength(200))
const route = v.picklist(['browser', 'device', 'paste'])
const keptIn = v.picklist(['keychain', 'file', 'memory'])
const id = v.pipe(
  v.string(),
  v.check(value => idOf(value) === value),
)
/** Judged once more: it is about to be shown, or opened, by a process that did not read the metadata itself. */
const address = (what: string) =>
  v.pipe(
    text,
    v.transform(value => webUrl(value, what, LONGEST)),
  )
const error = v.pipe(
  text,
  v.transform(value => new HostError('sign-in-failed', clean(value, 240))),
)

const view = v.object({
  id: label(200),
  server: label(80),
  serverHost: host,
  pageHost: host,
  knownSince: v.optional(time),
  formerHost: v.optional(host),
  others: v.pipe(v.array(v.object({ issuer: text, host })), v.maxLength(50)),
  reason: v.picklist(['initial', 'refresh', 'upscope', 'reauth']),
  tool: v.optional(label(80)),
  newScopes: scopes,
  grantedScopes: scopes,
  account: v.optional(label(120)),
  wanted: v.optional(label(120)),
  keptIn,
  routes: v.pipe(v.array(route), v.maxLength(3)),
  deadline: time,
})

const page = address('the sign-in page')
const forward = v.optional(label(200))
const step = v.variant('kind', [
  v.object({ kind: v.literal('browser'), url: page, opened: v.boolean(), forward }),
  v.object({ kind: v.literal('paste'), url: page, forward }),
  v.object({
    kind: v.literal('device'),
    page,
    completePage: v.optional(page),
    code: label(80),
    expiresAt: time,
  }),
  v.object({ kind: v.literal('client'), error }),
  v.object({ kind: v.literal('trouble'), route, error }),
])

const result = v.variant('kind', [
  v.object({ kind: v.literal('signed-in'), account: v.optional(label(120)), keptIn }),
  v.object({ kind: v.literal('brought') }),
  v.object({ kind: v.literal('elsewhere') }),
  v.object({ kind: v.literal('withdrawn') }),
  v.object({ kind: v.literal('cancelled') }),
  v.object({ kind: v.literal('later') }),
  v.object({ kind: v.literal('failed'), error }),
])

const report = v.variant('type', [
  v.object({
    type: v.literal('waiting'),
    waiting: v.object({
      id,
      program: v.object({
        kind: v.picklist(['chat', 'prompt', 'login']),
        folder: label(200),
        pid: v.pipe(v.number(), v.integer(), v.minValue(0)),
      }),
      since: time,
      view,
    }),
  }),
  v.object({ type: v.literal('listed') }),
  v.object({ type: v.literal('gone') }),
  v.object({ type: v.literal('view'), view }),
  v.object({ type: v.literal('step'), step }),
  v.object({ type: v.literal('end'), result, yours: v.boolean() }),
])

const choice = v.variant('kind', [
  v.object({ kind: v.literal('route'), route }),
  v.object({ kind: v.literal('pasted'), address: v.pipe(v.string(), v.maxLength(16_384)) }),
  v.object({ kind: v.literal('issuer'), issuer: text }),
  // RFC 6749 A.1.
  v.object({ kind: v.literal('client'), id: v.pipe(v.string(), v.regex(/^[\x20-\x7e]{1,1024}$/)) }),
  // A browser opens where the person is: here only an address is given.
  v.object({ kind: v.literal('account'), route: v.literal('paste') }),
  v.object({ kind: v.literal('later') }),
  v.object({ kind: v.literal('cancel') }),
  v.object({
    kind: v.literal('token'),
    token: v.pipe(
      v.string(),
      v.check(isBearerToken),
      v.transform(value => new Secret(value)),
    ),
  }),
])

const request = v.variant('type', [
  v.object({ type: v.literal('hello'), nonce: v.pipe(v.string(), v.maxLength(100)) }),
  v.object({ type: v.literal('list') }),
  v.object({ type: v.literal('attach'), id }),
  v.object({ type: v.literal('choose'), choice }),
])

/** Judges a line of the answering process; undefined when it is none of ours. */
export function requestOf(line: string): Request | undefined {
  const judged = v.safeParse(request, parseJson(line))
  return judged.success ? judged.output : undefined
}

/**
 * Judges a line of the waiting process: all text cleaned and every address judged again. Throws `unsafe-address`, or
 * `failure` for a line that is none of ours.
 */
export function reportOf(line: string): Report {
  const judged = v.safeParse(report, parseJson(line))
  if (judged.success) return judged.output
  throw new HostError('failure', 'the program that waits says something that cannot be read')
}

/** The one place where a token that a person brought leaves this process: to the one that waits for it. */
export function lineOfRequest(request: Request): string {
  if (request.type !== 'choose' || request.choice.kind !== 'token') return JSON.stringify(request)
  return JSON.stringify({ ...request, choice: { ...request.choice, token: request.choice.token.reveal() } })
}

/** Of an error only its text is told. */
export function lineOfReport(report: Report): string {
  return JSON.stringify(report, (_name, value) => (value instanceof HostError ? value.message : value))
}
