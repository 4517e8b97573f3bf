import { expect, test } from 'vitest'
import { openLateStream } from '../../../src/ui/transcript/late-stream.ts'
import type { Stream } from '../../../src/ui/transcript/stream.ts'
import type { ChatEvent } from '../../../src/ui/types.ts'

const delta = (text: string): ChatEvent => ({ type: 'reply-delta', messageId: 'a', text })

/** A stream that is loaded when the test says so. */
function open() {
  const taken: (ChatEvent | 'end')[] = []
  const failures: unknown[] = []
  const loaded = Promise.withResolvers<Stream>()
  let loads = 0
  const load = () => {
    loads += 1
    return loaded.promise
  }
  const stream: Stream = { take: event => void taken.push(event), end: () => void taken.push('end') }
  const late = openLateStream(load, thrown => void failures.push(thrown))
  return { late, loaded, stream, taken, failures, loads: () => loads }
}

test('it is loaded with the first event, once; events wait for it and stay in order', async () => {
  const { late, loaded, stream, taken, failures, loads } = open()
  expect(loads()).toBe(0)
  for (const text of ['1', '2', '3']) late.take(delta(text))
  expect([loads(), taken]).toEqual([1, []])
  const ended = late.end()
  late.take(delta('4'))
  loaded.resolve(stream)
  await ended
  late.take(delta('5'))
  expect(taken).toEqual([delta('1'), delta('2'), delta('3'), delta('4'), 'end', delta('5')])
  expect([loads(), failures]).toEqual([1, []])
})

test('an end without an event loads nothing', async () => {
  const { late, taken, loads } = open()
  await late.end()
  expect([loads(), taken]).toEqual([0, []])
})

test('what goes wrong while it is loaded is told once, and the end does not wait for ever', async () => {
  const { late, loaded, taken, failures, loads } = open()
  late.take(delta('1'))
  const fault = new Error('gone')
  loaded.reject(fault)
  await late.end()
  late.take(delta('2'))
  await late.end()
  expect([failures, taken, loads()]).toEqual([[fault], [], 1])
})

test('an event that the stream cannot take is told, also among those that waited', async () => {
  const { late, loaded, failures } = open()
  const fault = new Error('bad event')
  late.take(delta('1'))
  loaded.resolve({
    take: () => {
      throw fault
    },
    end: () => undefined,
  })
  await late.end()
  expect(failures).toEqual([fault])
})
