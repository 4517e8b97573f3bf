import { expect, test } from 'vitest'
import { createQueue } from '../../src/desk/queue.ts'

const never = new AbortController().signal

test('each item once, in order; what is there can be taken after the end', async () => {
  const queue = createQueue<number>()
  queue.put(0)
  const later = [queue.take(never), queue.take(never).catch(() => 'over')]
  queue.put(1)
  expect(await Promise.all(later)).toEqual([0, 1])
  queue.put(2)
  queue.end(new Error('over'))
  expect(await queue.take(never)).toBe(2)
  await expect(queue.take(never)).rejects.toThrow('over')
})

test('who gives up takes nothing', async () => {
  const queue = createQueue<string>()
  const over = new AbortController()
  const waiting = queue.take(over.signal)
  over.abort(new Error('gave up'))
  queue.put('kept')
  await expect(waiting).rejects.toThrow('gave up')
  expect(await queue.take(never)).toBe('kept')
})
