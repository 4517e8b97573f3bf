import { execFile } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { type PracticeModel, startModel } from '../../demo/model.ts'
import { LIMITS, type Limits } from '../../src/runtime/limits.ts'
import { startRuntime } from '../../src/runtime/runtime.ts'
import type {
  PermissionDecision,
  Runtime,
  ServerConfig,
  Session,
  SessionConfig,
} from '../../src/runtime/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startGuardedMcp } from '../support/guarded-mcp.ts'
import { SOON } from '../support/patience.ts'
import { descendants } from '../support/processes.ts'
import { hear } from '../support/session-events.ts'

interface Stage {
  model: PracticeModel
  home: string
  folder: string
  start(limits?: Partial<Limits>): Promise<Runtime>
  config(servers?: Record<string, ServerConfig>, more?: Partial<SessionConfig>): SessionConfig
}

/** The real runtime with a state of its own, and a practice model. */
async function openStage(): Promise<Stage> {
  const model = await startModel()
  onTestFinished(() => model.close())
  const home = await temporaryFolder()
  const folder = await temporaryFolder()
  return {
    model,
    home,
    folder,
    async start(limits = {}) {
      const env = { PATH: process.env.PATH ?? '', HOME: home, COPILOT_HOME: home, COPILOT_OFFLINE: 'true' }
      const options = { env, folder, login: false, execPath: process.execPath }
      const runtime = await startRuntime(options, { ...LIMITS, ...limits })
      onTestFinished(() => runtime.stop())
      return runtime
    },
    config: (servers = {}, more = {}) => ({
      folder,
      model: 'practice-model',
      provider: { type: 'openai', baseUrl: model.url, apiKey: 'practice' },
      servers,
      signIn: true,
      ...more,
    }),
  }
}

/** A session with one server, which wants a sign-in. */
async function openGuarded() {
  const { start, config } = await openStage()
  const notes = await startGuardedMcp()
  onTestFinished(() => notes.close())
  const session = await (await start()).create(
    config({ notes: { type: 'http', url: notes.url, tools: ['*'] } }),
  )
  const heard = hear(session)
  const ready = session.ready()
  return { notes, session, heard, ready }
}

const runtimes = () => descendants(process.pid).filter(({ command }) => command.includes('copilot-runtime'))

test('shakes hands, and leaves nothing behind', async () => {
  const { start } = await openStage()
  const runtime = await start({ end: 2 * SOON })
  expect(runtime.version).toMatch(/^\d+\.\d+\.\d+/)
  expect(await runtime.sessions()).toEqual([])
  expect(await runtime.login()).toBeUndefined()
  expect(runtimes()).toHaveLength(1)
  const began = performance.now()
  await runtime.stop()
  expect(performance.now() - began).toBeLessThan(SOON)
  expect(runtimes()).toEqual([])
})

test('streams a reply', async () => {
  const { start, config, model } = await openStage()
  const session = await (await start()).create(config())
  const heard = hear(session)
  expect(await session.ready()).toEqual([])
  const messageId = await session.send('SAY one two three')
  await heard.next('idle')
  expect(heard.all[0]).toMatchObject({ type: 'started', model: 'practice-model', alreadyInUse: false })
  expect(heard.of('user')).toEqual([{ type: 'user', messageId, text: 'SAY one two three' }])
  const [reply] = heard.of('reply')
  expect(reply?.text).toBe('one two three')
  const deltas = heard.of('reply-delta').filter(delta => delta.messageId === reply?.messageId)
  expect(deltas.length).toBeGreaterThan(1)
  expect(deltas.map(({ text }) => text).join('')).toBe('one two three')
  expect(heard.of('usage').at(-1)).toMatchObject({ tokens: expect.any(Number), limit: expect.any(Number) })
  expect(model.requests.at(-1)?.authorization).toBe('Bearer practice')
})

test('interrupts a turn, and goes on after it', async () => {
  const { start, config } = await openStage()
  const session = await (await start()).create(config())
  const heard = hear(session)
  await session.send('STREAM n=10000 r=50 id=a')
  await heard.next('reply-delta')
  await session.abort()
  expect(await heard.next('idle')).toEqual({ type: 'idle', aborted: true })
  expect(heard.of('interrupted')).toHaveLength(1)
  expect(heard.of('reply')).toEqual([])
  await session.send('SAY still here')
  expect((await heard.next('reply')).text).toBe('still here')
})

