// Whatever the runtime says in whatever order: what is told as begun is told as ended once, nothing else is, and at the end of a
// turn nothing of it is open.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HostError } from '../../src/errors.ts'
import { hostEvent } from '../../src/runtime/events.ts'
import { createPending } from '../../src/runtime/pending.ts'
import type { HostEvent } from '../../src/runtime/types.ts'
import { questions, steps } from '../support/random-events.ts'
import { TRIALS } from '../support/trials.ts'

/** What a listener believes to be open, by what it was told. */
function listener() {
  const open = new Map<string, { kind: 'permission' | 'ask' | 'auth'; midCall: boolean }>()
  const tools = new Set<string>()
  const begins = (id: string, kind: 'permission' | 'ask' | 'auth', midCall = false) => {
    expect(open.has(id)).toBe(false)
    open.set(id, { kind, midCall })
  }
  const ends = (id: string, kind: string) => {
    expect(open.get(id)?.kind).toBe(kind)
    open.delete(id)
  }
  return {
    open,
    hear(event: HostEvent) {
      if (event.type === 'permission') begins(event.ask.id, 'permission')
      else if (event.type === 'ask') begins(event.ask.id, 'ask')
      else if (event.type === 'auth') begins(event.id, 'auth', event.calls.length > 0)
      else if (event.type === 'permission-done') ends(event.id, 'permission')
      else if (event.type === 'ask-done') ends(event.id, 'ask')
      else if (event.type === 'auth-done') ends(event.id, 'auth')
      else if (event.type === 'tool-start') tools.add(event.id)
      else if (event.type === 'tool-end') expect(tools.delete(event.id)).toBe(true)
      else if (event.type === 'idle' || event.type === 'interrupted' || event.type === 'stopped') {
        expect([...tools]).toEqual([])
        const left = [...open.values()].filter(({ kind, midCall }) => kind !== 'auth' || midCall)
        expect(left).toEqual([])
        if (event.type === 'stopped') expect(open.size).toBe(0)
      }
    },
  }
}

test.each([
  ['any events', steps],
  ['questions and their ends', questions],
])('%s', (_, events) => {
  fc.assert(
    fc.property(events, all => {
      const pending = createPending()
      const { hear, open } = listener()
      for (const step of all) {
        if (step.kind === 'answer') {
          const [id = 'nothing'] = open.keys()
          for (const each of step.yes ? pending.answered(id) : pending.withdrawSignIns()) hear(each)
          continue
        }
        const event = hostEvent(step.event)
        for (const each of event === undefined ? [] : pending.follow(event)) hear(each)
        if (open.size > 0) expect(pending.unanswered()).toEqual([])
      }
      for (const each of pending.follow({ type: 'stopped', error: new HostError('runtime-died', 'killed') }))
        hear(each)
      expect(open.size).toBe(0)
    }),
    TRIALS,
  )
})
