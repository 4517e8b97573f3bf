import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hostEvent } from '../../src/runtime/events.ts'
import { createUnsaved } from '../../src/runtime/unsaved.ts'
import { SOON } from '../support/patience.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const MESSAGE =
  'Failed to persist session events: GenericFailure, Failed to append to JSONL file /home/me/.copilot/session-state/7/events.jsonl: I/O error: No space left on device (os error 28)'

function failed() {
  const event = hostEvent({ type: 'session.error', data: { errorType: 'persistence', message: MESSAGE } })
  if (event === undefined) throw new Error('it is no event')
  return event
}

test('the log that cannot be written is told by its folder and its reason', () => {
  expect(failed()).toMatchObject({
    type: 'error',
    text: 'the conversation cannot be saved in /home/me/.copilot/session-state/7: its disk is full',
  })
})

test('a long message without a path takes no time', () => {
  vi.useRealTimers()
  const message = `Failed to persist session events: ${'JSONL file '.repeat(200_000)}`
  const data = { errorType: 'persistence', message }
  const began = performance.now()
  expect(hostEvent({ type: 'session.error', data })).toMatchObject({
    text: 'the conversation cannot be saved in its folder: it cannot be written',
  })
  expect(performance.now() - began).toBeLessThan(SOON)
})

test('once for each message; after a while without anything else the turn counts as stuck', () => {
  const stuck = vi.fn()
  let open = true
  const unsaved = createUnsaved(1000, () => open, stuck)
  expect([unsaved.note(failed()), unsaved.note(failed())]).toEqual([true, false])
  vi.advanceTimersByTime(900)
  expect(unsaved.note({ type: 'turn-start' })).toBe(true)
  vi.advanceTimersByTime(900)
  unsaved.note(failed())
  expect(stuck).not.toHaveBeenCalled()
  // What a person or a server is asked may take its time.
  vi.advanceTimersByTime(2000)
  expect(stuck).not.toHaveBeenCalled()
  open = false
  vi.advanceTimersByTime(1000)
  expect(stuck).toHaveBeenCalledOnce()
})

test('a turn that comes to its end is not stuck', () => {
  const stuck = vi.fn()
  const unsaved = createUnsaved(1000, () => false, stuck)
  unsaved.note(failed())
  unsaved.note({ type: 'idle', aborted: false })
  vi.advanceTimersByTime(5000)
  unsaved.note(failed())
  unsaved.stop()
  vi.advanceTimersByTime(5000)
  expect(stuck).not.toHaveBeenCalled()
})