test('asks before a command and a file; yes, no with a reason, and for the session', async () => {
  const { start, config, model, folder } = await openStage()
  const session = await (await start()).create(config())
  const heard = hear(session)

  await session.send('CALL bash {"command":"touch made","description":"make"}')
  const command = await heard.next('permission')
  expect(command.ask).toMatchObject({
    kind: 'command',
    body: 'touch made',
    intention: 'make',
    names: ['shell', 'shell(touch)'],
    lasting: 'touch',
  })
  expect(await session.answerPermission(command.ask, { kind: 'once' })).toBe(true)
  expect(await session.answerPermission(command.ask, { kind: 'once' })).toBe(false)
  expect(await heard.next('tool-end')).toMatchObject({ end: 'ok' })
  expect(heard.of('tool-start')[0]).toMatchObject({
    name: 'bash',
    summary: 'command=touch made description=make',
  })
  expect(heard.of('permission-done')).toEqual([{ type: 'permission-done', id: command.ask.id }])
  await heard.next('idle')

  await session.send(`CALL create ${JSON.stringify({ path: join(folder, 'a.txt'), file_text: 'a' })}`)
  const write = await heard.next('permission', ({ ask }) => ask.kind === 'write')
  expect(write.ask.body).toContain('+a')
  expect(await session.answerPermission(write.ask, { kind: 'no', reason: 'not here' })).toBe(true)
  await heard.next('tool-end', ({ end }) => end === 'denied')
  await expect.poll(() => heard.of('idle').length).toBe(2)
  expect(JSON.stringify(model.requests.at(-1)?.messages.at(-1))).toContain('not here')

  await session.send(`CALL create ${JSON.stringify({ path: join(folder, 'b.txt'), file_text: 'b' })}`)
  const again = await heard.next('permission', ({ ask }) => ask.body.includes('b.txt'))
  expect(again.ask.approval).toEqual({ kind: 'write' })
  await session.answerPermission(again.ask, { kind: 'session' })
  await expect.poll(() => heard.of('idle').length).toBe(3)
  await session.send(`CALL create ${JSON.stringify({ path: join(folder, 'c.txt'), file_text: 'c' })}`)
  await expect.poll(() => heard.of('idle').length).toBe(4)
  expect(heard.of('permission')).toHaveLength(3)
  expect((await readdir(folder)).sort()).toEqual(['b.txt', 'c.txt', 'made'])
})

test('commands: what only reads is not asked about; what was allowed is a kind of command, never one that does more', async () => {
  const { start, config } = await openStage()
  const session = await (await start()).create(config())
  const asked: string[] = []
  session.listen(event => {
    if (event.type !== 'permission') return
    asked.push(`${event.ask.title} ${event.ask.body}`)
    const kind = event.ask.lasting === 'touch' ? 'session' : 'once'
    void session.answerPermission(event.ask, { kind })
  })
  const commands = ['ls', 'touch a', 'touch b', 'touch c; mkdir d', 'touch e > f', 'cat /etc/hostname']
  for (const [at, command] of commands.entries()) {
    const heard = hear(session)
    await session.send(`CALL bash ${JSON.stringify({ command, description: `${at}` })}\nSAY ok`)
    await heard.next('idle')
  }
  expect(asked).toEqual([
    'Run a command? touch a',
    'Run a command? touch c; mkdir d',
    'Run a command? touch e > f',
    'Go outside this folder? /etc/hostname',
  ])
})

test('this project: allowed in every later session of the repository, and nowhere else, until it is taken back', async () => {
  const { start, config, folder } = await openStage()
  const inside = join(folder, 'repository', 'src')
  await mkdir(inside, { recursive: true })
  await promisify(execFile)('git', ['init', '-q', join(folder, 'repository')])
  const create = (name: string) =>
    `CALL create ${JSON.stringify({ path: join(inside, name), file_text: 'x' })}\nSAY ok`
  /** Whether the person is asked about a new file. */
  const asks = async (session: Session, name: string, decision: PermissionDecision) => {
    const heard = hear(session)
    await session.send(create(name))
    const asked = await Promise.race([heard.next('permission'), heard.next('idle')])
    if (asked.type === 'permission') expect(await session.answerPermission(asked.ask, decision)).toBe(true)
    await heard.next('idle')
    expect(heard.of('tool-end')[0]?.end).toBe('ok')
    expect(heard.of('notice').filter(({ level }) => level === 'warning')).toEqual([])
    return asked.type === 'permission'
  }
  const once = { kind: 'once' } as const
  const first = await start()
  const open = (runtime: Runtime, at: string) => runtime.create(config({}, { folder: at }))
  expect(await asks(await open(first, inside), 'a', { kind: 'project' })).toBe(true)
  expect(await asks(await open(first, join(folder, 'repository')), 'b', once)).toBe(false)
  await first.stop()

  const second = await start()
  const later = await open(second, inside)
  expect(await asks(later, 'c', once)).toBe(false)
  const elsewhere = await open(second, folder)
  expect(await asks(elsewhere, 'd', once)).toBe(true)
  expect(await later.controls.invoke('reset-allowed-tools', '')).toMatchObject({ kind: 'text' })
  expect(await asks(later, 'e', once)).toBe(true)
  expect(await asks(await open(second, inside), 'f', once)).toBe(true)
})

