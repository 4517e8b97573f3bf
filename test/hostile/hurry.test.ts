import { expect, test } from 'vitest'
import { openStage } from '../support/chat.ts'
import { leave, say } from '../support/person.ts'

/**
 * Whoever is in a hurry presses Ctrl+C once more. That comes when raw mode is off, and the system then drops what the terminal
 * has not read yet, which is what Ink has written to restore it. Which bytes those are depends on how fast the terminal reads.
 */
test('the very last bytes of a chat give the terminal back once more', async () => {
  const stage = await openStage({ keychain: false })
  try {
    const chat = stage.open(['chat'])
    await say(chat, 'SAY hello')
    await chat.until(() => chat.screen().includes('\nhello'))
    await leave(chat)
    const last = chat.raw().slice(chat.raw().indexOf('to continue: '))
    for (const mode of ['?2026l', '?2004l', '?25h']) expect(last).toContain(`\u001b[${mode}`)
  } finally {
    await stage.close()
  }
})
