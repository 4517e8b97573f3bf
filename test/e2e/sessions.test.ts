import { randomUUID } from 'node:crypto'
import { appendFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { approveAll, CopilotClient, RuntimeConnection } from '@github/copilot-sdk'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { more } from '../support/more.ts'
import { composer, leave, panel, restored, say } from '../support/person.ts'
import { KEY } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const run = (...args: string[]) => stage.run(args)

async function firstId(): Promise<string> {
  const listed: unknown = JSON.parse((await run('sessions', '--json')).stdout)
  return (listed as { id: string }[])[0]?.id ?? 'none'
}

test('sessions: list, search, show, export, rename, resume by name, delete', async () => {
  stage = await openStage()
  expect(await run('sessions')).toEqual({
    code: 0,
    stdout: '',
    stderr: 'there is no session yet: copilot-host chat starts one\n',
  })
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
  const pieces: unknown = JSON.parse((await run('sessions', 'show', id, '--json', '--last', '1')).stdout)
  expect(pieces).toMatchObject({ id, said: [{ who: 'model' }] })
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

test('in a terminal delete says what it would delete, and asks', async () => {
  stage = await openStage({ keychain: false })
  await run('chat', '-p', 'SAY keep me')
  const id = (await firstId()).slice(0, 7)
  const question = 'Delete this session with all data? [y/N]'
  const asked = async (answer: string) => {
    const terminal = stage.open(['sessions', 'delete', 'latest'])
    await terminal.until(() => terminal.screen().includes(question))
    expect(terminal.screen()).toMatch(new RegExp(`^${id} +just now +SAY keep me$`, 'm'))
    await terminal.keys(answer, KEY.enter)
    return { code: (await terminal.exit).code, screen: terminal.screen() }
  }
  for (const answer of ['', 'n', 'yesterday'])
    expect(await asked(answer)).toEqual({ code: 5, screen: expect.stringContaining('Nothing was deleted.') })
  expect(await firstId()).toContain(id)
  expect(await asked('y')).toEqual({
    ...{ code: 0, screen: expect.stringContaining(`deleted ${id} SAY keep me`) },
  })

  await run('chat', '-p', 'SAY go')
  const unasked = stage.open(['sessions', 'delete', 'latest', '--yes'])
  expect((await unasked.exit).code).toBe(0)
  expect(unasked.screen()).not.toContain('[y/N]')
  expect((await run('sessions')).stdout).toBe('')
})

more('what is no command, and no session: told first, whatever else is missing', async () => {
  stage = await openStage({ keychain: false })
  expect(await run('sessions', 'shwo')).toMatchObject({
    ...{ code: 2, stdout: '' },
    stderr: expect.stringMatching(/^error: sessions has no command 'shwo' \(did you mean show\?\)\n/),
  })
  expect((await run('sessions', 'list', 'x')).stderr).toMatch(/^error: sessions has no command 'x'\n/)
  expect(await run('resume', 'nope')).toMatchObject({ code: 1, stderr: expect.stringMatching(/no session/) })
  await run('chat', '-p', 'SAY first')
  const nope = 'no session is called "nope" or has an id that begins so; there are\n'
  expect(await run('resume', 'nope')).toMatchObject({ code: 1, stderr: expect.stringContaining(nope) })
  expect(await run('resume')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('the prompt is empty'),
  })
})

more('a damaged log: shown as far as it goes, and resumed without the damaged lines', async () => {
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

more('redacted: no tool input or output, no home folder, nothing that looks like a secret', async () => {
  stage = await openStage({ keychain: false })
  const secret = `gh${'p'}_${'a1B2'.repeat(9)}`
  await run('chat', '-p', `SAY see ${stage.place.env.COPILOT_HOME} and ${secret}`)
  const { stdout } = await run('sessions', 'export', '--redact')
  expect(stdout).toContain('[secret]')
  expect(stdout).not.toContain(secret)
})

test('resume without an id: chosen from a list that shows what was said last, here first, nothing resumed', async () => {
  stage = await openStage({ keychain: false })
  const elsewhere = join(stage.world.work, 'elsewhere')
  await mkdir(elsewhere)
  await run('chat', '-p', 'SAY here')
  await stage.run(['chat', '-p', 'SAY there'], { cwd: elsewhere })
  const folders = await readdir(join(stage.place.env.COPILOT_HOME ?? '', 'session-state'))
  const chat = stage.open(['resume'])
  await panel(chat, 'Which session?')
  const shown = () => chat.screen().replaceAll(/\s+/g, ' ')
  expect(shown()).toMatch(/› 1 \w{7} just now SAY here 2 \w{7} just now SAY there › SAY here here /)
  await chat.keys(KEY.down)
  await chat.until(() => shown().includes('/elsewhere › SAY there there '))
  for (const id of folders)
    expect(await readdir(join(stage.place.env.COPILOT_HOME ?? '', 'session-state', id))).not.toContainEqual(
      expect.stringMatching(/^inuse/),
    )
  await chat.keys(KEY.up, KEY.enter)
  await chat.until(() => composer(chat) === '' && chat.lines().includes('› SAY here'))
  await say(chat, 'SAY and on')
  await chat.until(() => chat.lines().includes('and on'))
  await leave(chat)
  expect((await run('sessions', 'show')).stdout).toContain('› SAY and on')

  const none = stage.open(['resume'])
  await panel(none, 'Which session?')
  await none.keys(KEY.escape)
  expect((await none.exit).code).toBe(0)
  restored(none)

  const latest = stage.open(['chat', '--continue'])
  await latest.until(() => latest.lines().includes('› SAY and on'))
  await leave(latest)
})

more(
  'resume without an id where the only session is of another folder: offered, with its folder',
  async () => {
    stage = await openStage({ keychain: false })
    const elsewhere = join(stage.world.work, 'elsewhere')
    await mkdir(elsewhere)
    await stage.run(['chat', '-p', 'SAY there'], { cwd: elsewhere })
    const chat = stage.open(['resume'])
    await panel(chat, 'Which session?')
    expect(chat.screen()).toContain('/elsewhere')
    await chat.keys(KEY.enter)
    await chat.until(() => composer(chat) === '' && chat.lines().includes('› SAY there'))
    await leave(chat)
  },
)

more('many sessions are offered ten at a time; a session that is open elsewhere says so', async () => {
  stage = await openStage({ keychain: false })
  const first = stage.open(['chat'])
  await say(first, 'SAY shared words')
  await first.until(() => first.lines().includes('shared words'))
  const id = await firstId()
  const home = join(stage.place.env.COPILOT_HOME ?? '', 'session-state')
  const second = stage.open(['resume', id.slice(0, 8)])
  await second.until(() => second.screen().includes('! this session is open in another program as well'))
  await leave(second)
  await leave(first)
  for (let number = 0; number < 11; number += 1) {
    const copy = `0000000${number.toString(16)}${randomUUID().slice(8)}`
    await cp(join(home, id), join(home, copy), { recursive: true })
    for (const name of ['events.jsonl', 'workspace.yaml']) {
      const text = await readFile(join(home, copy, name), 'utf8')
      await writeFile(join(home, copy, name), text.replaceAll(id, copy))
    }
  }
  const chat = stage.open(['resume'])
  await panel(chat, 'Which session?')
  await chat.keys(KEY.up)
  await chat.until(() => chat.screen().includes('›   older ones (2)'))
  await chat.keys(KEY.enter)
  await chat.until(() => !chat.screen().includes('older ones'))
  await panel(chat, 'Which session?')
  await chat.keys(KEY.enter)
  await chat.until(() => chat.lines().includes('› SAY shared words') && composer(chat) === '')
  await leave(chat)
})

more(
  'sessions of another host of the runtime in the same COPILOT_HOME work here, and ours there',
  async () => {
    stage = await openStage({ keychain: false })
    const { world, place } = stage
    const other = new CopilotClient({
      connection: RuntimeConnection.forStdio({
        env: { PATH: process.env.PATH ?? '', HOME: world.folder, ...place.env },
      }),
      workingDirectory: world.work,
    })
    const how = {
      model: 'practice-model',
      provider: { type: 'openai', baseUrl: world.model.url, apiKey: 'practice' },
      onPermissionRequest: approveAll,
    } as const
    const theirs = await other.createSession(how)
    await theirs.sendAndWait({ prompt: 'SAY their words' })
    await theirs.disconnect()
    expect((await run('sessions')).stdout).toContain('SAY their words')
    const chat = stage.open(['resume', theirs.sessionId])
    await chat.until(() => chat.lines().includes('› SAY their words') && composer(chat) === '')
    await say(chat, 'SAY our words')
    await chat.until(() => chat.lines().includes('our words'))
    await say(chat, '/rename shared talk')
    await chat.until(() => chat.lines().join('\n').includes('this session is called'))
    await leave(chat)
    const again = await other.resumeSession(theirs.sessionId, how)
    const answer = await again.sendAndWait({ prompt: 'SAY once more' })
    expect(answer?.data.content).toBe('once more')
    const asked = world.model.requests
      .at(-1)
      ?.messages.map(({ text }) => text)
      .join('\n')
    expect(asked).toContain('our words')
    await other.stop()
    expect((await run('sessions', 'show', 'shared talk')).stdout).toContain('› SAY once more')
  },
)
