import { expect } from 'vitest'
import { count, restored, unwrapped } from './person.ts'
import { runtimeOf } from './processes.ts'
import { KEY, type TestTerminal } from './terminal.ts'

/** Kills the runtime of a chat and waits until the person can read it; `times`: how often that has happened by then. */
export async function killRuntime(chat: TestTerminal, times = 1): Promise<void> {
  process.kill(runtimeOf(chat.pid), 'SIGKILL')
  await chat.until(() => count(unwrapped(chat), '✗ the Copilot runtime stopped (SIGKILL)') === times)
  await chat.until(() => chat.screen().includes('stopped · Enter starts it again'))
}

/** Enter, and the session goes on: the model knows what was said. */
export async function revive(chat: TestTerminal, times = 1): Promise<void> {
  await chat.keys(KEY.enter)
  await chat.until(() => count(unwrapped(chat), '✓ the Copilot runtime runs again') === times)
}

/** Two Ctrl+C while there is no runtime; the terminal is as it was. */
export async function leaveDead(chat: TestTerminal): Promise<void> {
  await chat.keys(KEY.ctrlC)
  await chat.until(() => chat.screen().includes('again to leave'))
  await chat.keys(KEY.ctrlC)
  expect((await chat.exit).code).toBe(3)
  restored(chat)
}
