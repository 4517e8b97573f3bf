import { isBearerToken } from '../auth/bearer.ts'
import { Secret } from '../auth/secret.ts'
import type { SignInView, TokenStore } from '../auth/types.ts'
import { runtimeEnvironment } from '../config/environment.ts'
import { callDesk, type DeskCall } from '../desk/connect.ts'
import { type Found, findWaiting } from '../desk/find.ts'
import { idOf } from '../desk/id.ts'
import { HostError, hostError } from '../errors.ts'
import { type Host, isAttended } from '../host.ts'
import { clean } from '../text.ts'
import { readAnswer } from '../ui/plain/reader.ts'
import { createPlainPrompt } from '../ui/plain.ts'
import { resultLine } from '../ui/sign-in-words.ts'
import { answerFromHere, type Ending } from './answering.ts'
import { programText } from './auth-pending.ts'
import { systemBrowser } from './browser.ts'
import { forwarding } from './engine.ts'
import { createOutput } from './output.ts'
import { deskPlace } from './place.ts'
import { readToken } from './stdin.ts'

/** Longest token that is read, in bytes, with the line end behind it. */
const LONGEST_TOKEN = 33 * 1024
/** How long the other program may take to answer, in milliseconds, and how long it may say that a person has. */
const ANSWER_LIMIT = 3_000
const LONGEST_SIGN_IN = 24 * 3600_000

export interface AuthAnswerOptions {
  withToken?: boolean
  json?: boolean
}

/** What `auth answer --json` prints; see docs/auth-json.md. */
export interface SignInAnswer {
  id: string
  server: string
  /** `token`: by the token from standard input; `elsewhere`: somebody signed in from another program. */
  outcome: 'signed-in' | 'token' | 'elsewhere'
  account?: string
  store?: TokenStore['kind']
}

/**
 * `auth answer`: finishes a sign-in that waits in another process of this user. Gives 0 when it is signed in, 4 when it failed
 * or ended meanwhile, 5 when the person cancelled it or left, 2 for an id under which nothing waits.
 */
export async function authAnswer(
  name: string | undefined,
  options: AuthAnswerOptions,
  host: Host,
): Promise<number> {
  const out = createOutput(options, host)
  const place = deskPlace(host)
  const { waiting, lines } = await findWaiting(place, host.signal)
  for (const line of lines) out.warn(line)
  const found = pick(name, waiting)
  if (!options.withToken && !isAttended(host)) {
    throw new HostError('usage', 'nobody is there to choose; --with-token reads a token from standard input')
  }
  const token = options.withToken ? await tokenFrom(host) : undefined
  if (token && found.program.kind === 'login')
    throw new HostError('usage', 'auth login waits for a sign-in to keep: a token would serve nothing')
  const call = await inTime(signal => callDesk(found.descriptor, place, signal), ANSWER_LIMIT, host).catch(
    thrown => {
      throw new HostError('sign-in-failed', gone(found), { cause: thrown })
    },
  )
  try {
    call.send({ type: 'attach', id: found.id })
    const first = await inTime(call.next, ANSWER_LIMIT, host)
    if (first.type !== 'view') throw new HostError('sign-in-failed', gone(found))
    const ending = token
      ? await handOver(token, call, first.view, host)
      : await askHere(found, call, first.view, out.say, host)
    const answer = answerOf(found, ending, token !== undefined)
    if (answer instanceof HostError) {
      // The person who was asked has read it.
      if (!token && !options.json) return answer.exitCode
      throw answer
    }
    if (token) out.say(resultLine(found.view, ending.result).text)
    out.value(answer)
    return 0
  } catch (thrown) {
    const error = hostError(thrown, stillWaits(found))
    // After a signal nobody else says it.
    if (host.signal.aborted) out.warn(error.message)
    // What a desk says wrong, or that it is gone, is the end of a sign-in, not of this program.
    const { server } = found.view
    throw error.kind === 'failure' ? new HostError('sign-in-failed', `${server}: ${error.detail}`) : error
  } finally {
    call.close()
    // A process that was killed leaves files behind, which this clears.
    await findWaiting(place, AbortSignal.timeout(1000)).catch(() => {})
  }
}

