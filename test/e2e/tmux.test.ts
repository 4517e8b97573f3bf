import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { composer, prompted, say } from '../support/person.ts'
import { faultsIn } from '../support/shown.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
let socket: string
afterEach(async () => {
  try {
    tmux('kill-server')
  } catch {
    // It has ended with its last window.
  }
  await stage.close()
})

const tmux = (...args: string[]) =>
  execFileSync('tmux', ['-S', socket, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** A chat in a real tmux, which is set up so; the bytes that the chat writes to it. */
async function openInTmux(setup: string): Promise<{ chat: TestTerminal; written: () => string }> {
  stage = await openStage({ keychain: false })
  socket = join(stage.world.folder, 'tmux')
  const bytes = join(stage.world.folder, 'bytes')
  const file = join(stage.world.folder, 'tmux.conf')
  await writeFile(bytes, '')
  await writeFile(
    file,
    `set -g status off\n${setup}\nset-hook -g after-new-session "pipe-pane 'cat >> ${bytes}'"\n`,
  )
  const chat = stage.open(['chat'], { within: ['tmux', '-S', socket, '-f', file, 'new-session'] })
  await prompted(chat)
  return { chat, written: () => readFileSync(bytes, 'utf8') }
}

const ANSWER = 'Grüße, 日本'
const OSC52 = `52;c;${Buffer.from(ANSWER).toString('base64')}`

test.each([
  ['as it is set up by default', ''],
  ['set-clipboard on', 'set -s set-clipboard on'],
])(
  '/copy in tmux, %s: its buffer and the clipboard of the terminal outside have the answer',
  async (_name, setup) => {
    const { chat } = await openInTmux(setup)
    await say(chat, `SAY ${ANSWER}`)
    await chat.until(() => chat.screen().includes(`\n${ANSWER}`))
    await chat.until(() => !chat.screen().includes('working…'))
    await say(chat, '/copy')
    await chat.until(() => chat.screen().includes('copied 9 characters'))
    await chat.until(() =>
      chat
        .raw()
        .replaceAll(/\]52;[a-z]*;/g, '52;c;')
        .includes(OSC52),
    )
    await chat.until(() => tmux('show-buffer') === ANSWER)
  },
)

test.each(['screen', 'tmux-256color'])(
  'in tmux as TERM=%s: every word once in its history, also while the window changes; the terminal is given back',
  async term => {
    const { chat, written } = await openInTmux(`set -g default-terminal ${term}\nset -g history-limit 10000`)
    await say(chat, 'STREAM n=300 r=300 id=x')
    const history = (): string[] => tmux('capture-pane', '-p', '-J', '-S', '-').match(/wx-\d+/g) ?? []
    await chat.until(() => chat.screen().includes('wx-60'))
    chat.resize(100, 30)
    await chat.keys('typed meanwhile')
    await chat.until(() => composer(chat) === 'typed meanwhile' && !chat.screen().includes('working…'))
    await chat.until(() => history().includes('wx-300'))
    expect(history()).toEqual(Array.from({ length: 300 }, (_, at) => `wx-${at + 1}`))
    await chat.keys(KEY.ctrlC)
    await chat.until(() => chat.screen().includes('again to leave'))
    await chat.keys(KEY.ctrlC)
    await chat.exit
    expect(written()).toContain('wx-300')
    expect(faultsIn(written(), true)).toEqual([])
  },
)
