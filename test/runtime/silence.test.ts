import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPending } from '../../src/runtime/pending.ts'
import { createSilence } from '../../src/runtime/silence.ts'
import type { HostEvent, PermissionAsk } from '../../src/runtime/types.ts'
import { clean } from '../../src/text.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const start = (id: string, server?: string): HostEvent => ({
  ...{ type: 'tool-start', id, name: clean('greet'), summary: clean('') },
  server: server === undefined ? undefined : clean(server),
})
const end = (id: string): HostEvent => ({ type: 'tool-end', id, end: 'ok', text: '' })
const ask: PermissionAsk = { id: 'p', kind: 'mcp', title: clean('Use it?'), body: '', names: [] }

function listening() {
  const pending = createPending()
  const told: string[] = []
  const silence = createSilence({
    after: 60_000,
    pending,
    tell: event => {
      if (event.type === 'notice') told.push(`${event.text} (${event.hint})`)
      silence.note()
    },
  })
  const happens = (event: HostEvent) => {
    pending.follow(event)
    silence.note()
  }
  return { told, happens, silence }
}

test('a call that is not answered is told once, with what can be done', () => {
  const { told, happens } = listening()
  happens(start('1', 'slow'))
  happens(start('2'))
  vi.advanceTimersByTime(59_000)
  expect(told).toEqual([])
  vi.advanceTimersByTime(600_000)
  expect(told).toEqual(['slow has not answered greet for 60s (/mcp stop slow goes on without it)'])
})

test('whatever happens begins the time anew; an answer, and a tool of the runtime itself, are waited for by nobody', () => {
  const { told, happens, silence } = listening()
  happens(start('1', 'slow'))
  vi.advanceTimersByTime(50_000)
  happens({ type: 'tool-output', id: '1', text: 'x', cumulative: false })
  vi.advanceTimersByTime(50_000)
  happens(end('1'))
  happens(start('2'))
  vi.advanceTimersByTime(600_000)
  expect(told).toEqual([])
  happens(start('3', 'slow'))
  silence.stop()
  vi.advanceTimersByTime(600_000)
  expect(told).toEqual([])
})

test('no time passes while the person is asked', () => {
  const { told, happens } = listening()
  happens(start('1', 'slow'))
  happens({ type: 'permission', ask })
  vi.advanceTimersByTime(600_000)
  expect(told).toEqual([])
  happens({ type: 'permission-done', id: 'p' })
  vi.advanceTimersByTime(60_000)
  expect(told).toHaveLength(1)
})
