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

/**
 * Ctrl+C twice; once is enough right after another one. The second waits for what the first one said: a terminal throws away
 * what is still to be read when the key is pressed.
 */
export async function leaveLines(chat: TestTerminal): Promise<void> {
  let ended = false
  void chat.exit.then(() => {
    ended = true
  })
  await apart(chat)
  const before = chat.raw().length
  const again = () => chat.raw().slice(before).includes('Ctrl+C again leaves.')
  await chat.keys(KEY.ctrlC)
  await chat.until(() => ended || again())
  if (again()) {
    await apart(chat)
    await chat.keys(KEY.ctrlC)
  }
  expect(await chat.exit).toMatchObject({ code: 130 })
  onlyLines(chat)
}

/** Two Ctrl+C that follow within a tenth of a second count as one. */
async function apart(chat: TestTerminal): Promise<void> {
  const since = performance.now()
  await chat.until(() => performance.now() > since + 120)
}

/** Nothing was written that moves, hides, colours or erases: text, tabs and ends of lines only. */
export function onlyLines(chat: TestTerminal): void {
  expect(chat.raw()).not.toMatch(/[^\r\n\t\P{C}]/u)
  expect(chat.raw()).not.toMatch(/\r(?!\n)/)
}