/** How it ended, or why nobody is signed in by what was done here. */
function answerOf(found: Found, { result, yours }: Ending, byToken: boolean): SignInAnswer | HostError {
  const { id, view } = found
  const { server } = view
  switch (result.kind) {
    case 'signed-in':
    case 'brought':
    case 'elsewhere':
      if (byToken && !yours) {
        const text = `${server}: the sign-in was answered from elsewhere first, the token was not used`
        return new HostError('sign-in-failed', text)
      }
      if (result.kind !== 'signed-in')
        return { id, server, outcome: result.kind === 'brought' ? 'token' : result.kind }
      return { id, server, outcome: result.kind, account: result.account, store: result.keptIn }
    case 'cancelled':
    case 'later':
      return new HostError(result.kind, resultLine(view, result, again(found)).text)
    default:
      return new HostError('sign-in-failed', resultLine(view, result, again(found)).text)
  }
}

async function tokenFrom(host: Host): Promise<Secret> {
  const command = 'copilot-host auth answer <id> --with-token'
  return new Secret(await readToken(command, { longest: LONGEST_TOKEN, isToken: isBearerToken }, host))
}

/** The sign-in that is meant; without a name the only one. Throws `usage`. */
function pick(name: string | undefined, waiting: readonly Found[]): Found {
  const wanted = name === undefined ? undefined : idOf(name)
  const [only, other] = name === undefined ? waiting : waiting.filter(({ id }) => id === wanted)
  if (only === undefined) {
    const what = name === undefined ? 'no sign-in waits' : `no sign-in waits under ${clean(name, 40)}`
    throw new HostError('usage', `${what}; copilot-host auth pending shows what does`)
  }
  if (other === undefined) return only
  const all = waiting.map(({ id, view }) => `${id} (${view.server})`).join(', ')
  throw new HostError('usage', `several sign-ins wait, name one of them: ${all}`)
}

function gone({ view }: Found): string {
  return `the sign-in to ${view.server} has ended meanwhile`
}

function handOver(token: Secret, call: DeskCall, { deadline }: SignInView, host: Host): Promise<Ending> {
  call.send({ type: 'choose', choice: { kind: 'token', token } })
  const left = Math.min(Math.max(0, deadline - host.clock.now()), LONGEST_SIGN_IN)
  return inTime(
    async signal => {
      for (;;) {
        const report = await call.next(signal)
        if (report.type === 'end') return report
      }
    },
    left + ANSWER_LIMIT,
    host,
  )
}

/** Rejects with `sign-in-failed` after so many milliseconds. */
async function inTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  ms: number,
  { clock, signal }: Host,
): Promise<T> {
  const over = new AbortController()
  const open = AbortSignal.any([signal, over.signal])
  clock.sleep(ms, open).then(
    () => over.abort(new HostError('sign-in-failed', 'the program that waits does not answer')),
    () => {},
  )
  try {
    return await work(open)
  } finally {
    over.abort()
  }
}

async function askHere(
  found: Found,
  call: DeskCall,
  view: SignInView,
  say: (line: string) => void,
  host: Host,
): Promise<Ending> {
  const prompt = createPlainPrompt({
    write: say,
    now: host.clock.now,
    read: (signal, question) =>
      readAnswer({ stdin: host.stdin, clock: host.clock, write: say }, question, signal),
    again: () => again(found),
  })
  say(`Asked by ${programText(found.program)}. Ctrl+C leaves it waiting.`)
  try {
    return await answerFromHere(
      {
        ...{ call, view, prompt },
        browser: systemBrowser(host, { runtime: { env: runtimeEnvironment(host.env) } }),
        forward: port => forwarding(host, port),
      },
      host.signal,
    )
  } catch (thrown) {
    const left = host.signal.aborted || (thrown instanceof HostError && thrown.kind === 'cancelled')
    if (left) throw new HostError('cancelled', stillWaits(found))
    throw thrown
  }
}

function stillWaits({ id, view }: Found): string {
  return `${view.server} still waits: copilot-host auth answer ${id}`
}

/** What asks anew, where the sign-in waited: the name of the server may be known only there. */
function again({ program, view }: Found): string {
  return program.kind === 'chat' ? `/login ${view.server} there` : `the same command in ${program.folder}`
}
