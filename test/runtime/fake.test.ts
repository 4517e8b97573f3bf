import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/runtime/limits.ts'
import { startRuntime } from '../../src/runtime/runtime.ts'
import type { SessionConfig } from '../../src/runtime/types.ts'
import { FAKE, type FakeRuntime, fakeOptions, startFake } from '../support/fake.ts'
import { temporaryFolder } from '../support/folder.ts'
import { SOON } from '../support/patience.ts'
import { runtimeOf } from '../support/processes.ts'
import { hear } from '../support/session-events.ts'
import { waitFor } from '../support/wait-for.ts'

const CONFIG: SessionConfig = {
  folder: '/',
  model: 'fake',
  servers: { notes: { type: 'http', url: 'https://mcp.example.com/' } },
  signIn: true,
}

function start(scenario: string, args: object = {}, limits = {}) {
  return fakeOptions(scenario, args).then(options => startRuntime(options, { ...LIMITS, ...limits }))
}

describe('starting', () => {
  test('exit at start: code, cleaned words, no token', async () => {
    const error = await start('exit-at-start').catch(thrown => thrown)
    expect(error).toMatchObject({ kind: 'runtime-start', exitCode: 3 })
    expect(error.message).toBe('the Copilot runtime could not start: code 3: cannot read token [secret]')
  })

  test('a program that is missing, a folder, not executable, or no program', async () => {
    const options = await fakeOptions('fine')
    const folder = await temporaryFolder()
    const file = join(folder, 'runtime')
    const run = (path: string) => startRuntime({ ...options, path }).catch(thrown => thrown)
    expect(await run(file)).toMatchObject({ kind: 'runtime-missing', message: expect.stringContaining(file) })
    expect(await run(folder)).toMatchObject({ kind: 'runtime-missing' })
    await writeFile(file, 'nothing')
    expect(await run(file)).toMatchObject({
      kind: 'runtime-start',
      message: expect.stringContaining(`${file} cannot be run (EACCES)`),
    })
    await chmod(file, 0o755)
    expect(await run(file)).toMatchObject({ kind: 'runtime-start', exitCode: 3 })
  })

  test('a folder that is gone is not taken for a missing program', async () => {
    const options = await fakeOptions('fine')
    await expect(startRuntime({ ...options, folder: '/nowhere/at/all' })).rejects.toMatchObject({
      kind: 'folder',
    })
  })

  test('another protocol version', async () => {
    await expect(start('wrong-version')).rejects.toMatchObject({
      kind: 'runtime-version',
      message: expect.stringContaining('(9.9.9) speaks protocol 4, this program speaks 3'),
    })
  })

  test('noise before the first frame', async () => {
    await expect(start('noise-at-start')).rejects.toMatchObject({
      kind: 'runtime-start',
      message: expect.stringContaining(`${FAKE}: what answered is not a Copilot runtime`),
    })
  })

  test('no answer at all', async () => {
    await expect(start('mute', {}, { connect: 50, end: 200 })).rejects.toMatchObject({
      kind: 'runtime-start',
      message: expect.stringContaining('did not answer'),
    })
  })
})

describe('ending', () => {
  test('an orderly stop is no death', async () => {
    const { runtime } = await startFake('fine')
    await runtime.stop()
    await runtime.stop()
    const end = await Promise.race([runtime.died, Promise.resolve('alive')])
    expect(end).toBe('alive')
    await expect(runtime.sessions()).rejects.toMatchObject({ kind: 'runtime-died' })
  })

  test('SIGKILL for a runtime that ignores everything else', async () => {
    const { runtime } = await startFake('ignore-shutdown', {}, { end: 300 })
    const began = performance.now()
    await runtime.stop()
    expect(performance.now() - began).toBeLessThan(SOON)
  })

  test.each([
    ['crash-mid-auth', 'SIGKILL'],
    ['exit-mid-auth', 'code 7'],
  ])('%s: everything pending rejects, the session is told once', async (scenario, how) => {
    const { runtime } = await startFake(scenario, { answers: { 'session.send': 'none' } })
    const session = await runtime.create(CONFIG)
    const heard = hear(session)
    await heard.next('auth')
    const error = { kind: 'runtime-died', detail: how, exitCode: 3 }
    await Promise.all([
      expect(session.ready()).rejects.toMatchObject(error),
      expect(session.send('hello')).rejects.toMatchObject(error),
      expect(runtime.died).resolves.toMatchObject(error),
      process.kill(runtimeOf(process.pid), 'SIGUSR2'),
    ])
    await expect(session.send('hello')).rejects.toMatchObject(error)
    expect(heard.of('auth-done')).toHaveLength(1)
    expect(heard.all.at(-1)).toMatchObject({ type: 'stopped', error })
    expect(heard.of('stopped')).toHaveLength(1)
  })
})

