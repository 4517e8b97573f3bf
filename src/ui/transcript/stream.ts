import { BlockCleaner, cleanBlock } from '../../text.ts'
import type { Action } from '../state.ts'
import { BROKEN_OFF } from '../status-words.ts'
import type { ChatEvent } from '../types.ts'
import { openBacklog } from './backlog.ts'
import { untab } from './line.ts'
import { openReply, type Reply } from './reply.ts'
import type { Sheet } from './sheet.ts'

/** Time between two publications of streamed text, in milliseconds. */
const PERIOD = 80
/** What is looked at of an unfinished line: more than any live region can show. */
const TAIL = 1500
/** What is looked at of an output: its end, and so many lines of that. */
const OUTPUT = 4096
const OUTPUT_LINES = 12
/** What is kept of the thoughts of the model: their beginning, in characters. */
const THOUGHTS = 100_000

/** Takes the events of a chat in order, a little at a time; streamed text is gathered and published 12 times a second. */
export interface Stream {
  take(event: ChatEvent): void
  /** Publishes what is there, and ends a reply that is still running as it is. */
  end(): void
}

/** `later` runs something after so many milliseconds and returns how to call it off. */
export function openStream(
  dispatch: (action: Action) => void,
  now: () => number,
  later: (work: () => void, ms: number) => () => void,
  sheet: Sheet,
): Stream {
  let reply: Reply | undefined
  let ended: string | undefined
  /** Something of the running reply is printed. */
  let printed = false
  let thought: { id: string; cleaner: BlockCleaner; text: string } | undefined
  let thoughtBefore: string | undefined
  let cancel: (() => void) | undefined
  let published = Number.NEGATIVE_INFINITY
  const cleaners = new Map<string, BlockCleaner>()
  const outputs = new Map<string, string>()
  const fresh = new Set<string>()

  function publish(): void {
    cancel?.()
    cancel = undefined
    published = now()
    if (reply !== undefined) {
      const lines = reply.take()
      printed ||= lines.length > 0
      dispatch({ type: 'stream', id: reply.id, lines, tail: reply.tail(TAIL) })
    }
    if (thought !== undefined) dispatch({ type: 'reasoning-tail', text: newest(thought.text) })
    for (const id of fresh) dispatch({ type: 'progress', id, text: newest(outputs.get(id) ?? '') })
    fresh.clear()
  }

  /** At once where nothing was for a while: the first word of a reply waits for no timer. */
  function soon(): void {
    const rest = Math.min(PERIOD, published + PERIOD - now())
    if (rest <= 0) publish()
    else cancel ??= later(publish, rest)
  }

  function finish(full?: string): void {
    if (reply === undefined) return
    const { id } = reply
    const lines = reply.end(full)
    reply = undefined
    ended = id
    dispatch({ type: 'stream', id, lines, tail: [] })
  }

  /** The reply broke off and begins anew: what is not printed yet never is. */
  function discard(): void {
    cancel?.()
    cancel = undefined
    if (reply === undefined) return
    dispatch({ type: 'stream', id: reply.id, lines: [], tail: [] })
    ended = reply.id
    reply = undefined
    if (printed) dispatch({ type: 'line', level: 'info', text: BROKEN_OFF })
  }

  function switchTo(id: string): Reply {
    if (reply?.id === id) return reply
    finish()
    reply = openReply(id, sheet)
    printed = false
    return reply
  }

  function output(id: string, text: string, cumulative: boolean): void {
    const cleaner = cleaners.get(id) ?? new BlockCleaner()
    if (!cumulative) cleaners.set(id, cleaner)
    const before = cumulative ? '' : (outputs.get(id) ?? '')
    outputs.set(id, (before + cleaner.push(text.slice(-OUTPUT))).slice(-OUTPUT))
    fresh.add(id)
  }

  function think(id: string, delta: string): void {
    if (thought?.id !== id) {
      reason()
      if (id === thoughtBefore) return
      thought = { id, cleaner: new BlockCleaner(), text: '' }
    }
    if (thought.text.length < THOUGHTS) thought.text += thought.cleaner.push(delta)
  }

  /** The model has thought. */
  function reason(): void {
    if (thought === undefined) return
    const { id, text } = thought
    thought = undefined
    thoughtBefore = id
    dispatch({ type: 'reasoned', text })
  }

  function end(): void {
    if (cancel !== undefined) publish()
    finish()
  }

  const handle = (event: ChatEvent) => {
    switch (event.type) {
      case 'reply-delta':
        if (event.messageId === ended) return
        reason()
        switchTo(event.messageId).push(event.text)
        return soon()
      case 'reply':
        if (event.messageId === ended) return
        reason()
        switchTo(event.messageId)
        return finish(event.text)
      case 'reasoning-delta':
        think(event.id, event.text)
        return soon()
      case 'reasoning':
        // It comes behind the reply; where it was streamed, it has been said.
        if (event.id === thought?.id || event.id === thoughtBefore) return
        thoughtBefore = event.id
        return dispatch({ type: 'reasoned', text: cleanBlock(event.text.slice(0, THOUGHTS)) })
      case 'tool-output':
        output(event.id, event.text, event.cumulative)
        return soon()
      case 'tool-end':
      case 'shell-end':
        cleaners.delete(event.id)
        outputs.delete(event.id)
        fresh.delete(event.id)
        break
      case 'tool-start':
        reason()
        break
      case 'retry':
        reason()
        discard()
        break
      case 'sent':
      case 'user':
      case 'interrupted':
      case 'idle':
      case 'stopped':
        reason()
        end()
        break
    }
    // What was said before this event is printed before it.
    if (cancel !== undefined) publish()
    dispatch(event)
  }

  const backlog = openBacklog(handle, id => id === ended || id === reply?.id, now, later)
  return {
    take: backlog.take,
    end() {
      backlog.flush()
      end()
    },
  }
}

/** The newest lines of a text, as far as they say something. */
function newest(text: string): string {
  return text
    .slice(-OUTPUT)
    .split('\n')
    .flatMap(row => (row.trim() === '' ? [] : [untab(row).trimEnd().slice(0, 500)]))
    .slice(-OUTPUT_LINES)
    .join('\n')
}
