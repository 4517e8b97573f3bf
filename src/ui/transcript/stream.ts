import { BlockCleaner } from '../../text.ts'
import type { Action } from '../state.ts'
import type { ChatEvent } from '../types.ts'
import { untab } from './line.ts'
import { openReply, type Reply } from './reply.ts'

/** Time between two publications of streamed text, in milliseconds. */
const PERIOD = 50
/** What is looked at of an unfinished line: more than any live region can show. */
const TAIL = 1500
/** What is looked at of an output: its end. */
const OUTPUT = 4096

/** Takes the events of a chat in order; streamed text is gathered and published every 50 ms. */
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
): Stream {
  let reply: Reply | undefined
  let ended: string | undefined
  let thinking = false
  let cancel: (() => void) | undefined
  let published = Number.NEGATIVE_INFINITY
  const cleaners = new Map<string, BlockCleaner>()
  const progress = new Map<string, string>()

  function publish(): void {
    cancel?.()
    cancel = undefined
    published = now()
    if (reply !== undefined) {
      dispatch({ type: 'stream', id: reply.id, lines: reply.take(), tail: reply.tail(TAIL) })
    }
    for (const [id, text] of progress) dispatch({ type: 'progress', id, text })
    progress.clear()
  }

  function soon(): void {
    cancel ??= later(publish, Math.min(PERIOD, Math.max(0, published + PERIOD - now())))
  }

  function finish(full?: string): void {
    if (reply === undefined) return
    const { id } = reply
    const lines = reply.end(full)
    reply = undefined
    ended = id
    dispatch({ type: 'stream', id, lines, tail: [] })
  }

  function switchTo(id: string): Reply {
    if (reply?.id === id) return reply
    finish()
    reply = openReply(id)
    return reply
  }

  function output(id: string, text: string, cumulative: boolean): void {
    const cleaner = cleaners.get(id) ?? new BlockCleaner()
    if (!cumulative) cleaners.set(id, cleaner)
    const shown = cleaner.push(text.slice(-OUTPUT))
    const last = shown
      .split('\n')
      .filter(row => row.trim() !== '')
      .at(-1)
    if (last !== undefined) progress.set(id, untab(last).trim().slice(0, 500))
  }

  function end(): void {
    if (cancel !== undefined) publish()
    finish()
  }

  return {
    take(event) {
      switch (event.type) {
        case 'reply-delta':
          if (event.messageId === ended) return
          thinking = false
          switchTo(event.messageId).push(event.text)
          return soon()
        case 'reply':
          if (event.messageId === ended) return
          thinking = false
          switchTo(event.messageId)
          return finish(event.text)
        case 'reasoning-delta':
          if (thinking) return
          thinking = true
          return dispatch({ type: 'thinking' })
        case 'reasoning':
          return
        case 'tool-output':
          output(event.id, event.text, event.cumulative)
          return soon()
        case 'tool-end':
        case 'shell-end':
          cleaners.delete(event.id)
          progress.delete(event.id)
          break
        case 'sent':
        case 'user':
        case 'interrupted':
        case 'idle':
        case 'stopped':
          thinking = false
          end()
          break
      }
      // What was said before this event is printed before it.
      if (cancel !== undefined) publish()
      dispatch(event)
    },
    end,
  }
}