describe('interest', () => {
  test('comes right after the answer, under the id that was answered', async () => {
    const { runtime, sent } = await startFake('server-assigned-id')
    const session = await runtime.create(CONFIG)
    const heard = hear(session)
    await session.ready()
    expect(session.id).toMatch(/^cloud-/)
    expect(heard.all[0]).toMatchObject({ type: 'started', model: 'fake' })
    expect(heard.of('server').at(-1)).toMatchObject({ name: 'notes', status: 'connected' })
    const [, create, interest] = sent()
    expect(create).toMatchObject({ method: 'session.create' })
    expect(create?.params?.sessionId).not.toBe(session.id)
    expect(interest).toEqual({
      method: 'session.eventLog.registerInterest',
      params: { sessionId: session.id, eventType: 'mcp.oauth_required' },
    })
  })

  test('comes again after a resume, which sends the whole configuration', async () => {
    const { runtime, sent } = await startFake('fine')
    const config = { ...CONFIG, provider: { type: 'openai', baseUrl: 'https://model.example.com' } as const }
    const session = await runtime.resume('abc', config)
    await session.ready()
    expect(session.id).toBe('abc')
    expect(
      sent()
        .map(each => each.method)
        .slice(1, 3),
    ).toEqual(['session.resume', 'session.eventLog.registerInterest'])
    expect(sent()[1]?.params).toEqual({
      sessionId: 'abc',
      model: 'fake',
      provider: config.provider,
      mcpServers: CONFIG.servers,
      workingDirectory: '/',
      clientName: 'copilot-host',
      streaming: true,
      requestPermission: true,
      enableScriptSafety: true,
      enableFileHooks: false,
      excludedTools: ['lsp'],
      envValueMode: 'direct',
    })
  })

  test('is not registered without sign-in, and the servers come up all the same', async () => {
    const { runtime, sent } = await startFake('auth')
    const session = await runtime.create({ ...CONFIG, signIn: false })
    const heard = hear(session)
    expect(await session.ready()).toEqual([])
    await session.send('hello')
    await heard.next('idle')
    expect(heard.of('auth')).toEqual([])
    expect(heard.of('server').at(-1)).toMatchObject({ status: 'needs-auth' })
    expect(sent().some(({ method }) => method?.includes('registerInterest'))).toBe(false)
  })

  test('a runtime that knows no interest: one line, and the chat goes on', async () => {
    const answers = { 'session.eventLog.registerInterest': { error: 'unknown' } }
    const { runtime } = await startFake('fine', { answers })
    const heard = hear(await runtime.create(CONFIG))
    expect((await heard.next('notice')).text).toBe('this runtime cannot ask for sign-ins: unknown')
  })
})

