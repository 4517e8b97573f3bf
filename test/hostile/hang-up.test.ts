import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStage, type RunOptions, type Stage } from '../support/chat.ts'
import { filesLeft } from '../support/ended.ts'
import { FAKE } from '../support/fake.ts'
import { SOON } from '../support/patience.ts'
import { panel, prompted, say, unwrapped } from '../support/person.ts'
import { descendants } from '../support/processes.ts'
import type { TestTerminal } from '../support/terminal.ts'
import { waitFor } from '../support/wait-for.ts'

interface State {
  args: (stage: Stage) => readonly string[]
  reach: (chat: TestTerminal) => Promise<void>
  env?: (stage: Stage) => Promise<RunOptions['env']>
}

const sees = async (chat: TestTerminal, text: string) =>
  void (await chat.until(() => unwrapped(chat).includes(text)))
const notes = (stage: Stage) => ['--mcp', `notes=${stage.world.mcp.url}`]
const fake = async () => ({ COPILOT_CLI_PATH: FAKE, FAKE_RUNTIME: 'ignore-shutdown' })
const streaming = async (chat: TestTerminal) => {
  await say(chat, 'STREAM n=100000 r=20 id=a')
  await sees(chat, 'wa-3 ')
}

const STATES: Record<string, State> = {
  'the composer is empty': { args: () => ['chat'], reach: prompted },
  'a turn is running': { args: () => ['chat'], reach: streaming },
  'a device code is shown': {
    args: stage => ['chat', ...notes(stage)],
    async reach(chat) {
      await panel(chat, 'Sign in to notes')
      await chat.keys('d')
      await chat.until(() => /[A-Z]{4}-[A-Z]{4}/.test(chat.screen()))
    },
  },
  'an editor is open that does not mind': {
    args: () => ['chat'],
    async env(stage) {
      const file = join(stage.world.work, 'editor')
      await writeFile(file, `#!/bin/sh\ntrap '' HUP TERM\necho the editor is open\nsleep 71; sleep 72\n`, {
        mode: 0o755,
      })
      return { VISUAL: file }
    },
    async reach(chat) {
      await prompted(chat)
      await chat.keys('\u0007')
      await sees(chat, 'the editor is open')
    },
  },
  'a command of the person is running': {
    args: () => ['chat'],
    async reach(chat) {
      await say(chat, '!sleep 73')
      await chat.until(() => descendants(chat.pid).some(({ command }) => command === 'sleep 73'))
    },
  },
  'plain lines ask for a sign-in': {
    args: stage => ['chat', '--plain', ...notes(stage)],
    reach: chat => sees(chat, 'Choice'),
  },
  'one prompt is answered': {
    args: () => ['chat', '-p', 'STREAM n=100000 r=20 id=a'],
    reach: chat => sees(chat, 'wa-3 '),
  },
  'auth login asks': {
    args: stage => ['auth', 'login', 'notes', ...notes(stage)],
    reach: chat => sees(chat, 'Choice'),
  },
  'the runtime ignores its end (P-09)': { args: () => ['chat'], env: fake, reach: prompted },
  'the runtime answers nothing': {
    args: () => ['chat'],
    env: async () => ({ COPILOT_CLI_PATH: FAKE, FAKE_RUNTIME: 'mute' }),
    reach: prompted,
  },
}

test.each(Object.entries(STATES))('P-02 the window is closed while %s', async (_name, state) => {
  const stage = await openStage({ keychain: false })
  try {
    const chat = stage.open(state.args(stage), { env: await state.env?.(stage) })
    await state.reach(chat)
    const started = descendants(chat.pid)
    expect(started.length).toBeGreaterThan(0)
    const since = performance.now()
    chat.hangUp()
    expect((await chat.exit).code).toBe(129)
    expect(performance.now() - since).toBeLessThan(SOON)
    // A shell that waits for its command ends with it.
    await waitFor(() => {
      const all = descendants(1)
      const left = started.filter(({ pid, command }) =>
        all.some(each => each.pid === pid && each.command === command),
      )
      expect(left.filter(({ command }) => !/^sleep 7[12]$/.test(command))).toEqual([])
    })
    expect(filesLeft(stage)).toEqual([])
  } finally {
    await stage.close()
  }
})
