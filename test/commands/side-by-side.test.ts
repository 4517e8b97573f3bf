import { expect, test } from 'vitest'
import { sideBySide } from '../../src/commands/side-by-side.ts'

test('so many at a time, results in the order of the items', async () => {
  const waiting: (() => void)[] = []
  let most = 0
  const done = sideBySide([1, 2, 3, 4, 5], 2, async item => {
    await new Promise<void>(resolve => {
      waiting.push(resolve)
      most = Math.max(most, waiting.length)
    })
    return item * 10
  })
  const release = setInterval(() => waiting.splice(0).forEach(each => void each()), 1)
  expect(await done).toEqual([10, 20, 30, 40, 50])
  clearInterval(release)
  expect(most).toBe(2)
  expect(await sideBySide([], 2, async () => 1)).toEqual([])
})

test('the first error is the error of all', async () => {
  const failing = sideBySide([1, 2, 3], 2, item =>
    item === 2 ? Promise.reject(new Error('no')) : Promise.resolve(),
  )
  await expect(failing).rejects.toThrow('no')
})
