import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HostError } from '../../src/errors.ts'
import { createPulse, type Pulse } from '../../src/runtime/pulse.ts'
import { startRuntime } from '../../src/runtime/runtime.ts'
import { fakeOptions, startFake } from '../support/fake.ts'
import { hear } from '../support/session-events.ts'

const silent = () => Promise.reject(new HostError('runtime-silent', 'ping'))
let beats = 0
let lost: HostError[] = []
let answer: () => Promise<unknown> = silent
let pulse: Pulse

beforeEach(() => {
  vi.useFakeTimers()
  beats = 0
  lost = []
  answer = silent
  pulse = createPulse({
    limits: { pulse: 100, alive: 10 },
    beat() {
      beats += 1
      return answer()
    },
    onLost: error => lost.push(error),
  })
})
afterEach(() => {
  pulse.stop()
  vi.useRealTimers()
})

const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('nobody is asked while no turn runs', async () => {
  await passes(1000)
  pulse.turn('a', true)
  pulse.turn('a', false)
  await passes(1000)
  expect(beats).toBe(0)
})

test('a turn that says nothing: asked twice, then told once', async () => {
  pulse.turn('a', true)
  await passes(100)
  expect(beats).toBe(2)
  expect(lost).toMatchObject([{ kind: 'runtime-silent', exitCode: 3 }])
})

test('who talks is not asked; who answers, or refuses, is there', async () => {
  pulse.turn('a', true)
  for (let at = 0; at < 5; at += 1) {
    pulse.heard()
    await passes(100)
  }
  expect(beats).toBe(0)
  answer = () => Promise.resolve()
  await passes(100)
  expect(beats).toBe(1)
  answer = () => Promise.reject(new HostError('runtime-refused', 'Unhandled method ping'))
  await passes(100)
  expect(beats).toBe(2)
  // The first one passed while this program itself was stopped.
  answer = () => (beats === 3 ? silent() : Promise.resolve())
  await passes(100)
  expect(beats).toBe(4)
  expect(lost).toEqual([])
})

test('a call without an answer is a reason to ask, also without a turn', async () => {
  pulse.doubt()
  await passes(0)
  expect(lost).toHaveLength(1)
  pulse.stop()
  pulse.doubt()
  await passes(1000)
  expect(beats).toBe(2)
})

test('a runtime that hangs in a turn ends like one that died', async () => {
  vi.useRealTimers()
  const args = { answers: { 'session.send': 'none', ping: 'none' } }
  const { runtime } = await startFake('fine', args, { pulse: 30, alive: 30, end: 200 })
  const session = await runtime.create({ folder: '/', servers: {}, signIn: false })
  const heard = hear(session)
  const error = { kind: 'runtime-silent', exitCode: 3 }
  await Promise.all([
    expect(session.send('hello')).rejects.toMatchObject(error),
    expect(runtime.died).resolves.toMatchObject(error),
  ])
  expect(heard.all.at(-1)).toMatchObject({ type: 'stopped', error })
})

test('one that hangs is found by any call', async () => {
  vi.useRealTimers()
  const args = { answers: { 'session.list': 'none', ping: 'none' } }
  const { runtime } = await startFake('fine', args, { call: 30, alive: 30, end: 200 })
  await expect(runtime.sessions()).rejects.toMatchObject({ kind: 'runtime-silent' })
  await expect(runtime.died).resolves.toMatchObject({ kind: 'runtime-silent' })
})

test('a call that is held up does not end a runtime that answers', async () => {
  vi.useRealTimers()
  const { runtime } = await startFake(
    'fine',
    { answers: { 'session.list': 'none' } },
    { call: 30, alive: 1000 },
  )
  await expect(runtime.sessions()).rejects.toMatchObject({ kind: 'runtime-silent' })
  expect(await Promise.race([runtime.died, sleep(100, 'alive')])).toBe('alive')
})

test('a start can be given up', async () => {
  vi.useRealTimers()
  const leaving = new AbortController()
  const starting = startRuntime(await fakeOptions('mute'), undefined, leaving.signal)
  setTimeout(() => leaving.abort(), 50)
  await expect(starting).rejects.toMatchObject({ kind: 'cancelled' })
})
