import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { visit } from '../../demo/browser.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'
import { composer, count, leave, panel, prompted, say, unwrapped } from '../support/person.ts'
import { descendants, runtimeOf } from '../support/processes.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]
const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))

/** A shell with job control, and in it the program. */
async function open(
  command: string,
  server = false,
  start = '"$@"',
): Promise<{ chat: TestTerminal; pid: () => number }> {
  stage = await openStage({ keychain: false })
  const script = `set -m; ${start}; while [ -n "$(jobs)" ]; do stty sane; echo the shell waits; read -r line; $line; done; echo all is over`
  const chat = stage.open([command, ...(server ? notes() : [])], {
    within: ['/bin/bash', '-c', script, 'sh'],
  })
  const pid = () => {
    const [program] = descendants(chat.pid).filter(({ command }) => command.includes('copilot-host.js'))
    if (program === undefined) throw new Error('the program does not run')
    return program.pid
  }
  return { chat, pid }
}

/** `T` once it is stopped. */
const isStopped = (chat: TestTerminal, pid: number) => chat.until(() => stateOf(pid) === 'T')

/** The letter of proc_pid_stat(5). */
function stateOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.[0]
}

const codeOn = (chat: TestTerminal) => /[A-Z]{4}-[A-Z]{4}/.exec(chat.screen())?.[0]

/** Seconds that are left of the sign-in, as the panel says. */
function leftOn(chat: TestTerminal): number {
  const [, minutes, seconds] = /(\d+):(\d\d) left/.exec(chat.screen()) ?? []
  return Number(minutes) * 60 + Number(seconds)
}

const STOPS = ['SIGSTOP', 'SIGTSTP', 'Ctrl+Z'] as const

async function stopAndGoOn(
  { chat, pid }: { chat: TestTerminal; pid: () => number },
  how: (typeof STOPS)[number],
  size: { cols: number; rows: number },
  asleep = 0,
): Promise<void> {
  const program = pid()
  if (how === 'Ctrl+Z') await chat.keys(KEY.ctrlZ)
  else process.kill(program, how)
  await isStopped(chat, program)
  await chat.until(() => count(chat.raw(), 'the shell waits') === 1)
  const since = performance.now()
  await chat.until(() => performance.now() - since >= asleep)
  if (how !== 'SIGSTOP') expect(chat.modes()).toMatchObject({ bracketedPaste: false, cursorHidden: false })
  chat.resize(size.cols, size.rows)
  await chat.keys('fg\r')
  await chat.until(() => stateOf(program) !== 'T')
}

describe.each(some(STOPS, 2))('P-06 %s, a smaller window, and fg', how => {
  test('at the prompt: the text is there, drawn for the new size', async () => {
    const shell = await open('chat')
    const { chat } = shell
    await prompted(chat)
    await chat.keys('half a thought')
    await chat.until(() => composer(chat) === 'half a thought')
    await stopAndGoOn(shell, how, { cols: 44, rows: 14 })
    await chat.until(() => chat.modes().bracketedPaste && composer(chat) === 'half a thought')
    await chat.keys(' more')
    await chat.until(() => composer(chat) === 'half a thought more')
    await chat.until(() => (chat.screen().trimEnd().split('\n').at(-1) ?? '').length <= 44)
  })

  test('while the model talks: nothing is lost', async () => {
    const shell = await open('chat')
    const { chat } = shell
    await say(chat, 'STREAM n=60 r=20 id=a')
    await sees(chat, 'wa-3 ')
    await stopAndGoOn(shell, how, { cols: 60, rows: 20 })
    await sees(chat, 'wa-60')
    await chat.until(() => composer(chat) === '')
    const text = chat.lines().join(' ').replaceAll(/\s+/g, ' ')
    for (let at = 1; at <= 60; at += 1) expect(text).toMatch(new RegExp(`\\bwa-${at}\\b`))
    await chat.keys(KEY.ctrlD)
    await sees(chat, 'all is over')
  })

  test('in a sign-in: the code is drawn again, its time has gone on, and it is taken', async () => {
    const shell = await open('chat', true)
    const { chat } = shell
    await panel(chat, 'Sign in to notes')
    await chat.keys('d')
    await chat.until(() => codeOn(chat))
    const code = codeOn(chat) ?? ''
    const left = leftOn(chat)
    const since = performance.now()
    await stopAndGoOn(shell, how, { cols: 70, rows: 22 }, 3000)
    await chat.until(() => codeOn(chat) === code && composer(chat) === undefined)
    // What was slept is gone: it would not be caught up with.
    await chat.until(() => left - leftOn(chat) > (performance.now() - since) / 1000 - 2)
    await visit(stage.world.authorizationServer.devicePage, { code, as: 'ada@example.com' })
    await sees(chat, 'signed in to notes')
    await prompted(chat)
  })
})

test('P-06 Ctrl+Z with a script between the shell and the chat: the shell has the terminal, and fg brings it back', async () => {
  const shell = await open('chat', false, `sh -c '"$@"; true' sh "$@"`)
  const { chat } = shell
  await prompted(chat)
  await chat.keys('half a thought')
  await chat.until(() => composer(chat) === 'half a thought')
  await stopAndGoOn(shell, 'Ctrl+Z', { cols: 60, rows: 20 })
  await chat.until(() => composer(chat) === 'half a thought')
  await chat.keys(KEY.ctrlC, KEY.ctrlC)
  await sees(chat, 'all is over')
})

test('P-06 the runtime is stopped (SIGSTOP) for a while and goes on: the turn too', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat'])
  await say(chat, 'STREAM n=60 r=20 id=a')
  await sees(chat, 'wa-3 ')
  const runtime = runtimeOf(chat.pid)
  process.kill(runtime, 'SIGSTOP')
  await isStopped(chat, runtime)
  await chat.keys('typed meanwhile')
  await chat.until(() => composer(chat) === 'typed meanwhile')
  process.kill(runtime, 'SIGCONT')
  await sees(chat, 'wa-60')
  await leave(chat)
})

test('P-06 Ctrl+Z where no shell could let it go on: nothing happens', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat'])
  await prompted(chat)
  await chat.keys('one')
  await chat.until(() => composer(chat) === 'one')
  await chat.keys(KEY.ctrlZ)
  await chat.keys(' two')
  await chat.until(() => composer(chat) === 'one two')
  const taken = () => count(chat.raw(), '\u001b[?2004h')
  const before = taken()
  // One that comes while the key is still being dealt with changes nothing more.
  await chat.until(() => taken() > before || !process.kill(chat.pid, 'SIGTSTP'))
  await chat.keys(' three')
  await chat.until(() => composer(chat) === 'one two three')
  await leave(chat)
})
