import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createShell, type ShellPorts } from '../../src/commands/shell.ts'

type ShellEvent = Parameters<ShellPorts['show']>[0]

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shell-'))
})
afterEach(() => rm(folder, { recursive: true }))

function open(env: Record<string, string> = {}) {
  const events: ShellEvent[] = []
  const shell = createShell({
    env: { PATH: process.env.PATH ?? '', ...env },
    platform: process.platform,
    show: event => events.push(event),
  })
  const ends = () => events.flatMap(event => (event.type === 'shell-end' ? [event] : []))
  return { shell, events, ends }
}

async function run(line: string, env?: Record<string, string>) {
  const { shell, events, ends } = open(env)
  await shell.run(line)
  return { events, end: ends()[0] }
}

describe('a command', () => {
  test.each([
    ['!  printf "a b" | tr a-z A-Z', 0, 'A B'],
    ['!echo two >&2', 0, 'two\n'],
    ['!exit 3', 3, ''],
    ['!kill -9 $$', 137, ''],
    ['!cat', 0, ''],
  ])('%s', async (line, code, text) => {
    expect((await run(line)).end).toMatchObject({ code, left: 0, text })
  })

  test('is told when it begins, with its output as it comes', async () => {
    const { events } = await run('!printf äö')
    expect(events).toEqual([
      { type: 'shell-start', id: 'shell 1', command: 'printf äö' },
      { type: 'tool-output', id: 'shell 1', text: 'äö', cumulative: false },
      { type: 'shell-end', id: 'shell 1', code: 0, text: 'äö', left: 0 },
    ])
  })

  test('runs in the shell of the person; one that is missing is one line', async () => {
    expect((await run('!echo $0', { SHELL: '/bin/sh' })).end?.text).toBe('/bin/sh\n')
    const { events, end } = await run('!echo', { SHELL: '/no/such/shell' })
    expect(end?.code).toBe(127)
    expect(events.at(-1)).toMatchObject({
      type: 'line',
      text: expect.stringContaining('could not be started'),
    })
  })

  test('an empty one says what it is for', async () => {
    expect((await run('! ')).events).toEqual([
      { type: 'line', level: 'info', text: expect.stringContaining('!git') },
    ])
  })

  test('shows the end of what is long, and says what is left out', async () => {
    const long = (await run('!seq 1000')).end
    expect(long).toMatchObject({ left: 800 })
    expect(long?.text.startsWith('801\n')).toBe(true)
    expect(long?.text.endsWith('1000\n')).toBe(true)
    const line = (await run(`!head -c 300000 /dev/zero | tr '\\0' x`)).end
    expect(line?.text).toHaveLength(64 * 1024)
  })

  test('does not wait for what it leaves running in the background', async () => {
    const { end } = await run(`!sleep 60 & echo $! > ${join(folder, 'pid')}; echo done`)
    expect(end).toMatchObject({ code: 0, text: 'done\n' })
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')))
  })
})

test.each([
  ['a group', 'sleep 60 | sleep 60'],
  ['output without end', 'yes'],
  ['one that ignores being told', "trap '' TERM; while :; do sleep 0.1; done"],
])('stops %s', async (_what, command) => {
  const { shell, events, ends } = open()
  const run = shell.run(`!${command}; echo over`)
  await expect.poll(() => events.length).toBeGreaterThan(0)
  expect(shell.stop()).toBe(true)
  await run
  expect(ends()[0]?.code).toBeUndefined()
  expect(ends()[0]?.text).not.toContain('over')
  expect(shell.stop()).toBe(false)
  await shell.ended()
})