describe('sign-in', () => {
  test('is carried there and back; ready() waits for it without counting the time', async () => {
    const { runtime, sent } = await startFake('auth', {}, { ready: 150 })
    const session = await runtime.create(CONFIG)
    const heard = hear(session)
    const ready = session.ready()
    const { id, data, calls } = await heard.next('auth')
    expect(data).toMatchObject({ serverName: 'notes', reason: 'initial' })
    expect(calls).toEqual([])
    const early = await Promise.race([ready, new Promise(resolve => setTimeout(resolve, 400, 'waiting'))])
    expect(early).toBe('waiting')
    expect(await session.answerAuth(id, { kind: 'token', accessToken: 'secret', expiresIn: 60 })).toBe(true)
    expect(await ready).toEqual([])
    expect(heard.of('auth-done')).toEqual([{ type: 'auth-done', id }])
    expect(await session.answerAuth(id, { kind: 'cancelled' })).toBe(false)
    const answers = sent().filter(({ method }) => method === 'session.mcp.oauth.handlePendingRequest')
    expect(answers).toEqual([
      {
        method: 'session.mcp.oauth.handlePendingRequest',
        params: {
          sessionId: session.id,
          requestId: id,
          result: { kind: 'token', accessToken: 'secret', tokenType: 'Bearer', expiresIn: 60 },
        },
      },
    ])
  })

  test.each(['answer-refused', 'answer-error'])('%s: false, and the request is over', async scenario => {
    const { runtime } = await startFake(scenario)
    const session = await runtime.create(CONFIG)
    const heard = hear(session)
    const { id } = await heard.next('auth')
    expect(await session.answerAuth(id, { kind: 'cancelled' })).toBe(false)
    expect(heard.of('auth-done')).toHaveLength(1)
  })

  test('the runtime ends it before we answer', async () => {
    const { runtime } = await startFake('completed-first')
    const session = await runtime.create(CONFIG)
    const heard = hear(session)
    await heard.next('auth')
    process.kill(runtimeOf(process.pid), 'SIGUSR2')
    const { id } = await heard.next('auth-done')
    expect(await session.answerAuth(id, { kind: 'token', accessToken: 'late' })).toBe(false)
    expect(heard.of('auth-done')).toHaveLength(1)
  })

  test('fifty at once, each exactly once', async () => {
    const { runtime } = await startFake('storm')
    const session = await runtime.create(CONFIG)
    const heard = hear(session)
    await heard.next('auth', ({ data }) => JSON.stringify(data).includes('"s49"'))
    await Promise.all(heard.of('auth').map(({ id }) => session.answerAuth(id, { kind: 'cancelled' })))
    expect(heard.of('auth')).toHaveLength(50)
    expect(new Set(heard.of('auth-done').map(({ id }) => id)).size).toBe(50)
  })

  test('odd requests: those without a usable id are dropped with a line, the others go on to be judged', async () => {
    const { runtime, logged } = await startFake('odd-request')
    const heard = hear(await runtime.create(CONFIG))
    await heard.next('auth', ({ id }) => id === 'odd-metadata')
    expect(heard.of('auth').map(({ id }) => id)).toEqual(['file-url', 'odd-reason', 'odd-metadata'])
    expect(logged.filter(line => line.includes('without a usable id'))).toHaveLength(2)
  })

  test('a reload withdraws what is open and asks anew', async () => {
    const { runtime } = await startFake('auth')
    const session = await runtime.create(CONFIG)
    const heard = hear(session)
    const first = await heard.next('auth')
    const reloaded = session.reloadServers()
    expect(heard.of('auth-done')).toEqual([{ type: 'auth-done', id: first.id }])
    await reloaded
    const second = await heard.next('auth', ({ id }) => id !== first.id)
    await session.answerAuth(second.id, { kind: 'token', accessToken: 'x' })
    expect(await session.ready()).toEqual([])
  })

  test('one made for a tool call names the call, and ends with the turn', async () => {
    const { runtime } = await startFake('mid-call')
    const session = await runtime.create(CONFIG)
    const heard = hear(session)
    await session.ready()
    await session.send('who am I?')
    expect(await heard.next('auth')).toMatchObject({ id: 'auth_1', calls: ['call_1'], tool: 'whoami' })
    await session.abort()
    await heard.next('idle')
    const ends = heard.all.slice(heard.all.findIndex(({ type }) => type === 'auth') + 1)
    expect(ends).toEqual([
      { type: 'permission-done', id: 'permission_1' },
      { type: 'auth-done', id: 'auth_1' },
      { type: 'tool-end', id: 'call_1', end: 'cancelled', text: '' },
      { type: 'interrupted' },
      { type: 'idle', aborted: true },
    ])
    expect(await session.answerAuth('auth_1', { kind: 'token', accessToken: 'late' })).toBe(false)
  })
})

