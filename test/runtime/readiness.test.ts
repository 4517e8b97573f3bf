import { expect, test } from 'vitest'
import { createReadiness } from '../../src/runtime/readiness.ts'
import type { ServerStatus } from '../../src/runtime/types.ts'
import { type Clean, clean } from '../../src/text.ts'

const A = clean('a')
const B = clean('b')
const status = (name: Clean, value: ServerStatus) => ({ type: 'server', name, status: value }) as const

function readiness(options: { ready?: number; quiet?: number; connecting?: () => Clean[] } = {}) {
  const asking = new Set<Clean>()
  const { ready = 10_000, quiet = 30, connecting = () => [] } = options
  const it = createReadiness({
    servers: [A, B],
    limits: { ready, quiet },
    asking: name => asking.has(name),
    connecting: async () => connecting(),
  })
  return { it, asking }
}

const forever = new AbortController().signal
const state = (promise: Promise<unknown>) => Promise.race([promise, Promise.resolve('waiting')])

test('waits for each server', async () => {
  const { it } = readiness()
  const ready = it.wait(forever)
  it.note(status(A, 'connected'))
  expect(await state(ready)).toBe('waiting')
  it.note(status(B, 'failed'))
  expect(await ready).toEqual([])
})

test('needs-auth counts when nothing follows it', async () => {
  const { it } = readiness({ quiet: 50 })
  it.note(status(A, 'connected'))
  it.note(status(B, 'needs-auth'))
  const began = performance.now()
  const ready = it.wait(forever)
  it.note(status(B, 'pending'))
  it.note(status(B, 'needs-auth'))
  expect(await ready).toEqual([])
  expect(performance.now() - began).toBeGreaterThanOrEqual(45)
})

test('the time is up: names what still loads', async () => {
  const { it } = readiness({ ready: 40 })
  it.note(status(A, 'connected'))
  it.note(status(B, 'pending'))
  expect(await it.wait(forever)).toEqual([B])
})

test('an open sign-in stops the clock', async () => {
  const { it, asking } = readiness({ ready: 30 })
  it.note(status(A, 'connected'))
  it.note(status(B, 'needs-auth'))
  asking.add(B)
  const ready = it.wait(forever)
  expect(await Promise.race([ready, new Promise(resolve => setTimeout(resolve, 100, 'waiting'))])).toBe(
    'waiting',
  )
  asking.delete(B)
  it.note({ type: 'auth-done', id: 'x' })
  it.note(status(B, 'pending'))
  it.note(status(B, 'connected'))
  expect(await ready).toEqual([])
})

test('the time of a server runs while a sign-in to another one is open, and it is told once', async () => {
  const { it, asking } = readiness({ ready: 30 })
  it.note(status(A, 'pending'))
  it.note(status(B, 'needs-auth'))
  asking.add(B)
  const over: Clean[][] = []
  const ready = it.wait(forever, names => over.push([...names]))
  await expect.poll(() => over, { interval: 5 }).toEqual([[A]])
  it.note({ type: 'auth', id: 'y', data: {}, calls: [] })
  it.note(status(A, 'failed'))
  asking.delete(B)
  it.note({ type: 'auth-done', id: 'x' })
  it.note(status(B, 'connected'))
  expect(await ready).toEqual([A])
  expect(over).toEqual([[A]])
})

test('a server that the runtime tries again when the sign-in to another one is over has all its time', async () => {
  const { it, asking } = readiness({ ready: 60, quiet: 10 })
  asking.add(A)
  it.note(status(A, 'needs-auth'))
  it.note(status(B, 'needs-auth'))
  const over: Clean[] = []
  const ready = it.wait(forever, names => over.push(...names))
  await new Promise(resolve => setTimeout(resolve, 90))
  asking.delete(A)
  it.note(status(A, 'connected'))
  it.note(status(B, 'pending'))
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(over).toEqual([])
  it.note(status(B, 'needs-auth'))
  expect(await ready).toEqual([])
})

test('the runtime has the last word on who still connects', async () => {
  let late = [B]
  let asked = 0
  const connecting = () => {
    asked += 1
    return late
  }
  const { it } = readiness({ quiet: 10, connecting })
  it.note(status(A, 'connected'))
  it.note(status(B, 'needs-auth'))
  const ready = it.wait(forever)
  await expect.poll(() => asked, { interval: 5 }).toBeGreaterThan(1)
  expect(await state(ready)).toBe('waiting')
  late = []
  expect(await ready).toEqual([])
})

test('what is known otherwise fills in what no event has said', async () => {
  const { it } = readiness()
  it.note(status(A, 'connected'))
  it.seed(A, 'pending')
  it.seed(B, 'connected')
  expect(await it.wait(forever)).toEqual([])
})

test('ends with the signal', async () => {
  const { it } = readiness()
  const controller = new AbortController()
  const ready = it.wait(controller.signal)
  controller.abort(new Error('enough'))
  await expect(ready).rejects.toThrow('enough')
})
