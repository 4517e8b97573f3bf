import { spawnSync } from 'node:child_process'
import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lengthen } from '../../scripts/bench/lengthen.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { leave, panel, prompted, say } from '../support/person.ts'

const FILE = ['--token-store', 'file']
/** No memory to spare, for the program and for all that it starts. */
const TIGHT = { NODE_OPTIONS: '--max-old-space-size=96' }

async function stageOf(): Promise<Stage> {
  const stage = await openStage({ keychain: false })
  onTestFinished(() => stage.close())
  return stage
}

describe('with 96 MiB for all that is kept (--max-old-space-size=96)', () => {
  test('a one-shot with a sign-in and a tool', async () => {
    const stage = await stageOf()
    const notes = ['--mcp', `notes=${stage.world.mcp.url}`, '--allow-all-tools', '--sign-in', 'browser']
    const env = { ...TIGHT, BROWSER: stage.browser() }
    const ran = await stage.run(['chat', '-p', 'who am i?', ...notes, ...FILE], { env })
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('You are signed in as Ada') })
  })

  test('a chat: a sign-in, then a reply of 5 MB', async () => {
    const stage = await stageOf()
    const env = { ...TIGHT, BROWSER: stage.browser() }
    const chat = stage.open(['chat', '--mcp', `notes=${stage.world.mcp.url}`, ...FILE], { env })
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await chat.until(() => chat.screen().includes('signed in to notes'))
    await say(chat, 'REPEAT 100000 a line of fifty characters, more or less.\\n')
    await chat.until(
      () => /\d+% context · practice/.test(chat.screen()) && !chat.screen().includes('working'),
      50_000,
    )
    await say(chat, 'SAY still here')
    await chat.until(() => chat.lines().includes('still here'))
    await prompted(chat)
    await leave(chat)
  })

  test('a session of 1,000 turns is resumed and talked on, exported and replayed', async () => {
    const stage = await stageOf()
    await stage.run(['chat', '-p', 'SAY one turn of many', ...FILE])
    const sessions = join(stage.place.env.COPILOT_HOME ?? '', 'session-state')
    const [id = ''] = await readdir(sessions)
    await lengthen(join(sessions, id, 'events.jsonl'), 1000)
    const chat = stage.open(['resume', 'latest', ...FILE], { env: TIGHT })
    await say(chat, 'SAY the next one')
    await chat.until(() => chat.lines().includes('the next one'))
    await prompted(chat)
    await leave(chat)
    const shown = await stage.run(['sessions', 'export'], { env: TIGHT })
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout.split('one turn of many').length).toBeGreaterThan(1000)
    expect((await stage.run(['replay', '--speed', 'instant'], { env: TIGHT })).code).toBe(0)
  })
})

describe('with few of what the system gives', () => {
  test('64 open files: all of it works', async () => {
    const stage = await stageOf()
    const within = ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh']
    const notes = ['--mcp', `notes=${stage.world.mcp.url}`, '--allow-all-tools', '--sign-in', 'browser']
    const ran = await stage.run(['chat', '-p', 'who am i?', ...notes, ...FILE], {
      env: { BROWSER: stage.browser() },
      within,
    })
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('You are signed in as Ada') })
  })

  test('as many open files as Node itself needs: one line, exit 3', async () => {
    const stage = await stageOf()
    let told = 0
    for (const most of [24, 26, 28]) {
      const within = ['sh', '-c', `ulimit -n ${most}; exec "$@"`, 'sh']
      const { code, stderr } = await stage.run(['chat', '-p', 'SAY fine', ...FILE], { within })
      expect(stderr).not.toMatch(/^\s+at |undefined|TypeError/m)
      if (code !== 3) continue
      told += 1
      expect(stderr.trim()).toMatch(
        /could not start: \S+ cannot be run \(EMFILE: .* ulimit -n raises that\)$/,
      )
    }
    expect(told).toBeGreaterThan(0)
  })

  // Who may do everything is not bound by a number of processes.
  const other = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const missing =
    process.getuid?.() === 0 &&
    spawnSync('setpriv', [...other.slice(1), 'prlimit', '--nproc=50', 'true']).status === 0
      ? undefined
      : 'needs root, setpriv and prlimit'
  if (missing !== undefined) process.stderr.write(`few processes: not run: ${missing}\n`)

  test.skipIf(missing !== undefined)('12, 15, 20 processes: one line, exit 3, no stack', async () => {
    const stage = await stageOf()
    for (const path of [stage.world.folder, stage.world.work]) await chmod(path, 0o777)
    const own = join(stage.world.folder, 'other')
    const env = {
      HOME: own,
      COPILOT_HOME: undefined,
      COPILOT_HOST_HOME: undefined,
      COPILOT_HOST_LOG: undefined,
    }
    for (const most of [12, 15, 20]) {
      const within = [...other, 'prlimit', `--nproc=${most}`]
      const { code, stdout, stderr } = await stage.run(['chat', '-p', 'SAY fine', ...FILE], { within, env })
      // On two processors the runtime has fewer threads, and twenty are enough.
      if (most === 20 && code === 0) continue
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
      expect(stderr).not.toMatch(/^\s+at |stack backtrace/m)
      expect(
        stderr.split('\n').filter(line => line.startsWith('the Copilot runtime could not start')),
      ).toHaveLength(1)
    }
  })
})