describe('servers that do not answer', () => {
  const limits = { ready: 300, turn: 300, turnAfterReady: 20 }

  const program = { notes: { type: 'stdio', command: 'notes' } } as const
  const calls = (fake: FakeRuntime, name: string) =>
    fake.sent().filter(({ method }) => method?.endsWith(name))

  test('on the network: named by ready() and stopped', async () => {
    const fake = await startFake('slow-server', {}, limits)
    const session = await fake.runtime.create(CONFIG)
    const heard = hear(session)
    expect(await session.ready()).toEqual(['notes'])
    expect(await heard.next('server', ({ status }) => status === 'failed')).toMatchObject({
      error: 'it did not answer in time and was stopped',
    })
    await session.send('hello')
    await heard.next('idle')
    expect(heard.of('notice').map(({ text }) => text)).toEqual([])
    expect(calls(fake, 'moveLoadingToBackground')).toEqual([])
  })

  test('on the network, without ready(): stopped when the turn does not begin', async () => {
    const fake = await startFake('slow-server', {}, limits)
    const session = await fake.runtime.create(CONFIG)
    const heard = hear(session)
    await session.send('hello')
    await heard.next('idle')
    expect(calls(fake, 'stopServer')).toHaveLength(1)
  })

  test('programs: left behind by send(), and told once', async () => {
    const fake = await startFake('slow-server', {}, { ...limits, turnAfterReady: 20, turn: 120_000 })
    const session = await fake.runtime.create({ ...CONFIG, servers: program, asks: true })
    const heard = hear(session)
    expect(await session.ready()).toEqual(['notes'])
    await session.send('hello')
    expect((await heard.next('notice')).text).toBe(
      'going on without the tools of MCP servers: notes still starts',
    )
    await heard.next('idle')
    await session.send('again')
    await heard.next('user', ({ text }) => text === 'again')
    expect(heard.of('notice')).toHaveLength(1)
    // A second turn that begins late on a busy machine asks for it once more.
    expect(calls(fake, 'moveLoadingToBackground')).not.toEqual([])
    expect(calls(fake, 'stopServer')).toEqual([])
  })

  test('do not hold up an abort', async () => {
    const fake = await startFake('slow-server', {}, { ...limits, turn: 120_000 })
    const session = await fake.runtime.create({ ...CONFIG, servers: program, asks: true })
    await session.send('hello')
    await session.abort()
    await waitFor(() => expect(calls(fake, 'moveLoadingToBackground')).toHaveLength(1))
  })

  test('a configuration that the runtime cannot load is told, and nobody waits', async () => {
    const answers = { 'session.mcp.list': { error: 'mcpServers.n.url: Required' } }
    const { runtime } = await startFake('fine', { answers })
    const session = await runtime.create({ ...CONFIG, signIn: false })
    const heard = hear(session)
    expect(await session.ready()).toEqual([])
    expect(heard.of('notice').map(({ text }) => text)).toEqual([
      'the MCP servers could not be loaded: mcpServers.n.url: Required',
    ])
  })
})

describe('damage on the wire', () => {
  test.each(['unknown-events', 'bad-json', 'bad-header', 'bad-utf8', 'huge-length', 'oversize-event'])(
    '%s: skipped, the session goes on',
    async scenario => {
      const { runtime, sent } = await startFake(scenario)
      const session = await runtime.create(CONFIG)
      const heard = hear(session)
      await session.ready()
      await session.send('hello')
      await heard.next('idle')
      expect(heard.of('reply')).toEqual([
        { type: 'reply', messageId: expect.any(String), text: 'fake reply' },
      ])
      if (scenario === 'unknown-events') expect(sent()).toContainEqual({ answer: -32601 })
    },
  )

  test('a call with arguments that cannot be walked is told, and refused for the person', async () => {
    const { runtime, sent } = await startFake('deep-arguments')
    const heard = hear(await runtime.create(CONFIG))
    expect(await heard.next('tool-start')).toMatchObject({ id: 'deep_1', summary: 'to=a tree=…' })
    expect((await heard.next('notice')).text).toContain('not allowed: what it is about nests too deep')
    const answer = () => sent().find(each => each.params?.requestId === 'deep_permission')
    await waitFor(() => expect(answer()?.params?.result).toMatchObject({ kind: 'reject' }))
    expect(heard.of('permission')).toEqual([])
  })

  test('a frame that stops halfway: the deadline says so', async () => {
    const { runtime } = await startFake('partial-frame', {}, { slow: 100 })
    await expect(runtime.create(CONFIG)).rejects.toMatchObject({ kind: 'runtime-silent', exitCode: 3 })
  })

  test('J-13: a session that opens when nobody waits for it any more is closed', async () => {
    const late = { 'session.create': 300, 'session.list': 300 }
    const { runtime, sent } = await startFake('fine', { late }, { slow: 100, call: 100 })
    await expect(runtime.create(CONFIG)).rejects.toMatchObject({ kind: 'runtime-silent' })
    await expect(runtime.sessions()).rejects.toMatchObject({ kind: 'runtime-silent' })
    const [created, closed] = await waitFor(() => {
      const ids = ['session.create', 'session.destroy'].map(
        name => sent().find(({ method }) => method === name)?.params?.sessionId,
      )
      expect(ids[1]).toBeTypeOf('string')
      return ids
    })
    expect(closed).toBe(created)
    expect(await runtime.login()).toBeUndefined()
  })

  test('an answer that is too large rejects its call at once', async () => {
    const { runtime } = await startFake('oversize-answer')
    await expect(runtime.sessions()).rejects.toMatchObject({
      kind: 'runtime-refused',
      detail: 'the answer is too large',
    })
    expect(await runtime.login()).toBeUndefined()
  })

  test('answers of another shape are refused', async () => {
    const answers = { 'session.list': { result: 'none' }, 'session.create': { result: { sessionId: 5 } } }
    const { runtime } = await startFake('fine', { answers })
    await expect(runtime.sessions()).rejects.toMatchObject({ kind: 'runtime-refused' })
    await expect(runtime.create(CONFIG)).rejects.toMatchObject({ kind: 'runtime-refused' })
  })

  test.each(['', '\u001bcAAAA', '../x', 'a b', 'x'.repeat(256)])(
    'a session of the id %j is none: it would be shown, and names a folder',
    async sessionId => {
      const answers = {
        'session.create': { result: { sessionId } },
        'session.list': { result: { sessions: [{ sessionId, modifiedTime: '2026-01-01T00:00:00Z' }] } },
      }
      const { runtime } = await startFake('fine', { answers })
      await expect(runtime.create(CONFIG)).rejects.toMatchObject({ kind: 'runtime-refused' })
      expect(await runtime.sessions()).toEqual([])
    },
  )
})