test('a failed command is a failed tool, and its output is shown as it grows', async () => {
  const { start, config } = await openStage()
  const session = await (await start()).create(config())
  const heard = hear(session)
  await session.send('CALL bash {"command":"echo one; exit 3","description":"fail"}')
  await session.answerPermission((await heard.next('permission')).ask, { kind: 'once' })
  const end = await heard.next('tool-end')
  expect(end).toMatchObject({ end: 'failed', text: expect.stringContaining('one') })
  expect(heard.of('tool-output').at(-1)).toMatchObject({ id: end.id, cumulative: true })
})

test('an interrupted tool call and its question end with the turn', async () => {
  const { start, config } = await openStage()
  const session = await (await start()).create(config())
  const heard = hear(session)
  await session.send('CALL bash {"command":"touch x","description":"make"}')
  const { ask } = await heard.next('permission')
  await session.abort()
  await heard.next('idle')
  expect(heard.of('permission-done')).toEqual([{ type: 'permission-done', id: ask.id }])
  expect(heard.of('tool-end')).toEqual([{ type: 'tool-end', id: ask.toolCallId, end: 'cancelled', text: '' }])
  expect(await session.answerPermission(ask, { kind: 'once' })).toBe(false)
})

test('resumes in another process: listed, with its history, and goes on', async () => {
  const { start, config, folder, model } = await openStage()
  const first = await start()
  const session = await first.create(config())
  const heard = hear(session)
  await session.send('SAY first answer')
  await heard.next('idle')
  await session.send('CALL bash {"command":"touch tool","description":"make"}')
  await session.answerPermission((await heard.next('permission')).ask, { kind: 'once' })
  await expect.poll(() => heard.of('idle').length).toBe(2)
  await session.close()
  await first.stop()

  const second = await start()
  expect(await second.sessions(folder)).toEqual([
    {
      id: session.id,
      folder,
      started: expect.stringMatching(/^\d{4}-/),
      modified: expect.stringMatching(/^\d{4}-/),
      summary: expect.stringContaining('first'),
    },
  ])
  expect(await second.sessions('/nowhere')).toEqual([])
  const resumed = await second.resume(session.id, config())
  const again = hear(resumed)
  const history = await resumed.history(100)
  expect(history.map(({ type }) => type)).toEqual([
    'user',
    'reply',
    'user',
    'tool-start',
    'tool-end',
    'reply',
  ])
  expect(history[1]).toMatchObject({ text: 'first answer' })
  expect(await resumed.history(1)).toEqual(history.slice(-1))
  expect(JSON.stringify(history)).not.toContain('current_datetime')
  await resumed.send('SAY more')
  expect((await again.next('reply')).text).toBe('more')
  expect(again.of('reply-delta').length).toBeGreaterThan(0)
  expect(model.requests.at(-1)?.messages.some(({ text }) => text.includes('first answer'))).toBe(true)
})

test('a history of many pages comes in order', async () => {
  const { start, config } = await openStage()
  const session = await (await start()).create(config())
  const heard = hear(session)
  for (let turn = 1; turn <= 55; turn += 1) {
    await session.send(`SAY answer ${turn}`)
    await expect.poll(() => heard.of('idle').length, { interval: 5 }).toBe(turn)
  }
  const texts = (await session.history(108)).map(event => ('text' in event ? event.text : event.type))
  expect(texts).toHaveLength(108)
  expect(texts.slice(0, 2)).toEqual(['SAY answer 2', 'answer 2'])
  expect(texts.slice(-2)).toEqual(['SAY answer 55', 'answer 55'])
})

test('unknown sessions and folders are named', async () => {
  const { start, config } = await openStage()
  const runtime = await start()
  await expect(runtime.resume('11111111-2222-4333-8444-555555555555', config())).rejects.toMatchObject({
    kind: 'session-unknown',
  })
  await expect(runtime.create(config({}, { folder: '/nowhere/at/all' }))).rejects.toMatchObject({
    kind: 'folder',
  })
})

