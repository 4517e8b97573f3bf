import { chmod, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openStage, type RunOptions, type Stage } from '../support/chat.ts'
import { type Started, start } from '../support/ended.ts'
import { some } from '../support/more.ts'
import { composer, panel, prompted, say, unwrapped } from '../support/person.ts'
import { descendants } from '../support/processes.ts'
import type { TestTerminal } from '../support/terminal.ts'

const CTRL_G = '\u0007'
const CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

interface State {
  args: (stage: Stage, hang: string) => readonly string[]
  /** What the person does until it is there. */
  reach?: (chat: TestTerminal, started: Started) => Promise<void>
  run?: (stage: Stage) => Promise<RunOptions>
  /** Before: so that there are sessions to choose from. */
  before?: (stage: Stage) => Promise<void>
  keychain?: true
  /** Ctrl+C is a key there: once says that twice leaves, or it is the editor's. */
  interrupt?: 'twice' | 'editor'
}

const sees = async (chat: TestTerminal, text: string) =>
  void (await chat.until(() => unwrapped(chat).includes(text)))
const notes = (stage: Stage) => ['--mcp', `notes=${stage.world.mcp.url}`]
/** Waits until the program has started one with exactly this command line, or one that ends so. */
const child = async (started: Started, command: string) =>
  void (await started.chat.until(
    () =>
      descendants(started.chat.pid).some(
        each => each.command === command || each.command.endsWith(`/${command}`),
      ),
    20_000,
  ))

/** It never answers the terminal and never ends. */
const editor = async (stage: Stage): Promise<RunOptions> => {
  const file = join(stage.world.work, 'editor')
  await writeFile(file, '#!/bin/sh\necho the editor is open\nexec sleep 61\n')
  await chmod(file, 0o755)
  return { env: { VISUAL: file } }
}

const STATES: Record<string, State> = {
  'the composer is empty': { args: () => ['chat'], reach: prompted },
  'something is typed': {
    args: () => ['chat'],
    async reach(chat) {
      await prompted(chat)
      await chat.keys('half a thought')
      await chat.until(() => composer(chat) === 'half a thought')
    },
  },
  'a turn is running': {
    args: () => ['chat'],
    async reach(chat) {
      await say(chat, 'STREAM n=100000 r=20 id=a')
      await sees(chat, 'wa-3 ')
    },
  },
  'a command of the model is running, which ignores SIGTERM': {
    args: () => ['chat', '--allow-all-tools'],
    async reach(chat, started) {
      await say(chat, `CALL bash {"command":"trap '' TERM; sleep 62; sleep 63"}`)
      await child(started, 'sleep 62')
    },
  },
  'a sign-in panel is open': {
    args: stage => ['chat', ...notes(stage)],
    reach: chat => panel(chat, 'Sign in to notes'),
  },
  'a browser is waited for': {
    args: stage => ['chat', ...notes(stage)],
    run: async () => ({ env: { BROWSER: 'true' } }),
    async reach(chat) {
      await panel(chat, 'Sign in to notes')
      await chat.keys('b')
      await sees(chat, 'Waiting for the browser')
    },
  },
  'a device code is shown': {
    args: stage => ['chat', ...notes(stage)],
    async reach(chat) {
      await panel(chat, 'Sign in to notes')
      await chat.keys('d')
      await chat.until(() => /[A-Z]{4}-[A-Z]{4}/.test(chat.screen()))
    },
  },
  'a question is open': {
    args: () => ['chat'],
    async reach(chat) {
      await say(chat, 'CALL bash {"command":"sleep 64","description":"wait"}')
      await panel(chat, 'y once')
    },
  },
  'an editor is open': {
    interrupt: 'editor',
    args: () => ['chat'],
    run: editor,
    async reach(chat) {
      await prompted(chat)
      await chat.keys(CTRL_G)
      await sees(chat, 'the editor is open')
    },
  },
  'a command of the person is running': {
    args: () => ['chat'],
    async reach(chat, started) {
      await say(chat, '!sleep 65')
      await child(started, 'sleep 65')
    },
  },
  'a command of the person is running, which ignores SIGTERM': {
    args: () => ['chat'],
    async reach(chat, started) {
      await say(chat, `!trap '' TERM HUP; sleep 66; sleep 67`)
      await child(started, 'sleep 66')
    },
  },
  'a session is chosen': {
    args: () => ['resume'],
    async before(stage) {
      for (const text of ['one', 'two']) expect((await stage.run(['chat', '-p', `SAY ${text}`])).code).toBe(0)
    },
    reach: chat => panel(chat, 'Which session?'),
  },
  'plain lines wait': {
    interrupt: 'twice',
    args: () => ['chat', '--plain'],
    reach: chat => sees(chat, 'Ctrl+C stops, twice it leaves.'),
  },
  'plain lines of a running turn': {
    interrupt: 'twice',
    args: () => ['chat', '--plain', '--allow-all-tools'],
    async reach(chat, started) {
      await sees(chat, 'Ctrl+C stops, twice it leaves.')
      await chat.keys('CALL bash {"command":"sleep 69"}\r')
      await child(started, 'sleep 69')
    },
  },
  'plain lines ask for a sign-in': {
    interrupt: 'twice',
    args: stage => ['chat', '--plain', ...notes(stage)],
    reach: chat => sees(chat, 'Choice'),
  },
  'one prompt is answered': {
    args: () => ['chat', '-p', 'STREAM n=100000 r=20 id=a'],
    reach: chat => sees(chat, 'wa-3 '),
  },
  'one prompt runs a command': {
    args: () => ['chat', '--allow-all-tools', '-p', 'CALL bash {"command":"sleep 68","description":"wait"}'],
    reach: (_chat, started) => child(started, 'sleep 68'),
  },
  'auth login asks': {
    args: stage => ['auth', 'login', 'notes', ...notes(stage)],
    reach: chat => sees(chat, 'Choice'),
  },
  'auth login shows a device code': {
    args: stage => ['auth', 'login', 'notes', ...notes(stage), '--sign-in', 'device'],
    reach: async chat => void (await chat.until(() => /[A-Z]{4}-[A-Z]{4}/.test(chat.screen()))),
  },
  'doctor asks a server': { args: (_stage, hang) => ['doctor', '--mcp', `slow=${hang}`], reach: asked },
  'auth plan asks a server': {
    args: (_stage, hang) => ['auth', 'plan', 'slow', '--mcp', `slow=${hang}`],
    reach: asked,
  },
  'mcp status asks a server': {
    args: (_stage, hang) => ['mcp', 'status', '--mcp', `slow=${hang}`],
    reach: asked,
  },
  'a keychain is asked': {
    args: () => ['doctor'],
    keychain: true,
    async before(stage) {
      stage.keychain?.stopDaemon()
    },
    reach: (_chat, started) => child(started, 'dist/keychain-child.js'),
  },
}
let connections = 0
async function asked(chat: TestTerminal): Promise<void> {
  await chat.until(() => connections > 0)
}
/** Two within a tenth of a second are one that was told twice. */
const apart = () => new Promise(resolve => setTimeout(resolve, 150))

