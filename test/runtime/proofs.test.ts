import { expect, test, vi } from 'vitest'
import { createProofs } from '../../src/runtime/proofs.ts'
import type { ToolList } from '../../src/runtime/tool-lists.ts'
import type { HostEvent } from '../../src/runtime/types.ts'
import { clean } from '../../src/text.ts'
import { waitFor } from '../support/wait-for.ts'

const notes = clean('notes')
const TURN: HostEvent[] = [{ type: 'turn-start' }, { type: 'idle', aborted: false }]

/** A server that has connected, told its tools, and from now on answers as `says` tells. */
async function connected() {
  const told: string[] = []
  const state: { says: ToolList; asked: number } = { says: 'told', asked: 0 }
  const proofs = createProofs({
    limits: { ready: 1000, brief: 1000 },
    async askForTools() {
      state.asked += 1
      return state.says
    },
    loading: () => false,
    silent: () => told.push('silent'),
    tell({ name, status, refused }) {
      told.push(refused ? `${status} refused` : status)
      if (status !== 'connected') proofs.forget(name)
    },
    log: () => {},
  })
  proofs.begin(notes)
  await waitFor(() => expect(told).toEqual(['connected']))
  return { proofs, told, state }
}

test('after the first turn a server is asked once more, then no longer', async () => {
  const { proofs, told, state } = await connected()
  for (const event of [...TURN, ...TURN]) proofs.note(event)
  await waitFor(() => expect(state.asked).toBe(2))
  expect(told).toEqual(['connected'])
  expect(proofs.stale).toBe(false)
})

test('one that refuses then needs a sign-in', async () => {
  const { proofs, told, state } = await connected()
  state.says = 'refused'
  for (const event of TURN) proofs.note(event)
  await waitFor(() => expect(told).toEqual(['connected', 'needs-auth refused']))
  expect(proofs.has(notes)).toBe(false)
})

test('one that connected too late for the turn is asked after the next one, too', async () => {
  const { proofs, state } = await connected()
  proofs.note({ type: 'idle', aborted: false })
  for (const event of TURN) proofs.note(event)
  await waitFor(() => expect(state.asked).toBe(3))
})

test('before the first turn a proof lasts ten seconds', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const { proofs, told, state } = await connected()
    expect(proofs.stale).toBe(false)
    vi.advanceTimersByTime(10_001)
    expect(proofs.stale).toBe(true)
    await proofs.renew()
    expect([proofs.stale, state.asked]).toEqual([false, 2])
    vi.advanceTimersByTime(10_001)
    state.says = 'refused'
    await proofs.renew()
    expect(told).toEqual(['connected', 'needs-auth refused'])
    expect(proofs.stale).toBe(false)
  } finally {
    vi.useRealTimers()
  }
})