test('killed in the middle of a turn: told once, everything rejects', async () => {
  const { start, config } = await openStage()
  const runtime = await start()
  const session = await runtime.create(config())
  const heard = hear(session)
  await session.send('STREAM n=10000 r=50 id=a')
  await heard.next('reply-delta')
  for (const { pid } of runtimes()) process.kill(pid, 'SIGKILL')
  expect(await runtime.died).toMatchObject({ kind: 'runtime-died', detail: 'SIGKILL' })
  expect(heard.all.at(-1)).toMatchObject({ type: 'stopped' })
  await expect(session.send('hello')).rejects.toMatchObject({ kind: 'runtime-died' })
  await runtime.stop()
})

test('a provider that refuses the key is told in our words', async () => {
  const { start, config, model } = await openStage()
  const session = await (await start()).create(config())
  const heard = hear(session)
  await session.send('FAIL 401')
  await heard.next('idle')
  expect(heard.of('retry').length).toBeGreaterThan(0)
  expect(heard.of('error')).toEqual([
    {
      type: 'error',
      kind: 'authentication',
      status: 401,
      text: `the model provider ${new URL(model.url).host} did not accept the key (HTTP 401)`,
    },
  ])
})

test('neither login nor provider: the error says what to do', async () => {
  const { start, config } = await openStage()
  const session = await (await start()).create(config({}, { provider: undefined }))
  const heard = hear(session)
  await session.send('hello')
  expect((await heard.next('error')).text).toContain('copilot-host login')
})

test('a sign-in: at start-up, in the middle of a call, refused', async () => {
  const { notes, session, heard, ready } = await openGuarded()
  const initial = await heard.next('auth')
  expect(initial).toMatchObject({
    calls: [],
    data: { serverName: 'notes', serverUrl: notes.url, reason: 'initial' },
  })
  notes.tokens.add('first')
  expect(await session.answerAuth(initial.id, { kind: 'token', accessToken: 'first', expiresIn: 3600 })).toBe(
    true,
  )
  expect(await ready).toEqual([])
  expect(heard.of('server').at(-1)).toMatchObject({ name: 'notes', status: 'connected' })

  await session.send('CALL whoami {}')
  const { ask } = await heard.next('permission')
  expect(ask).toMatchObject({
    kind: 'mcp',
    names: ['notes', 'notes(whoami)'],
    approval: { kind: 'mcp', serverName: 'notes', toolName: 'whoami' },
  })
  await session.answerPermission(ask, { kind: 'session' })
  expect(await heard.next('tool-end')).toMatchObject({ id: ask.toolCallId, end: 'ok' })
  await heard.next('idle')

  notes.tokens.clear()
  await session.send('CALL whoami {}')
  const call = await heard.next('tool-start', ({ id }) => id !== ask.toolCallId)
  const refresh = await heard.next('auth', ({ id }) => id !== initial.id)
  expect(refresh).toMatchObject({ calls: [call.id], tool: 'whoami', data: { reason: 'refresh' } })
  await session.answerAuth(refresh.id, { kind: 'cancelled' })
  const reauth = await heard.next('auth', ({ id }) => id !== initial.id && id !== refresh.id)
  expect(reauth).toMatchObject({ calls: [call.id], data: { reason: 'reauth' } })
  await session.answerAuth(reauth.id, { kind: 'cancelled' })
  expect(await heard.next('tool-end', ({ id }) => id === call.id)).toMatchObject({ end: 'failed' })
  await expect.poll(() => heard.of('idle').length).toBe(2)

  await session.send('CALL whoami {}')
  const open = await heard.next('auth', ({ id }) => ![initial.id, refresh.id, reauth.id].includes(id))
  await session.abort()
  await heard.next('auth-done', ({ id }) => id === open.id)
  await expect.poll(() => heard.of('idle').length).toBe(3)
  expect(heard.of('auth')).toHaveLength(heard.of('auth-done').length)

  const reloaded = session.reloadServers()
  const fresh = await heard.next(
    'auth',
    ({ id, data }) => id !== initial.id && JSON.stringify(data).includes('"initial"'),
  )
  await reloaded
  notes.tokens.add('second')
  await session.answerAuth(fresh.id, { kind: 'token', accessToken: 'second' })
  expect(await session.ready()).toEqual([])
  expect(heard.of('server').at(-1)).toMatchObject({ status: 'connected' })
})

