import { appendFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'

let stage: Stage
afterEach(() => stage.close())

const run = (...args: string[]) => stage.run(args)

async function firstId(): Promise<string> {
  const listed: unknown = JSON.parse((await run('sessions', '--json')).stdout)
  return (listed as { id: string }[])[0]?.id ?? 'none'
}

test('sessions: list, search, show, export, rename, resume by name, delete', async () => {
  stage = await openStage()
  expect(await run('sessions')).toEqual({ code: 0, stdout: '', stderr: 'there is no such session\n' })
  await run('chat', '-p', 'SAY the first answer')
  await run('chat', '-p', 'something else')

  const list = await run('sessions')
  expect(list.stdout.split('\n')).toEqual([
    expect.stringMatching(/^[0-9a-f]{7} {2}just now +something else$/),
    expect.stringMatching(/^[0-9a-f]{7} {2}just now +SAY the first answer$/),
    '',
  ])
  const found = await run('sessions', 'search', 'FIRST answer', '--json')
  expect(JSON.parse(found.stdout)).toEqual([
    expect.objectContaining({ name: 'SAY the first answer', folder: stage.world.work }),
  ])
  expect((await run('sessions', 'search', 'nobody said this')).code).toBe(1)
  const id = await firstId()
  expect(await run('sessions', 'show', id.slice(0, 8))).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^› something else\n\nI am a small practice model/),
  })
  const exported = await run('sessions', 'export', id, '--format', 'json')
  expect(JSON.parse(exported.stdout)).toMatchObject({
    ...{ v: 1, id, name: 'something else' },
    said: [{ who: 'you', text: 'something else', time: expect.stringMatching(/Z$/) }, { who: 'model' }],
  })
  expect((await run('sessions', 'export', id)).stdout).toMatch(
    /^# something else\n\n## You\n\nsomething else\n\n/,
  )

  expect(await run('sessions', 'rename', id, 'my work')).toMatchObject({
    code: 0,
    stdout: `${id.slice(0, 7)} is called "my work" now\n`,
  })
  expect((await run('resume', 'My Work', '-p', 'again')).code).toBe(0)
  expect((await run('sessions', 'show', 'my work')).stdout).toContain('› again')
  expect((await run('chat', '--continue', '-p', 'once more')).code).toBe(0)
  expect((await run('sessions', 'show', 'my work', '--last', '2')).stdout).toContain('› once more')

  expect(await run('sessions', 'delete', 'my work', 'nothing')).toMatchObject({ code: 1 })
  expect((await run('sessions', 'delete', 'my work')).stdout).toBe(`deleted ${id.slice(0, 7)} my work\n`)
  expect((await run('sessions')).stdout.split('\n')).toHaveLength(2)
})

test('a damaged log: shown as far as it goes, and resumed without the damaged lines', async () => {
  stage = await openStage()
  await run('chat', '-p', 'SAY kept')
  const id = await firstId()
  const folder = join(stage.place.env.COPILOT_HOME ?? '', 'session-state', id)
  await appendFile(join(folder, 'events.jsonl'), '{"type":"user.mess\n')
  const shown = await run('sessions', 'show', id)
  expect(shown).toMatchObject({ code: 0, stderr: '1 damaged lines of the log were left out\n' })
  expect(shown.stdout).toContain('› SAY kept')

  const resumed = await run('resume', id, '-p', 'SAY still here')
  expect(resumed).toMatchObject({ code: 0, stdout: 'still here\n' })
  expect(resumed.stderr).toContain('1 damaged lines of the session were left out')
  expect(await readdir(folder)).toContain('events.damaged.jsonl')
  expect((await run('sessions', 'show', id)).stderr).toBe('')
})

test('redacted: no tool input or output, no home folder, nothing that looks like a secret', async () => {
  stage = await openStage({ keychain: false })
  const secret = `gh${'p'}_${'a1B2'.repeat(9)}`
  await run('chat', '-p', `SAY see ${stage.place.env.COPILOT_HOME} and ${secret}`)
  const { stdout } = await run('sessions', 'export', '--redact')
  expect(stdout).toContain('[secret]')
  expect(stdout).not.toContain(secret)
})
