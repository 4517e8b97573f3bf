import { expect } from 'vitest'
import { KEY, type TestTerminal } from './terminal.ts'

/** A person in front of a chat in plain lines: hears what comes, in order, and types lines. */
export interface LinePerson {
  /** Waits for this text behind everything that was heard so far; gives what came up to its end. */
  hear(text: string | RegExp): Promise<string>
  /** Types a line. */
  say(line: string): Promise<void>
  /** Waits for the question's last line, then types the answer. */
  answer(prompt: string, line: string): Promise<void>
}

export function linePerson(chat: TestTerminal): LinePerson {
  let heard = 0
  const person: LinePerson = {
    async hear(text) {
      const before = heard
      heard = await chat.until(() => {
        const rest = chat.raw().slice(before)
        const found = typeof text === 'string' ? text : text.exec(rest)?.[0]
        return found !== undefined && rest.includes(found)
          ? before + rest.indexOf(found) + found.length
          : undefined
      })
      return chat.raw().slice(before, heard)
    },
    say: line => chat.keys(`${line}\r`),
    async answer(prompt, line) {
      await person.hear(prompt)
      await person.say(line)
    },
  }
  return person
}

/** Ctrl+C twice; once is enough right after another one. Two that follow within a tenth of a second count as one. */
export async function leaveLines(chat: TestTerminal): Promise<void> {
  let ended = false
  void chat.exit.then(() => {
    ended = true
  })
  await chat.keys(KEY.ctrlC)
  const pressed = performance.now()
  await chat.until(() => ended || performance.now() > pressed + 150)
  if (!ended) await chat.keys(KEY.ctrlC)
  expect(await chat.exit).toMatchObject({ code: 130 })
  onlyLines(chat)
}

/** Nothing was written that moves, hides, colours or erases: text, tabs and ends of lines only. */
export function onlyLines(chat: TestTerminal): void {
  expect(chat.raw()).not.toMatch(/[^\r\n\t\P{C}]/u)
  expect(chat.raw()).not.toMatch(/\r(?!\n)/)
}
