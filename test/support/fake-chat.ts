import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openStage, type Stage } from './chat.ts'
import { FAKE, type Heard, heardIn } from './fake.ts'
import { MOST_MEMORY } from './leaks.ts'
import { SOON } from './patience.ts'
import { composer, count, say, unwrapped } from './person.ts'
import { runtimeOf } from './processes.ts'
import { KEY, type TestTerminal } from './terminal.ts'

/** Chats of the built program with the fake runtime. */
export interface FakeChats {
  stage: Stage
  /** What the program needs to start the fake runtime in this scenario. */
  env(scenario: string, args?: object): Record<string, string>
  open(scenario: string, args?: object, options?: readonly string[]): TestTerminal
  /** From now on the runtime of this chat fails as its scenario says. */
  fail(chat: TestTerminal): void
  /** What the host has sent, in order. */
  heard(): Heard[]
  /** What the host has answered to sign-in requests: ids, and how. */
  answers(): string[]
  close(): Promise<void>
}

export async function openFakeChats(): Promise<FakeChats> {
  // The fake runtime writes down what it is sent, tokens included: not among the files of the program.
  const folder = await mkdtemp(join(tmpdir(), 'copilot-host-heard-'))
  const file = join(folder, 'heard.jsonl')
  const stage = await openStage({ keychain: false })
  const env = (scenario: string, args: object = {}) => ({
    COPILOT_CLI_PATH: FAKE,
    FAKE_RUNTIME: scenario,
    FAKE_RUNTIME_ARGS: JSON.stringify(args),
    FAKE_RUNTIME_LOG: file,
    BROWSER: stage.browser(),
  })
  const heard = () => heardIn(file)
  return {
    ...{ stage, env, heard },
    open: (scenario, args, options = []) => stage.open(['chat', ...options], { env: env(scenario, args) }),
    fail: chat => void process.kill(runtimeOf(chat.pid), 'SIGUSR2'),
    answers: () =>
      heard()
        .filter(({ method }) => method === 'session.mcp.oauth.handlePendingRequest')
        .map(({ params }) => {
          const { result } = params
          const kind = typeof result === 'object' && result !== null && 'kind' in result ? result.kind : ''
          return `${params.requestId} ${kind}`
        }),
    async close() {
      await stage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The chat is alive: a message gets its answer. The host has never had more than 300 MiB. */
export async function goesOn(chat: TestTerminal, times = 1): Promise<void> {
  await say(chat, 'hello')
  await chat.until(() => count(unwrapped(chat), '\nfake reply') === times)
  expect(chat.peak()).toBeLessThan(MOST_MEMORY)
}

/** A typed letter is on the screen soon: the middle one of five, since the machine has other work too. */
export async function keysLive(chat: TestTerminal): Promise<void> {
  const times: number[] = []
  for (let round = 0; round < 5; round += 1) {
    const since = performance.now()
    await chat.keys('k')
    await chat.until(() => composer(chat) === 'k')
    times.push(performance.now() - since)
    await chat.keys(KEY.backspace)
    await chat.until(() => composer(chat) === '')
  }
  expect(times.sort((one, other) => one - other)[2]).toBeLessThan(SOON / 4)
}