/** It takes every connection and says nothing. */
async function hanging(): Promise<{ url: string; server: Server }> {
  connections = 0
  const server = createServer(socket => {
    connections += 1
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}/mcp`, server }
}

const ROWS = Object.entries(STATES).map(([name, state], at) => ({
  name,
  state,
  signals: some(SIGNALS, 3, at + 1),
}))

describe.each(ROWS)('P-01, P-02 $name', ({ state, signals }) => {
  test.each(signals)('%s', async signal => {
    const { url, server } = await hanging()
    const stage = await openStage({ keychain: state.keychain ?? false })
    try {
      await state.before?.(stage)
      const run = (await state.run?.(stage)) ?? {}
      const started = await start(stage, state.args(stage, url), run)
      await state.reach?.(started.chat, started)
      started.look()
      process.kill(started.pid(), signal)
      if (signal === 'SIGINT' && state.interrupt === 'editor') process.kill(started.pid(), 'SIGTERM')
      if (signal === 'SIGINT' && state.interrupt === 'twice') {
        await sees(started.chat, 'Ctrl+C again leaves.')
        await apart()
        process.kill(started.pid(), signal)
      }
      await started.ended(signal === 'SIGINT' && state.interrupt === 'editor' ? 143 : CODES[signal])
    } finally {
      server.close()
      await stage.close()
    }
  })
})

describe('P-01 Ctrl+C takes away what is in front, and leaves when nothing is', () => {
  const STEPS = {
    'at the prompt': { reach: prompted, gone: () => true },
    'while the model talks': {
      reach: async (chat: TestTerminal) => {
        await say(chat, 'STREAM n=100000 r=20 id=a')
        await sees(chat, 'wa-3 ')
      },
      gone: (chat: TestTerminal) => unwrapped(chat).includes('○ interrupted'),
    },
    'in a sign-in': {
      reach: (chat: TestTerminal) => panel(chat, 'Sign in to notes'),
      gone: (chat: TestTerminal) => !chat.screen().includes('Sign in to notes'),
    },
  }

  test.each(Object.entries(STEPS))('%s', async (name, { reach, gone }) => {
    const stage = await openStage({ keychain: false })
    try {
      const started = await start(stage, ['chat', ...(name === 'in a sign-in' ? notes(stage) : [])])
      const { chat } = started
      await reach(chat)
      started.look()
      await chat.keys('\u0003')
      await chat.until(() => gone(chat) && chat.screen().includes('again to leave'))
      await chat.keys('\u0003')
      await started.ended(130)
    } finally {
      await stage.close()
    }
  })
})
