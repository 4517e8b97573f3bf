import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startModel } from '../../demo/model.ts'
import { startRuntime } from '../../src/runtime/runtime.ts'
import type { SessionConfig } from '../../src/runtime/types.ts'
import { startFake } from '../support/fake.ts'
import { temporaryFolder } from '../support/folder.ts'
import { hear } from '../support/session-events.ts'

/** The real runtime with a practice model. */
async function real() {
  const model = await startModel()
  onTestFinished(() => model.close())
  const home = await temporaryFolder()
  const folder = await temporaryFolder()
  const env = { PATH: process.env.PATH ?? '', HOME: home, COPILOT_HOME: home, COPILOT_OFFLINE: 'true' }
  const runtime = await startRuntime({ env, folder, login: false, execPath: process.execPath })
  onTestFinished(() => runtime.stop())
  const config: SessionConfig = {
    ...{ folder, model: 'practice-model', servers: {}, signIn: true, asks: true },
    provider: { type: 'openai', baseUrl: model.url, apiKey: 'practice' },
  }
  return { runtime, config, folder, model }
}

const git = (folder: string, ...args: string[]) =>
  execFileSync('git', ['-C', folder, '-c', 'user.email=a@b', '-c', 'user.name=a', ...args])

describe('the real runtime', () => {
  test('modes: set, told, and what it does not offer', async () => {
    const { runtime, config } = await real()
    const session = await runtime.create(config)
    const { controls } = session
    const heard = hear(session)
    await controls.setMode('plan')
    expect(await heard.next('mode')).toEqual({ type: 'mode', mode: 'plan' })
    await controls.setMode('interactive')
    expect(await controls.permissions()).toBe('manual')
    expect(await controls.setPermissions('allow-all')).toBe('allow-all')
    expect(await heard.next('permissions')).toEqual({ type: 'permissions', mode: 'allow-all' })
    // It needs a login.
    expect(await controls.setPermissions('assisted')).toBe('allow-all')
    await session.send('CALL bash {"command":"echo ran","description":"run"}')
    expect((await heard.next('tool-end')).text).toContain('ran')
    expect(heard.of('permission')).toEqual([])
  })

  test('what ran without asking is asked again at resume; the mode is told', async () => {
    const { runtime, config } = await real()
    const first = await runtime.create(config)
    const heard = hear(first)
    await first.send('SAY stored')
    await heard.next('idle')
    await first.controls.setMode('plan')
    await first.controls.setPermissions('allow-all')
    await first.close()

    const again = await runtime.resume(first.id, config)
    const told = hear(again)
    expect(await told.next('mode')).toEqual({ type: 'mode', mode: 'plan' })
    expect((await told.next('notice')).text).toContain('from now on you are asked again')
    expect(await again.controls.permissions()).toBe('manual')
    await again.controls.setMode('interactive')
    await again.send('CALL bash {"command":"touch made","description":"make"}')
    await told.next('permission')
  })

  test('another model, with an effort', async () => {
    const { runtime, config, model } = await real()
    const session = await runtime.create(config)
    const heard = hear(session)
    expect(await session.controls.models()).toEqual([])
    await session.controls.setModel('other-model', 'high')
    expect(await heard.next('model')).toEqual({ type: 'model', model: 'other-model', effort: 'high' })
    await session.send('SAY hello')
    await heard.next('idle')
    expect(model.requests.at(-1)?.model).toBe('other-model')
  })

  test('a message into a running turn is taken at its next step', async () => {
    const { runtime, config } = await real()
    const session = await runtime.create(config)
    const heard = hear(session)
    await session.controls.setPermissions('allow-all')
    await session.send('CALL bash {"command":"sleep 30","description":"wait"}')
    await heard.next('tool-start')
    const id = await session.send('SAY steered', [], { now: true })
    expect(await heard.next('user', ({ messageId }) => messageId === id)).toMatchObject({
      text: 'SAY steered',
    })
    expect((await heard.next('reply')).text).toBe('steered')
    await session.abort()
  })

  test('... and dropped without a word by an abort', async () => {
    const { runtime, config } = await real()
    const session = await runtime.create(config)
    const heard = hear(session)
    await session.send('STREAM n=10000 r=50 id=a')
    await heard.next('reply-delta')
    const lost = await session.send('SAY lost', [], { now: true })
    await session.abort()
    await heard.next('idle', ({ aborted }) => aborted)
    await session.send('SAY after')
    await heard.next('reply', ({ text }) => text === 'after')
    expect(heard.of('user').some(({ messageId }) => messageId === lost)).toBe(false)
  })

  test('the numbers, a summary, and that there is nothing to summarize', async () => {
    const { runtime, config } = await real()
    const session = await runtime.create(config)
    const heard = hear(session)
    await expect(session.controls.compact(undefined)).rejects.toMatchObject({ kind: 'runtime-refused' })
    expect((await heard.next('notice', ({ level }) => level === 'warning')).text).toContain(
      'could not be shortened',
    )
    expect(await session.controls.usage()).toMatchObject({ premiumRequests: 0, models: [] })
    await session.send(`SAY ${'word '.repeat(300)}`)
    await heard.next('idle')
    const usage = heard.of('usage').at(-1)
    expect(usage?.parts?.system).toBeGreaterThan(100)
    expect(usage?.parts?.tools).toBeGreaterThan(100)
    expect((await session.controls.usage()).models).toMatchObject([{ model: 'practice-model', requests: 1 }])
    expect((await session.controls.compact('words')).messages).toBeGreaterThan(0)
    await session.controls.stopCompacting()
  })

  test('what has changed in the folder', async () => {
    const { runtime, config, folder } = await real()
    git(folder, 'init', '-q')
    await writeFile(join(folder, 'a.txt'), 'a\n')
    git(folder, 'add', '.')
    git(folder, 'commit', '-qm', 'a')
    await writeFile(join(folder, 'a.txt'), 'b\n')
    await writeFile(join(folder, 'new.txt'), 'new\n')
    const { controls } = await runtime.create(config)
    const changes = (await controls.changes()).join('\n')
    expect(changes).toContain('-a\n+b')
    expect(changes).toContain('+new')
  })

  test('its commands: a text, a prompt for the model, one that is not known', async () => {
    const { runtime, config, folder, model } = await real()
    const session = await runtime.create(config)
    const heard = hear(session)
    const names = (await session.controls.commands()).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['list-dirs', 'review', 'init']))
    expect(await session.controls.invoke('list-dirs', '')).toMatchObject({
      kind: 'text',
      text: expect.stringContaining(folder),
    })
    const review = await session.controls.invoke('review', 'only a.txt')
    expect(review).toMatchObject({ kind: 'prompt', shown: 'Review: only a.txt' })
    if (review.kind !== 'prompt') return
    const id = await session.send(review.prompt, [], { shown: review.shown })
    expect(await heard.next('user', ({ messageId }) => messageId === id)).toMatchObject({
      text: 'Review: only a.txt',
    })
    await heard.next('idle')
    expect(model.requests.at(-1)?.messages.at(-1)?.text).toContain('code review via the /review command')
    expect(await session.controls.invoke('plan', 'make x')).toMatchObject({ kind: 'prompt', mode: 'plan' })
    await expect(session.controls.invoke('nonsense', '')).rejects.toMatchObject({ kind: 'runtime-refused' })
  })
})

