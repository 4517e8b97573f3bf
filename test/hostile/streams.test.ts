import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'
import { say, unwrapped } from '../support/person.ts'
import { descendants } from '../support/processes.ts'
import { KEY } from '../support/terminal.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))
/** Something with several lines, so that a reader can leave in between. */
const PROMPT = 'STREAM n=300 r=1000 id=a'

const COMMANDS: Record<string, readonly string[]> = {
  'chat -p': ['chat', '-p', PROMPT],
  'chat -p --output json': ['chat', '-p', PROMPT, '--output', 'json'],
  'chat -p --output stream-json': ['chat', '-p', PROMPT, '--output', 'stream-json'],
  'auth status --json': ['auth', 'status', '--json'],
  sessions: ['sessions'],
  'mcp list': ['mcp', 'list'],
  'config list': ['config', 'list'],
  help: ['--help'],
  complete: ['complete', '--', 'auth', ''],
  doctor: ['doctor'],
  'wrong usage': ['chat', '--no-such-option'],
}

/** How a shell starts it; `lost`: nobody gets the result. */
const CLOSED: Record<string, { line: string; lost?: 'quietly' | 'told' }> = {
  'stdout: its reader leaves after the first byte': {
    line: '"$@" | head -c 1 >/dev/null; exit "$PIPESTATUS"',
    lost: 'quietly',
  },
  'stdout: its reader has left': { line: '"$@" | true; exit "$PIPESTATUS"', lost: 'quietly' },
  'stdout is closed': { line: '"$@" >&-' },
  'stdout: the disk is full': { line: '"$@" >/dev/full', lost: 'told' },
  'stderr: its reader has left': { line: '"$@" 2> >(true)' },
  'stderr is closed': { line: '"$@" 2>&-' },
  'stderr: the disk is full': { line: '"$@" 2>/dev/full' },
  'stdin is closed': { line: '"$@" <&-' },
  'stdin is a folder': { line: '"$@" </' },
  'all are closed': { line: '"$@" <&- >&- 2>&-' },
}

let stage: Stage
beforeAll(async () => {
  stage = await openStage({ keychain: false })
  await stage.run(['chat', '-p', 'SAY so that there is a session'])
})
afterAll(() => stage.close())

const ROWS = Object.entries(COMMANDS).map(([name, args], at) => ({ name, args, at }))

describe.each(ROWS)('P-03 $name', ({ args, at }) => {
  let usual: Awaited<ReturnType<Stage['run']>>
  beforeAll(async () => {
    usual = await stage.run(args)
  })

  test.each(some(Object.entries(CLOSED), 3, at))('%s', async (_how, { line, lost }) => {
    const run = await stage.run(args, { within: ['/bin/bash', '-c', line, 'sh'] })
    const { code, stderr } = run
    expect(stderr).not.toMatch(/EPIPE|EBADF|EIO| at .*:\d+:\d+|failed unexpectedly/)
    if (lost === 'quietly') expect([0, usual.code]).toContain(code)
    else if (lost === 'told' && usual.stdout !== '') {
      expect(code).toBe(1)
      expect(stderr).toContain('the output cannot be written (ENOSPC)')
    } else expect(code).toBe(usual.code)
    if (lost === undefined && !line.includes('>&-')) expect(run.stdout === '').toBe(usual.stdout === '')
  })
})

