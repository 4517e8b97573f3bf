import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { findRuntime } from '../../../src/runtime/find.ts'
import { openStage, type Stage } from '../../support/chat.ts'
import { EVIL } from '../../support/evil.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { MOST_MEMORY } from '../../support/leaks.ts'
import { leaveLines, linePerson, onlyLines } from '../../support/lines.ts'
import { composer, count, leave, panel, prompted, say, unwrapped } from '../../support/person.ts'
import { runtimeOf } from '../../support/processes.ts'
import { faultsIn } from '../../support/shown.ts'
import { KEY, type TestTerminal } from '../../support/terminal.ts'

const SERVER = fileURLToPath(new URL('../../support/evil-server.ts', import.meta.url))
/** What a terminal would have done. */
const DONE = /\x1b\]52|\x1b\]0;|\x1b\]8;;https:\/\/evil\.example\x1b|\x1b\[\?1049h|\u202e|\x9b/
/** As it is written in an order to the practice model, which cannot say halves of characters. */
const SAID = Array.from(EVIL.replaceAll(/[\u{10000}-\u{10ffff}]/gu, ''), char =>
  / |[!-~]/.test(char) ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
).join('')

/** A folder and a configuration in which every name is written for the terminal. */
async function open(): Promise<{ stage: Stage; args: string[]; cwd: string }> {
  const stage = await openStage({ keychain: false, secrets: () => ['pl4nted'] })
  onTestFinished(() => stage.close())
  const cwd = join(stage.world.work, 'b\u001b[2J\u202e\u009bad')
  await mkdir(join(cwd, '.git'), { recursive: true })
  await writeFile(join(cwd, '.git', 'HEAD'), `ref: refs/heads/main${EVIL.replaceAll('\n', '')}branch\n`)
  await writeFile(join(cwd, 'file\u001b]0;owned\u0007\u202e\u009b2Jtxt'), 'x')
  await writeFile(join(cwd, 'file-to-see.txt'), 'x')
  const config = join(stage.world.folder, 'mcp.json')
  const evilServer = { type: 'stdio', command: process.execPath, args: [SERVER], tools: ['*'] }
  const gone = { type: 'http', url: 'http://127.0.0.1:1/mcp' }
  await writeFile(
    config,
    JSON.stringify({ mcpServers: { evil: evilServer, 'go\u001b[2J\u202e\u009b3Jne': gone } }),
  )
  return { stage, cwd, args: ['--mcp-config', config, '--allow-all-tools'] }
}

/** Nothing of it has reached the terminal; the bytes themselves are judged when the stage closes. */
function harmless(chat: TestTerminal): void {
  expect(chat.raw()).not.toMatch(DONE)
  expect(faultsIn(chat.raw(), true)).toEqual([])
}

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))

/** Says what is longer than a row of the composer. */
async function order(chat: TestTerminal, text: string): Promise<void> {
  await prompted(chat)
  chat.paste(text)
  await chat.until(() => composer(chat) !== '')
  await chat.keys(KEY.enter)
}

test('X-01, X-02, X-03: tools, their output, questions and the model, in a chat', async () => {
  const { stage, args, cwd } = await open()
  const chat = stage.open(['chat', ...args], { cwd, cols: 100, rows: 30 })
  await say(chat, 'CALL shout {}')
  await sees(chat, 'readable words')
  await say(chat, 'CALL fail {}')
  await sees(chat, 'why it failed')
  await say(chat, 'CALL order {}')
  await chat.until(() => chat.screen().includes('Which one?'))
  await panel(chat, 'Which one?')
  await chat.keys(KEY.enter, '\t', KEY.down)
  await chat.keys(KEY.escape)
  await panel(chat, 'Decline it')
  await chat.keys('d')
  await prompted(chat)
  await say(chat, 'CALL pay {}')
  await chat.until(() => /xn--/.test(chat.screen()))
  await panel(chat, 'xn--')
  await chat.keys(KEY.escape)
  await prompted(chat)
  await order(chat, `SAY first ${SAID}\\nreadable ${SAID}\\n[bank](https://evil.example/) last`)
  await sees(chat, '\nbank')
  await order(chat, `THINK some ${SAID}\\nthought ${SAID}\nSAY after`)
  for (const line of ['/mcp', '/sessions', '/files', '/context', '/permissions', '/mcp reload']) {
    await say(chat, line)
    await chat.until(() => composer(chat) !== line)
    if (composer(chat) === undefined) await chat.keys(KEY.escape)
    await chat.until(() => composer(chat) === '')
  }
  await chat.keys('@fil')
  // A name that no terminal can show is not offered, the one beside it is.
  await chat.until(() => chat.screen().includes('file-to-see.txt'))
  await chat.keys(KEY.escape, '\u0015')
  await chat.until(() => composer(chat) === '')
  chat.paste(`/rename ${EVIL.replaceAll('\n', '')}name`)
  await chat.until(() => chat.screen().includes('no endname'))
  await chat.keys(KEY.enter)
  await chat.until(() => composer(chat) === '')
  await order(
    chat,
    'CALL bash {"command":"printf \'\\\\033]52;c;b3duZWQ=\\\\007\\\\033[2J\\\\2332Jprinted words\'","description":"prints"}',
  )
  await sees(chat, 'printed words')
  await leave(chat)
  harmless(chat)
  expect(chat.lines().join('\n')).toContain('readable')

  for (const command of [
    ['sessions'],
    ['mcp', 'status', ...args.slice(0, 2)],
    ['auth', 'status', ...args.slice(0, 2)],
  ]) {
    const shown = stage.open(command, { cwd })
    await shown.exit
    harmless(shown)
  }
})