describe('a runtime that answers oddly', () => {
  const CONFIG: SessionConfig = { folder: '/', model: 'fake', servers: {}, signIn: true }
  async function controls(method: string, result: unknown) {
    const { runtime } = await startFake('fine', { answers: { [method]: { result } } })
    return (await runtime.create(CONFIG)).controls
  }

  test('models: what is none is left out', async () => {
    const list = [
      { id: 'big', name: 'Big \u001b[31mone', supportedReasoningEfforts: ['low', 'high'] },
      { id: 'small' },
      { id: 'a b' },
      { id: 7 },
      'text',
      null,
      { id: 'odd', name: 3, supportedReasoningEfforts: 'high' },
    ]
    expect(await (await controls('session.model.list', { list })).models()).toEqual([
      { id: 'big', name: 'Big one', efforts: ['low', 'high'] },
      { id: 'small', name: 'small', efforts: [] },
      { id: 'odd', name: 'odd', efforts: [] },
    ])
    expect(await (await controls('session.model.list', { list: 'none' })).models()).toEqual([])
  })

  test('commands, tools, changes and usage', async () => {
    const commands = [{ name: 'ok', description: 'a\nb' }, { name: '../x' }, {}, 4]
    expect(await (await controls('session.commands.list', { commands })).commands()).toEqual([
      { name: 'ok', description: 'a b' },
    ])
    const tools = [{ name: 'whoami\u001b[2J' }, { description: 'x' }]
    expect(await (await controls('session.mcp.listTools', { tools })).tools('notes')).toEqual([
      { name: 'whoami', description: '' },
    ])
    const changes = [{ diff: 'a' }, { diff: 1 }]
    expect(await (await controls('session.workspaces.diff', { changes })).changes()).toEqual(['a'])
    const usage = await controls('session.usage.getMetrics', {
      modelMetrics: { m: 1, n: { requests: { count: 2 }, usage: {} } },
    })
    expect(await usage.usage()).toEqual({
      ...{ premiumRequests: 0, modelTime: 0, linesAdded: 0, linesRemoved: 0 },
      models: [{ model: 'n', requests: 2, input: 0, output: 0, cached: 0 }],
    })
  })

  test('a command that wants an interface of its own', async () => {
    for (const result of [{ kind: 'show-dialog' }, { kind: 'text' }, null, 'x'])
      expect(await (await controls('session.commands.invoke', result)).invoke('model', '')).toEqual({
        kind: 'other',
      })
  })

  test('one without permission modes resumes as before', async () => {
    const { runtime, sent } = await startFake('fine', {
      answers: { 'session.permissions.getMode': { error: 'Unhandled method' } },
    })
    const { id } = await runtime.create(CONFIG)
    await runtime.resume(id, CONFIG)
    expect(sent().some(({ method }) => method === 'session.permissions.setMode')).toBe(false)
  })
})
