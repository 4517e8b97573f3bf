import { chmod, mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { authAnswer } from '../../src/commands/auth-answer.ts'
import { deskPlace } from '../../src/commands/place.ts'
import { writeDescriptor } from '../../src/desk/descriptor.ts'
import { createHost } from '../../src/host.ts'
import { never } from '../desk/open-desk.ts'
import { fakeClock } from '../support/clock.ts'
import { temporaryFolder } from '../support/folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { signInView } from '../ui/panels/view.ts'

/** A program in which a sign-in waits, and which says nothing more after these requests. */
async function stuck(answers: readonly string[]) {
  const home = await temporaryFolder()
  const clock = fakeClock()
  const stdin = new PassThrough()
  vi.stubGlobal('VERSION', 'test')
  onTestFinished(() => void vi.unstubAllGlobals())
  const real = createHost(never, new URL('../..', import.meta.url), () => () => {})
  const quiet = new PassThrough()
  const host = {
    ...{ ...real, home, clock, name: 'here', env: { COPILOT_HOST_HOME: join(home, 'state') } },
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: quiet as unknown as NodeJS.WriteStream,
    stderr: quiet as unknown as NodeJS.WriteStream,
  }
  const place = deskPlace(host)
  const socket = join(home, 'sockets', 'x.sock')
  await mkdir(dirname(socket), { mode: 0o700 })
  const view = signInView({ deadline: clock.now() + 60_000 })
  const waiting = { id: 'ABCDEF', program: { kind: 'chat', folder: '~', pid: 1 }, since: 1, view }
  const replies: Record<string, object[]> = {
    list: [{ type: 'waiting', waiting }, { type: 'listed' }],
    attach: [{ type: 'view', view }],
  }
  const asked: string[] = []
  const server = createServer(connection => {
    connection.on('error', () => {})
    onTestFinished(() => void connection.destroy())
    connection.on('data', data => {
      for (const line of data.toString().trim().split('\n')) {
        const { type } = JSON.parse(line)
        asked.push(type)
        if (!answers.includes(type)) continue
        for (const reply of replies[type] ?? []) connection.write(`${JSON.stringify(reply)}\n`)
      }
    })
  })
  await new Promise<void>(resolve => server.listen(socket, resolve))
  onTestFinished(() => void server.close())
  await chmod(socket, 0o600)
  await writeDescriptor(place, 'x', { machine: 'here', pid: process.pid, socket, nonce: 'n'.repeat(40) })
  stdin.end('token\n')
  const answer = authAnswer('ABCDEF', { withToken: true }, host)
  answer.catch(() => {})
  return { answer, asked, clock }
}

test.each([
  ['does not say what waits', ['list'], 'attach', 3_000],
  ['does not say how it ended', ['list', 'attach'], 'choose', 63_000],
])('a program that %s is given up after a while', async (_what, answers, last, limit) => {
  const { answer, asked, clock } = await stuck(answers)
  await waitFor(() => expect(asked).toContain(last))
  await waitFor(() => expect(clock.sleepers).toEqual([limit]))
  clock.advance(limit)
  await expect(answer).rejects.toMatchObject({
    kind: 'sign-in-failed',
    message: 'the program that waits does not answer',
  })
})
