import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'
import { leave, say } from '../support/person.ts'
import { openResizing, wordsOn } from '../support/resizing.ts'
import { KEY } from '../support/terminal.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage({ keychain: false })
})
afterAll(() => stage.close())

const WORD = /wx-\d+/g

test.concurrent.each(
  some(
    [
      { seed: 11, rate: 50, count: 200, times: 16 },
      { seed: 12, rate: 200, count: 800, times: 24 },
      { seed: 13, rate: 1_000_000, count: 4000, times: 24 },
    ],
    3,
    1,
  ),
)('a reply of $rate words in a second, in a window that is never left alone (seed $seed)', async run => {
  const words = Array.from({ length: run.count }, (_, at) => `wx-${at + 1}`)
  const resizing = openResizing(run.seed)
  const chat = stage.open(['chat'], { ...resizing.first, place: stage.world.place(`window ${run.seed}`) })
  await say(chat, `STREAM n=${run.count} r=${run.rate} id=x`)
  await chat.until(() => wordsOn(chat, WORD).length > 0)
  await chat.keys('what is typed meanwhile')
  await resizing.through(chat, { words, pattern: WORD }, run.times)
  await chat.until(() => wordsOn(chat, WORD).at(-1) === words.at(-1))
  await chat.until(() => !chat.screen().includes('working'))
  expect(wordsOn(chat, WORD), resizing.told()).toEqual(words)
  expect(wordsOn(chat, /what is typed meanwhile/g), resizing.told()).toHaveLength(1)
  await chat.keys(KEY.ctrlC)
  await chat.until(() => !chat.screen().includes('typed meanwhile'))
  await leave(chat)
})
