import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../transcripts/', import.meta.url))

/** An event as the runtime sends it, less what nobody reads. */
export interface WireEvent {
  type: string
  data?: unknown
  agentId?: unknown
  ephemeral?: boolean
}

/** One thing that happened in a session. */
export type Moment = { at: number } /** The runtime said it. */ & (
  | { event: WireEvent }
  /** The runtime was killed. */
  | { gone: true }
  /** The person answered a question. */
  /** `taken`: whether the runtime still waited for it. */
  | { answer: Readonly<Record<string, unknown>>; request: string; taken: boolean }
)

/** One session of a transcript, as one host saw it. */
export interface Recording {
  /** Of the transcript, with a number where it has several of them. */
  name: string
  session: string
  moments: readonly Moment[]
}

interface Entry {
  t: number
  dir: string
  event?: string
  sid?: string
  data?: unknown
  agentId?: string
  ephemeral?: boolean
  call?: string
  p?: { sessionId?: string; requestId?: string; result?: object; response?: object }
  reply?: string
  r?: { success?: boolean } | null
  sig?: string | null
}

/** Every session of every transcript, in order. */
export function recordings(): Recording[] {
  return readdirSync(FOLDER)
    .filter(name => name.endsWith('.jsonl'))
    .toSorted()
    .flatMap(file => sessionsOf(file.replace('.jsonl', ''), entriesOf(file)))
}

function sessionsOf(name: string, entries: readonly Entry[]): Recording[] {
  const told = entries.flatMap(({ event, sid, dir }) =>
    event && sid ? [`${sid.slice(0, 8)} ${dir.slice(2)}`] : [],
  )
  const views = [...new Set(told)]
  return views.map((view, at) => {
    const [session = '', host = ''] = view.split(' ')
    const seen = entries.filter(({ dir }) => dir.slice(2) === host)
    const moments = seen.flatMap((entry, index) => momentOf(entry, seen.slice(index), session))
    return { name: views.length === 1 ? name : `${name} (${at + 1})`, session, moments }
  })
}

function momentOf(entry: Entry, from: readonly Entry[], session: string): Moment[] {
  const { t: at, event, sid, data, agentId, ephemeral, call, p } = entry
  if (event !== undefined)
    return sid?.slice(0, 8) === session ? [{ at, event: { type: event, data, agentId, ephemeral } }] : []
  if (entry.sig) return [{ at, gone: true }]
  if (!call?.includes('handlePending') || p?.requestId === undefined) return []
  if (!p.sessionId?.startsWith(session)) return []
  const { kind, accessToken } = Object(p.result)
  // What no host of ours would say.
  if (kind === 'bogus' || (kind === 'token' && accessToken === undefined)) return []
  const taken = from.find(({ reply }) => reply === call)?.r?.success === true
  return [{ at, answer: { ...(p.result ?? p.response) }, request: p.requestId, taken }]
}

function entriesOf(file: string): Entry[] {
  const text = readFileSync(`${FOLDER}${file}`, 'utf8')
  const ids = [...new Set(text.match(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g))]
  const whole = text.replaceAll(/"([\da-f]{8}-[\da-f-]*)…"/g, (cut, begin: string) => {
    const id = ids.find(id => id.startsWith(begin))
    return id === undefined ? cut : `"${id}"`
  })
  return (
    whole
      // Addresses were left out in most of them.
      .replaceAll(
        /("mcp.oauth_required".*"data":\{"serverName":"(\w+)",)(?!.*"serverUrl")/g,
        '$1"serverUrl":"https://$2.example/mcp",',
      )
      .split('\n')
      .filter(line => line !== '')
      .map((line): Entry => JSON.parse(line))
      .filter(({ dir }) => dir !== undefined)
  )
}