test('X-01: the same in plain lines', async () => {
  const { stage, args, cwd } = await open()
  const chat = stage.open(['chat', '--plain', ...args], { cwd })
  const { hear, say: type } = linePerson(chat)
  await hear('twice it leaves.')
  await type('CALL shout {}')
  await hear('readable words')
  await type('CALL fail {}')
  await hear('why it failed')
  await type('CALL order {}')
  await hear('Which one?')
  await chat.keys(KEY.ctrlC)
  await type(`SAY first ${SAID}\\nreadable\\n${SAID}end`)
  await hear('readable')
  await type('/mcp')
  await hear('evil')
  await leaveLines(chat)
  onlyLines(chat)
  expect(chat.raw()).not.toMatch(DONE)
})

test.each(['text', 'json', 'stream-json'])(
  'X-01: one prompt, --output %s, read by another program or a terminal',
  async output => {
    const { stage, args, cwd } = await open()
    const more = output === 'text' ? [] : ['--output', output]
    for (const prompt of ['CALL shout {}', `SAY ${SAID}\\nreadable words${SAID}`]) {
      const run = await stage.run(['chat', '-p', prompt, ...more, ...args], { cwd })
      expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('readable words') })
      expect(faultsIn(run.stdout, false)).toEqual([])
      expect(faultsIn(run.stderr, false)).toEqual([])
      const shown = stage.open(['chat', '-p', prompt, ...more, ...args], { cwd })
      expect((await shown.exit).code).toBe(0)
      harmless(shown)
    }
  },
)

test('X-04: what the runtime writes to stderr', async () => {
  const { stage, args, cwd } = await open()
  const program = join(await temporaryFolder(), 'copilot-runtime')
  const { command } = findRuntime(undefined, process.execPath)
  const noise = `printf '\\033]52;c;b3duZWQ=\\007\\033[2J\\2332J Authorization: Bearer pl4nted-t0ken-of-m1ne access_token=pl4nted-2\\n' >&2`
  await writeFile(
    program,
    `#!/bin/sh\n${noise}\nfor i in 1 2 3 4 5 6 7 8 9; do head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; done\n${noise}\nexec '${command}' "$@"\n`,
  )
  await chmod(program, 0o755)
  stage.secrets.add('pl4nted-t0ken-of-m1ne').add('access_token=pl4nted-2')
  const chat = stage.open(['chat', ...args], { cwd, env: { COPILOT_CLI_PATH: program } })
  await say(chat, 'SAY all is well')
  await chat.until(() => count(chat.lines().join('\n'), 'all is well') > 1)
  expect(chat.raw()).not.toMatch(/pl4nted|xxxx/)
  expect(chat.peak()).toBeLessThan(MOST_MEMORY)
  // Nine megabytes of it: of what is kept of them nothing is raw or long, also when it dies.
  process.kill(runtimeOf(chat.pid), 'SIGKILL')
  await chat.until(() => unwrapped(chat).includes('the Copilot runtime stopped (SIGKILL)'))
  const log = await readFile(join(stage.world.folder, 'debug.log'), 'utf8')
  expect(log).toContain('the Copilot runtime stopped (SIGKILL)')
  expect(log.match(/runtime, stderr: .*Authorization: \[secret\]/g)).toHaveLength(1)
  expect(log.length).toBeLessThan(100_000)
  expect(log).not.toMatch(/pl4nted|[^\P{C}\n]/u)
  chat.kill('SIGTERM')
  await chat.exit
  harmless(chat)
})
