import type { Reason, SignInView } from '../auth/types.ts'
import { type Found, findWaiting } from '../desk/find.ts'
import type { Program } from '../desk/wire.ts'
import type { Host } from '../host.ts'
import { timeLeft } from '../ui/sign-in-words.ts'
import { tableOf } from '../ui/width.ts'
import { createOutput } from './output.ts'
import { deskPlace } from './place.ts'

const WHY: Readonly<Record<Reason, string>> = {
  initial: 'first use',
  refresh: 'sign-in ended',
  upscope: 'more rights',
  reauth: 'sign in again',
}

const PROGRAMS: Readonly<Record<Program['kind'], string>> = {
  chat: 'chat',
  prompt: 'chat -p',
  login: 'auth login',
}

/** What `auth pending --json` prints of each sign-in; see docs/auth-json.md. */
export interface PendingSignIn {
  /** What `auth answer` takes. */
  id: string
  server: string
  /** The hosts of the server and of the sign-in page; `changedFrom` is there when that one has changed. */
  host: string
  page: string
  changedFrom?: string
  reason: Reason
  tool?: string
  account?: string
  /** Rights that are not given yet. */
  scopes: readonly string[]
  /** ISO 8601. */
  since: string
  deadline: string
  program: Program['kind']
  folder: string
  pid: number
}

/** `auth pending`: the sign-ins that wait anywhere on this machine for this user, oldest first. Gives 0. */
export async function authPending(options: { json?: boolean }, host: Host): Promise<number> {
  const out = createOutput(options, host)
  const { waiting, lines } = await findWaiting(deskPlace(host), host.signal)
  for (const line of lines) out.warn(line)
  out.value(waiting.map(asJson))
  if (waiting.length === 0) out.line('nothing waits')
  else for (const line of table(waiting, host.clock.now())) out.line(line)
  return 0
}

/** A server that is known already asks again, as the panel says. */
function whyText({ reason, knownSince, formerHost }: SignInView): string {
  const known = knownSince !== undefined || formerHost !== undefined
  return WHY[reason === 'initial' && known ? 'reauth' : reason]
}

/** The program that waits, in words: `chat -p in ~/shop (pid 4711)`. */
export function programText({ kind, folder, pid }: Program): string {
  return `${PROGRAMS[kind]} in ${folder} (pid ${pid})`
}

function asJson({ id, since, program, view }: Found): PendingSignIn {
  const { server, serverHost, pageHost, formerHost, reason, tool, account, newScopes, deadline } = view
  return {
    ...{ id, server, host: serverHost, page: pageHost, changedFrom: formerHost },
    ...{ reason, tool, account, scopes: newScopes },
    since: new Date(since).toISOString(),
    deadline: new Date(deadline).toISOString(),
    ...{ program: program.kind, folder: program.folder, pid: program.pid },
  }
}

function table(waiting: readonly Found[], now: number): string[] {
  const rows = waiting.map(({ id, since, program, view }) => [
    id,
    view.server,
    `${view.pageHost}${view.formerHost === undefined ? '' : ' CHANGED'}`,
    whyText(view),
    `${Math.max(0, Math.floor((now - since) / 60_000))} min`,
    timeLeft(view.deadline, now).replace(' left', ''),
    programText(program),
  ])
  return tableOf([['id', 'server', 'sign-in page', 'why', 'since', 'left', 'waits in'], ...rows])
}