test('a refused sign-in: the chat is ready soon after, and its turn runs', async () => {
  const { start, config } = await openStage()
  const notes = await startGuardedMcp()
  onTestFinished(() => notes.close())
  const session = await (await start()).create(config({ notes: { type: 'http', url: notes.url } }))
  const heard = hear(session)
  session.listen(event => {
    if (event.type === 'auth') void session.answerAuth(event.id, { kind: 'cancelled' })
  })
  const began = performance.now()
  expect(await session.ready()).toEqual([])
  expect(performance.now() - began).toBeLessThan(SOON)
  expect(heard.of('server').at(-1)).toMatchObject({ status: 'needs-auth' })
  await session.send('SAY without it')
  expect((await heard.next('reply')).text).toBe('without it')
})

test('nobody answers sign-ins: none is asked for, and the turn is not stuck', async () => {
  const { start, config } = await openStage()
  const notes = await startGuardedMcp()
  onTestFinished(() => notes.close())
  const servers = { notes: { type: 'http', url: notes.url } } as const
  const session = await (await start()).create(config(servers, { signIn: false }))
  const heard = hear(session)
  expect(await session.ready()).toEqual([])
  await session.send('SAY without it')
  expect((await heard.next('reply')).text).toBe('without it')
  expect(heard.of('auth')).toEqual([])
  expect(heard.of('server').at(-1)).toMatchObject({ status: 'needs-auth' })
})

test('T-05 a token of 60,000 characters that repeats itself does not hold the runtime up', async () => {
  const { notes, session, heard, ready } = await openGuarded()
  const { id } = await heard.next('auth')
  const accessToken = 'given-t0ken'.repeat(5_455)
  notes.tokens.add(accessToken)
  expect(await session.answerAuth(id, { kind: 'token', accessToken })).toBe(true)
  expect(await ready).toEqual([])
  expect(heard.of('server').at(-1)).toMatchObject({ name: 'notes', status: 'connected' })
})

test('a server that cannot be reached, and one that never answers: the others work, and a reload brings it back', async () => {
  const { start, config } = await openStage()
  const [slow, notes] = [await startGuardedMcp(), await startGuardedMcp()]
  onTestFinished(async () => {
    await slow.close()
    await notes.close()
  })
  slow.tokens.add('given')
  notes.tokens.add('given')
  slow.hang(true)
  const headers = { Authorization: 'Bearer given' }
  const session = await (await start({ ready: 1500 })).create(
    config({
      gone: { type: 'http', url: 'http://127.0.0.1:9/mcp' },
      slow: { type: 'http', url: slow.url, headers },
      notes: { type: 'http', url: notes.url, headers },
    }),
  )
  const heard = hear(session)
  expect(await session.ready()).toContain('slow')
  await heard.next('server', ({ name, status }) => name === 'notes' && status === 'connected')
  await session.send('CALL notes-whoami {}')
  await session.answerPermission((await heard.next('permission')).ask, { kind: 'once' })
  await heard.next('idle')
  expect(heard.of('tool-end')).toMatchObject([{ end: 'ok' }])
  expect(heard.of('server')).toContainEqual(expect.objectContaining({ name: 'gone', status: 'failed' }))
  const failed = {
    type: 'server',
    name: 'slow',
    status: 'failed',
    error: 'it did not answer in time and was stopped',
  }
  expect(heard.of('server')).toContainEqual(failed)

  slow.hang(false)
  await session.reloadServers()
  expect(await session.ready()).toEqual([])
  await session.send('CALL slow-whoami {}')
  const { ask } = await heard.next('permission', ({ ask }) => ask.names.includes('slow'))
  await session.answerPermission(ask, { kind: 'once' })
  await expect.poll(() => heard.of('idle').length).toBe(2)
  expect(heard.of('tool-end')).toMatchObject([{ end: 'ok' }, { end: 'ok' }])
})

test('a program that never answers does not hold up a turn', async () => {
  const { start, config } = await openStage()
  const session = await (await start({ ready: 300 })).create(
    config({ deaf: { type: 'stdio', command: 'sleep', args: ['60'] } }, { asks: true }),
  )
  const heard = hear(session)
  expect(await session.ready()).toEqual(['deaf'])
  await session.send('SAY without it')
  expect((await heard.next('reply')).text).toBe('without it')
  expect(heard.of('notice').map(({ text }) => text)).toEqual([
    'going on without the tools of MCP servers: deaf still starts',
  ])
})
