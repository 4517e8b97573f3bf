import { expect } from 'vitest'
import { SOON } from './patience.ts'
import { faultsIn } from './shown.ts'
import { KEY, type TestTerminal } from './terminal.ts'

/** The composer is there. */
export async function prompted(chat: TestTerminal): Promise<void> {
  await chat.until(() => composer(chat) !== undefined)
}

/** The line that is typed into; undefined while a panel has taken its place. It stands right above the status line. */
export function composer(chat: TestTerminal): string | undefined {
  const above = chat.screen().trimEnd().split('\n').at(-2)
  return above?.startsWith('›') ? above.slice(2) : undefined
}

/** Types a message and sends it. */
export async function say(chat: TestTerminal, text: string): Promise<void> {
  await prompted(chat)
  await chat.keys(text)
  await chat.until(() => composer(chat) === text)
  await chat.keys(KEY.enter)
}

/** Waits for a panel with this text that takes keys by now (it takes none before half a second without typing). */
export async function panel(chat: TestTerminal, text: string): Promise<void> {
  await chat.until(() => chat.screen().includes(text) && composer(chat) === undefined)
}

/** Answers the question whether a tool may run: once. */
export async function allow(chat: TestTerminal): Promise<void> {
  await panel(chat, 'y once')
  await chat.keys('y')
  await chat.until(() => !chat.screen().includes('y once'))
}

/** Ctrl+C twice; the terminal is as it was before. */
export async function leave(chat: TestTerminal): Promise<void> {
  let over = false
  void chat.exit.then(() => {
    over = true
  })
  const twice = async () => {
    // It may have been pressed just before. One too many comes when raw mode is off, see `hurry.test.ts`.
    if (!chat.screen().includes('again to leave')) await chat.keys(KEY.ctrlC)
    await chat.until(() => chat.screen().includes('again to leave'))
    await chat.keys(KEY.ctrlC)
  }
  await twice()
  // On a machine that stands still in between, the second one comes too late to be the second.
  await chat.until(() => over, SOON).catch(twice)
  const { code } = await chat.exit
  expect(code).toBe(130)
  restored(chat)
}

/** The terminal was left as it was found. */
export function restored(chat: TestTerminal): void {
  expect(faultsIn(chat.raw(), true)).toEqual([])
}

/** What was printed, with sentences that go on in an indented row in one piece. */
export function unwrapped(chat: TestTerminal): string {
  return chat
    .lines()
    .join('\n')
    .replaceAll(/\n {2,}(?=\S)/g, ' ')
}

/** How often a text is in another. */
export function count(text: string, part: string): number {
  return text.split(part).length - 1
}
