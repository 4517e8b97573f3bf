import type { Host } from '../host.ts'
import { createSettler } from '../runtime/history.ts'
import { readStoredEvents, type StoredEvent } from '../runtime/stored-events.ts'
import type { HostEvent, ToolEnd } from '../runtime/types.ts'
import { openChat } from '../ui/screen.ts'
import type { Chat, ChatEvent } from '../ui/types.ts'
import { pickSession } from './pick-session.ts'
import { tilde } from './place.ts'
import { redactEvent, redacting } from './redact.ts'
import { withRuntime } from './sessions.ts'
import { sessionsExport } from './sessions-export.ts'
import { readTheme } from './theme.ts'

export interface ReplayOptions {
  /** How many times as fast as it was. */
  speed: number | 'instant'
  /** Leaves out what tools were given and what they gave, the home folder, and what looks like a secret. */
  redact?: boolean
}

/** The longest pause that is kept, in milliseconds of the replay: nobody wants to wait for the night between two days. */
const LONGEST_PAUSE = 2_000
/** A reply is drawn in pieces of so many characters, one for each so many milliseconds. */
const PIECE = 24
const PIECE_TIME = 50

/**
 * Draws a stored session again, as it looked: without model, login or network, and without touching it. Where the output is no
 * terminal it is printed. Gives 0, or 130 when the person left with Esc or Ctrl+C.
 */
export async function replay(id: string | undefined, options: ReplayOptions, host: Host): Promise<number> {
  if (!host.stdout.isTTY || !host.stdin.isTTY) {
    return sessionsExport(id, { format: 'text', redact: options.redact }, host)
  }
  const [session, folder, theme] = await withRuntime(host, async (runtime, { folders }) => [
    pickSession(await runtime.sessions(), id, host.folder, host.clock.now()),
    folders.copilot,
    await readTheme(folders.state, host.env),
  ])
  const redact = options.redact ? redacting(host.home) : undefined
  const leaving = new AbortController()
  const clock = playClock(host)
  const interrupted = Promise.withResolvers<number>()
  const screen = openChat({
    ...{ stdin: host.stdin, stdout: host.stdout, env: host.env, version: host.version, theme },
    folder: tilde({ folder: session.folder ?? host.folder, home: host.home }),
    now: clock.now,
    realTime: host.clock.now,
    suspend: host.suspend,
    prompts: [],
    onSubmit: () => screen.show({ type: 'line', level: 'info', text: 'this is a replay: nobody reads it' }),
    onInterrupt: () => interrupted.resolve(130),
  })
  const ended = screen.left.then(({ by }) => (by === 'interrupt' ? 130 : 0))
  const left = Promise.race([ended, interrupted.promise])
  void left.finally(() => leaving.abort()).catch(() => {})
  const stop = AbortSignal.any([host.signal, leaving.signal])
  try {
    const stored = () => readStoredEvents(folder, session.id)
    const played = play(stored, screen, { ...options, redact, clock, host }, stop)
    return await Promise.race([left, played.then(() => 0)])
  } catch (thrown) {
    if (!stop.aborted) throw thrown
    return host.signal.aborted ? 0 : await left
  } finally {
    leaving.abort()
    await screen.close()
  }
}

interface Playing {
  speed: ReplayOptions['speed']
  redact: ((text: string) => string) | undefined
  clock: PlayClock
  host: Host
}

async function play(
  stored: () => AsyncIterable<StoredEvent>,
  screen: Chat,
  { speed, redact, clock, host }: Playing,
  signal: AbortSignal,
): Promise<void> {
  const past: HostEvent[] = []
  let damaged = 0
  let before = Number.NaN
  const ends = new Map<string, ToolEnd>()
  for await (const each of stored()) {
    signal.throwIfAborted()
    if (each.kind === 'event' && each.event.type === 'tool-end') ends.set(each.event.id, each.event.end)
  }
  const settler = createSettler(ends)

  async function draw(event: HostEvent): Promise<void> {
    if (!isDrawn(event)) return
    if (speed === 'instant') {
      past.push(event)
      return
    }
    if (event.type === 'reply') await say(event, screen, speed, host, signal)
    screen.show(event)
  }

  for await (const each of stored()) {
    signal.throwIfAborted()
    if (each.kind === 'damaged') {
      damaged += 1
      continue
    }
    const event = redact ? redactEvent(each.event, redact) : each.event
    const at = Date.parse(each.time)
    if (speed !== 'instant' && isDrawn(event)) {
      const gap = Number.isNaN(at - before) ? 0 : (at - before) / speed
      await host.clock.sleep(Math.max(0, Math.min(LONGEST_PAUSE, gap)), signal)
      if (!Number.isNaN(at)) clock.set(at)
      before = at
    }
    for (const next of settler.take(event)) await draw(next)
  }
  for (const event of settler.end()) await draw(event)
  if (past.length > 0) await screen.showHistory(past)
  screen.show({ type: 'idle', aborted: true })
  const lines = damaged > 0 ? `; ${damaged} damaged lines of its log were left out` : ''
  screen.show({ type: 'line', level: 'info', text: `the session ends here${lines}` })
}

/** A reply as it was streamed: the log has only the whole of it. */
async function say(
  { messageId, text }: Extract<HostEvent, { type: 'reply' }>,
  screen: Chat,
  speed: number,
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  const points = Array.from(text)
  for (let from = 0; from < points.length; from += PIECE) {
    screen.show({ type: 'reply-delta', messageId, text: points.slice(from, from + PIECE).join('') })
    await host.clock.sleep(PIECE_TIME / speed, signal)
  }
}

type Faced = Extract<ChatEvent, HostEvent>

/** What a session says besides is about servers and states of another day. */
function isDrawn(event: HostEvent): event is Faced {
  return DRAWN.has(event.type)
}

const DRAWN: ReadonlySet<HostEvent['type']> = new Set([
  ...([
    'user',
    'turn-start',
    'reply',
    'agent',
    'agent-end',
    'tool-start',
    'tool-end',
    'interrupted',
    'error',
    'notice',
  ] as const),
])

interface PlayClock {
  now: () => number
  set(time: number): void
}

/** The time of the session while it is played, so that durations are those of then. */
function playClock({ clock }: Host): PlayClock {
  let shift = 0
  return {
    now: () => clock.now() + shift,
    set(time) {
      shift = time - clock.now()
    },
  }
}
