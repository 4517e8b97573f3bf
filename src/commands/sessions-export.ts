import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { readStoredEvents } from '../runtime/stored-events.ts'
import type { SessionSummary } from '../runtime/types.ts'
import { clean } from '../text.ts'
import { jsonText } from './output.ts'
import { pickSession, shortId } from './pick-session.ts'
import { redacting } from './redact.ts'
import { withRuntime } from './sessions.ts'
import { createTranscript, type Said } from './transcript.ts'

export interface ExportOptions {
  format: 'text' | 'markdown' | 'json'
  /** Leaves out what tools were given and what they gave, the home folder, and what looks like a secret. */
  redact?: boolean
  /** Only so many pieces, from the end. */
  last?: number
}

/**
 * Prints a stored conversation, without resuming it: neither model nor login nor network is needed. Damaged lines of its log
 * are left out, and their number told on stderr. Gives 0.
 */
export async function sessionsExport(
  id: string | undefined,
  options: ExportOptions,
  host: Host,
): Promise<number> {
  const [session, folder] = await withRuntime(host, async (runtime, { folders }) => [
    pickSession(await runtime.sessions(), id, host.folder, host.clock.now()),
    folders.copilot,
  ])
  const place = { folder, home: host.home, signal: host.signal }
  const damaged = await exportSession(session, options, place, text => host.stdout.write(text))
  if (damaged > 0) host.stderr.write(`${damaged} damaged lines of the log were left out\n`)
  return 0
}

/** Writes a stored conversation piece by piece. Gives how many damaged lines of its log were left out. */
export async function exportSession(
  session: Pick<SessionSummary, 'id' | 'summary' | 'started'>,
  options: ExportOptions,
  { folder, home, signal }: { folder: string; home: string; signal: AbortSignal },
  write: (text: string) => void,
): Promise<number> {
  const hide = options.redact ? redacting(home) : (text: string) => text
  const redacted = (said: Said): Said => ({
    ...said,
    text: hide(said.text),
    ...(options.redact && said.who === 'tool' ? { ...WITHOUT, agent: said.agent && 'sub-agent' } : {}),
  })
  const { said, damaged } = await read(folder, session.id, options.last, signal)
  const pieces = said.map(piece => redacted(piece))
  const name = hide(session.summary ?? '')
  if (options.format === 'json') {
    const head = { v: 1, id: clean(session.id, 255), name, started: session.started }
    write(`${jsonText({ ...head, said: pieces }, 2)}\n`)
  } else {
    const style = options.format === 'markdown' ? markdown : text
    if (options.format === 'markdown') write(`# ${name || `Session ${shortId(session.id)}`}\n\n`)
    for (const piece of pieces) write(`${style(piece)}\n\n`)
  }
  return damaged
}

/** At most `last` pieces from the end are held. */
async function read(
  folder: string,
  id: string,
  last: number | undefined,
  signal: AbortSignal,
): Promise<{ said: Said[]; damaged: number }> {
  const transcript = createTranscript()
  let said: Said[] = []
  let damaged = 0
  const add = (more: Said[]) => {
    for (const piece of more) said.push(piece)
    if (last !== undefined && said.length > 2 * last) said = said.slice(-last)
  }
  for await (const stored of readStoredEvents(folder, id)) {
    signal.throwIfAborted()
    if (stored.kind === 'damaged') damaged += 1
    else add(transcript.take(stored.event, stored.time))
  }
  add(transcript.end())
  if (said.length === 0)
    throw new HostError('session-unknown', `session ${shortId(id)} has no readable message`)
  return { said: last === undefined ? said : said.slice(-last), damaged }
}

/** What is left of a tool call: that it was made, and how it ended. */
const WITHOUT = { arguments: '[redacted]', text: '' }

function text({ who, agent, tool, arguments: given, outcome, text }: Said): string {
  if (who === 'you') return `› ${text.trimEnd().replaceAll('\n', '\n  ')}`
  if (who === 'host') return `! ${text}`
  if (who === 'model') return text.trimEnd()
  const head = `● ${agent ? `${agent} ↳ ` : ''}${tool}${given ? `  ${given}` : ''}${outcome === 'ok' ? '' : `  ${outcome}`}`
  return text === '' ? head : `${head}\n  ${text.trimEnd().replaceAll('\n', '\n  ')}`
}

function markdown({ who, agent, tool, arguments: given, outcome, text }: Said): string {
  if (who === 'you') return `## You\n\n${text.trimEnd()}`
  if (who === 'host') return `_${text}_`
  if (who === 'model') return `## Copilot\n\n${text.trimEnd()}`
  const head = `${agent ? `${agent} ↳ ` : ''}**${tool}** ${given ? `\`${given.replaceAll('`', "'")}\` ` : ''}(${outcome})`
  if (text === '') return head
  // A fence that is longer than any in the text.
  let longest = 2
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  const fence = '`'.repeat(longest + 1)
  return `${head}\n\n${fence}\n${text.trimEnd()}\n${fence}`
}