describe('P-03 in a terminal', () => {
  /** The program with something closed; the shell says how it ended. */
  const open = (args: readonly string[], how: string) =>
    stage.open(args, {
      within: ['/bin/bash', '-c', `"$@" ${how}; echo "ended with $?"`, 'sh'],
      ...{ cols: 150, env: { BROWSER: stage.browser() } },
    })
  const TRACE = /EPIPE|EBADF|EIO| at .*:\d+:\d+|failed unexpectedly/

  test.each([
    ['chat', '<&-', 'the prompt is empty'],
    ['chat', '>&-', 'the chat needs a terminal'],
    ['chat', '<&- 2>&-', ''],
    ['chat --plain', '<&-', 'the prompt is empty'],
    ['chat --plain', '<&- >&- 2>&-', ''],
  ])('%s %s: exit 2, in one line or none', async (args, how, says) => {
    const terminal = open(args.split(' '), how)
    await terminal.exit
    const lines = terminal.lines().filter(line => line !== '')
    expect(lines).toEqual([...(says === '' ? [] : [expect.stringContaining(says)]), 'ended with 2'])
  })

  test('chat without stderr: nothing is missed', async () => {
    const chat = open(['chat'], '2>&-')
    await say(chat, 'SAY all is well')
    await chat.until(() => unwrapped(chat).includes('\nall is well'))
    await chat.keys(KEY.ctrlC)
    await chat.until(() => chat.screen().includes('again to leave'))
    await chat.keys(KEY.ctrlC)
    await chat.exit
    expect(unwrapped(chat)).toContain('ended with 130')
    expect(chat.raw()).not.toMatch(TRACE)
  })

  test('chat --plain without stderr: nothing is missed', async () => {
    const chat = open(['chat', '--plain'], '2>&-')
    await chat.until(() => chat.raw().includes('twice it leaves.'))
    await chat.keys('SAY all is well\r')
    await chat.until(() => /^all is well/m.test(chat.lines().join('\n')))
    await chat.keys(KEY.ctrlD)
    await chat.exit
    expect(chat.lines().join('\n')).toMatch(/ended with 0/)
    expect(chat.raw()).not.toMatch(TRACE)
  })

  test.each(some(['<&-', '2>&-', '>&-', '<&- 2>&-', '<&- >&- 2>&-'], 2))(
    'auth login %s: signed in',
    async how => {
      const file = ['--token-store', 'file']
      const { url } = stage.world.mcp
      await stage.run(['auth', 'logout', url, ...file])
      const login = open(['auth', 'login', url, '--sign-in', 'browser', ...file], how)
      await login.exit
      expect(login.lines().join('\n')).toContain('ended with 0')
      expect(login.raw()).not.toMatch(TRACE)
      const signIns = () => stage.world.authorizationServer.count('token', 'authorization_code')
      const before = signIns()
      const answer = ['chat', '-p', 'CALL whoami {}', '--mcp', `notes=${url}`, '--allow-all-tools', ...file]
      expect(await stage.run(answer)).toMatchObject({ code: 0, stdout: expect.stringContaining('as Ada') })
      expect(signIns()).toBe(before)
    },
  )
})

describe('P-03 a reader that stops reading', () => {
  test.each([
    ['SIGTERM', 'text', 143],
    ['SIGINT', 'stream-json', 130],
    ['SIGHUP', 'json', 129],
  ] as const)('%s ends it all the same; memory stays: %s', async (signal, output, code) => {
    const env = { PATH: process.env.PATH, HOME: stage.world.folder, ...stage.place.env }
    const args = ['chat', '-p', 'REPEAT 500000 hello-there-', '--output', output]
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      ...{ env, cwd: stage.world.work, stdio: ['ignore', 'pipe', 'ignore'] },
    })
    const { pid = 0 } = child
    const ended = once(child, 'exit')
    // Nobody reads: what comes stays in the pipe.
    const runtime = await expect
      .poll(() => descendants(pid).find(({ command }) => command.includes('copilot-runtime')))
      .toBeDefined()
      .then(() => descendants(pid)[0]?.pid ?? 0)
    await expect
      .poll(() => stage.world.model.requests.some(({ prompt }) => prompt.startsWith('REPEAT')))
      .toBe(true)
    await expect.poll(() => child.stdout.readableLength > 0 || output === 'json').toBe(true)
    const most = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
    expect(most).toBeLessThan(300)
    child.kill(signal)
    expect(await ended).toEqual([code, null])
    await expect.poll(() => descendants(1).some(each => each.pid === runtime)).toBe(false)
  })
})
