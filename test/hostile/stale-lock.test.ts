import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { leave, prompted, say, unwrapped } from '../support/person.ts'
import { descendants, runtimeOf } from '../support/processes.ts'
import { waitFor } from '../support/wait-for.ts'

const WARNING = 'this session is open in another program as well'

let stage: Stage
afterEach(() => stage.close())

/** The folder of the only session. */
function folderOf(): string {
  const sessions = join(stage.place.env.COPILOT_HOME ?? '', 'session-state')
  return join(sessions, readdirSync(sessions)[0] ?? '')
}

async function lock(pid: number, since = new Date()): Promise<void> {
  const file = join(folderOf(), `inuse.${pid}.lock`)
  await writeFile(file, `${pid}\n`)
  await utimes(file, since, since)
}

/** A process that has ended and that its parent does not fetch. */
async function zombie(): Promise<number> {
  const parent = spawn('/bin/sh', ['-c', 'true & exec sleep 60'])
  onTestFinished(() => void parent.kill('SIGKILL'))
  return waitFor(() => {
    const child = descendants(parent.pid ?? 0)[0]
    if (child === undefined || !/\) Z /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')))
      throw new Error('not yet')
    return child.pid
  })
}

async function aliveSince(): Promise<number> {
  const other = spawn('sleep', ['60'])
  onTestFinished(() => void other.kill('SIGKILL'))
  await once(other, 'spawn')
  return other.pid ?? 0
}

async function resumed(word: string): Promise<string> {
  const chat = stage.open(['chat', '--continue'])
  await prompted(chat)
  await say(chat, `SAY ${word}`)
  await chat.until(() => unwrapped(chat).includes(`\n${word}`))
  const shown = unwrapped(chat)
  await leave(chat)
  return shown
}

test('a session whose programs were all killed is not open elsewhere, whatever their numbers are now', async () => {
  stage = await openStage({ keychain: false })
  await stage.run(['chat', '-p', 'SAY before'])
  await lock(await zombie())
  const reused = await aliveSince()
  // As before the machine was started anew: the number is another program's since.
  await lock(reused, new Date(Date.now() - 3_600_000))
  expect(await resumed('once')).not.toContain(WARNING)
  await lock(await aliveSince())
  expect(await resumed('again')).toContain(WARNING)
})

test('after kill -9 of host and runtime the session goes on at once', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat'])
  await say(chat, 'SAY before')
  await chat.until(() => unwrapped(chat).includes('\nbefore'))
  const runtime = runtimeOf(chat.pid)
  for (const pid of [runtime, chat.pid]) process.kill(pid, 'SIGKILL')
  await chat.exit
  expect(await resumed('once')).not.toContain(WARNING)
})