describe('the rest', () => {
  test('sessions: newest first, bad ones left out, titles clean', async () => {
    const { runtime, sent } = await startFake('fine')
    expect(await runtime.sessions()).toEqual([
      { id: 'newer', started: '', modified: '2026-02-01T00:00:00Z', summary: 'new', folder: '/b' },
      { id: 'older', started: '', modified: '2026-01-01T00:00:00Z', summary: 'old', folder: '/a' },
    ])
    expect((await runtime.sessions('/a')).map(({ id }) => id)).toEqual(['older'])
    expect(sent().at(-1)?.params).toEqual({ filter: { cwd: '/a' } })
  })

  test('errors of the runtime: its words without the wrapping, with kinds of ours where we know them', async () => {
    const refuse = (error: string) => startFake('fine', { answers: { 'session.resume': { error } } })
    const resume = async (error: string) =>
      (await refuse(error)).runtime.resume('abc', CONFIG).catch(thrown => thrown)
    expect(await resume('no\u001b[31m\nway')).toMatchObject({ kind: 'runtime-refused', detail: 'no way' })
    expect(await resume('Failed to load session events: Session not found: abc')).toMatchObject({
      kind: 'session-unknown',
      message: 'there is no session abc',
    })
    expect(await resume('Directory does not exist or cannot be accessed: /')).toMatchObject({
      kind: 'folder',
    })
    expect(await resume('Directory does not exist or cannot be accessed: /no/tmp')).toMatchObject({
      message: 'cannot use the folder /no/tmp for temporary files (TMPDIR names another one)',
    })
    expect(await resume('session construction failed: ENOSPC: No space left on device')).toMatchObject({
      message: expect.stringMatching(
        /^cannot use the folder .+ of the Copilot runtime: its disk is full \(COPILOT_HOME/,
      ),
    })
    expect(await resume('bad key sk-0123456789')).toMatchObject({ detail: 'bad key [secret]' })
  })

  test.each([
    ['login-vault', true],
    ['login-no-vault', false],
  ])('%s', async (scenario, storedInVault) => {
    const { runtime, sent } = await startFake(scenario)
    expect(await runtime.login()).toBeUndefined()
    expect(await runtime.storeLogin('ghp_x')).toEqual({ login: 'ada', storedInVault })
    expect(sent().find(({ method }) => method === 'account.login')?.params).toEqual({
      host: 'https://github.com',
      token: 'ghp_x',
    })
    expect(await runtime.login()).toBe('ada')
  })

  test('logged in already', async () => {
    const { runtime } = await startFake('logged-in')
    expect(await runtime.login()).toBe('ada')
  })

  test('a closed session says nothing more, and what waits for it ends', async () => {
    const { runtime, sent } = await startFake('auth')
    const session = await runtime.create(CONFIG)
    const heard = hear(session)
    await heard.next('auth')
    const ready = session.ready().catch(thrown => thrown)
    await session.close()
    expect(await ready).toMatchObject({ kind: 'cancelled' })
    const count = heard.all.length
    await runtime.stop()
    expect(heard.all).toHaveLength(count)
    expect(sent().map(({ method }) => method)).toContain('session.destroy')
  })
})
