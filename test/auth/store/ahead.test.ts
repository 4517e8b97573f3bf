import { expect, test, vi } from 'vitest'
import { createAhead } from '../../../src/auth/store/ahead.ts'

function opened(values: readonly (string | Error | undefined)[]) {
  let count = 0
  const read = vi.fn(async (_key: string) => {
    const value = values[count]
    count += 1
    if (value instanceof Error) throw value
    return value
  })
  return { ahead: createAhead(read, key => key), read }
}

test('what was read ahead serves one reading, and only of that key', async () => {
  const { ahead, read } = opened(['first', 'other', 'second'])
  ahead.begin('one')
  expect(await ahead.read('two')).toBe('other')
  expect(await ahead.read('one')).toBe('first')
  expect(read).toHaveBeenCalledTimes(2)
  expect(await ahead.read('one')).toBe('second')
})

test('what may have changed since, or is old, is read again', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const { ahead } = opened(['first', 'second', 'third', 'fourth'])
    ahead.begin('one')
    ahead.forget()
    expect(await ahead.read('one')).toBe('second')
    ahead.begin('one')
    vi.advanceTimersByTime(2001)
    expect(await ahead.read('one')).toBe('fourth')
  } finally {
    vi.useRealTimers()
  }
})

test('what was not there is looked for again: a keychain may have been unlocked', async () => {
  const { ahead } = opened([undefined, 'value'])
  ahead.begin('one')
  expect(await ahead.read('one')).toBe('value')
})

test('a fault is told to who asks for it, and only if it is still there', async () => {
  const { ahead } = opened([new Error('locked'), 'value', new Error('locked'), new Error('still locked')])
  ahead.begin('one')
  expect(await ahead.read('one')).toBe('value')
  ahead.begin('one')
  await expect(ahead.read('one')).rejects.toThrow('still locked')
})
