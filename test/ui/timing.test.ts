import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { durationText } from '../../src/ui/duration.ts'
import { openTimers } from '../../src/ui/timers.ts'
import { within } from '../../src/ui/within.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test.each([
  [-5, ''],
  [99, ''],
  [100, '0.1s'],
  [9_940, '9.9s'],
  [12_900, '12s'],
  [60_000, '1m 0s'],
  [1_325_000, '22m 5s'],
  [Number.NaN, ''],
])('%d milliseconds: %j', (ms, text) => expect(durationText(ms)).toBe(text))

test('timers are called off one by one and together; what they do is done safely', () => {
  const done: string[] = []
  const failed: unknown[] = []
  const timers = openTimers(work => {
    try {
      work()
    } catch (error) {
      failed.push(error)
    }
  })
  timers.later(() => done.push('a'), 10)
  const cancel = timers.later(() => done.push('b'), 20)
  timers.later(() => {
    throw new Error('c')
  }, 30)
  timers.later(() => done.push('d'), 40)
  cancel()
  vi.advanceTimersByTime(35)
  timers.clear()
  vi.advanceTimersByTime(100)
  expect([done, failed]).toEqual([['a'], [new Error('c')]])
  expect(vi.getTimerCount()).toBe(0)
})

test('a terminal that is gone is not waited for', async () => {
  const waiting = within(new Promise(() => {}), 1000)
  await vi.advanceTimersByTimeAsync(1000)
  await waiting
  await within(Promise.resolve(), 1000)
  await expect(within(Promise.reject(new Error('gone')), 1000)).rejects.toThrow('gone')
  expect(vi.getTimerCount()).toBe(0)
})
