import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openTidy } from '../../src/commands/tidy.ts'
import { fakeClock } from '../support/clock.ts'

test('garbage is collected once, a second after a turn; a turn that begins before puts it off', async () => {
  const clock = fakeClock()
  let collected = 0
  const tidy = openTidy({ clock, collect: () => void collected++ })
  tidy(true)
  clock.advance(900)
  await nextTurn()
  tidy(false)
  clock.advance(5000)
  await nextTurn()
  expect(collected).toBe(0)
  tidy(true)
  tidy(true)
  clock.advance(1000)
  await nextTurn()
  expect(collected).toBe(1)
  clock.advance(10_000)
  await nextTurn()
  expect(collected).toBe(1)
})
