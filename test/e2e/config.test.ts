import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type RunOptions, type Stage } from '../support/chat.ts'
import { more } from '../support/more.ts'

let stage: Stage
afterEach(() => stage.close())

const config = (args: readonly string[], run?: RunOptions) => stage.run(['config', ...args], run)
const file = () => join(stage.place.state, 'config.json')
const put = async (content: unknown) => {
  await mkdir(stage.place.state, { recursive: true, mode: 0o700 })
  await writeFile(file(), typeof content === 'string' ? content : JSON.stringify(content))
}
const project = (content: unknown) =>
  writeFile(join(stage.world.work, '.copilot-host.json'), JSON.stringify(content))

test('set, get, list, unset, path, schema: what counts and who says it', async () => {
  stage = await openStage({ keychain: false })
  const env = { COPILOT_MODEL: undefined }
  expect(await config(['path'])).toEqual({ code: 0, stdout: `${file()}\n`, stderr: '' })
  expect(await config(['get', 'model'], { env })).toMatchObject({ code: 1, stderr: 'model is not set\n' })
  expect(await config(['set', 'model', 'gpt-5'], { env })).toEqual({
    code: 0,
    stdout: `model = gpt-5 in ${file()}\n`,
    stderr: '',
  })
  expect(await config(['set', 'servers.my.notes.scopes', 'read', 'write'])).toMatchObject({ code: 0 })
  expect(await config(['set', 'plain', 'true'])).toMatchObject({ code: 0 })
  expect((await stat(file())).mode & 0o777).toBe(0o600)
  expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({
    model: 'gpt-5',
    servers: { 'my.notes': { scopes: ['read', 'write'] } },
    plain: true,
  })
  expect(await config(['get', 'model'], { env })).toEqual({
    code: 0,
    stdout: 'gpt-5\n',
    stderr: `person: ${file()}\n`,
  })
  expect(JSON.parse((await config(['get', 'servers.my.notes.scopes', '--json'])).stdout)).toEqual({
    ...{ key: 'servers.my.notes.scopes', value: ['read', 'write'], origin: 'person', where: file() },
  })
  const { settings, held } = JSON.parse((await config(['list', '--json'])).stdout)
  expect(settings).toContainEqual({
    ...{ key: 'model', value: 'practice-model', origin: 'environment', where: 'COPILOT_MODEL' },
  })
  expect(settings).toContainEqual({ key: 'signInTimeout', value: 600, origin: 'default' })
  expect(settings).toContainEqual({ key: 'callbackUrl', origin: 'unset' })
  expect(settings).toContainEqual({ key: 'plain', value: true, origin: 'person', where: file() })
  expect(held).toEqual([])
  expect((await config([])).stdout).toMatch(/^model +practice-model +environment: COPILOT_MODEL$/m)
  expect(await config(['unset', 'servers.my.notes.scopes'])).toMatchObject({ code: 0 })
  expect(await config(['unset', 'servers.my.notes.scopes'])).toMatchObject({ code: 1 })
  expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({ model: 'gpt-5', plain: true })
  expect(await config(['set', 'title', 'false'])).toMatchObject({ code: 0 })
  expect(await config(['unset', 'title'])).toMatchObject({ code: 0 })
  expect(await config(['unset', 'title'])).toMatchObject({ code: 1 })
  const schema = JSON.parse((await config(['schema'])).stdout)
  expect(schema.properties.tokenStore.enum).toContain('keychain')
})

test.each([
  ['config', 'modle', ''],
  ['config', 'gte', ' (did you mean get?)'],
  ['mcp', 'lst', ' (did you mean list?)'],
  ['trust', 'revok', ' (did you mean revoke?)'],
])(
  '%s %s: a word that is no command is told as that, not as an argument too many',
  async (group, word, hint) => {
    stage = await openStage({ keychain: false })
    const why = `${group} has no command '${word}'${hint}`
    const { code, stdout, stderr } = await stage.run([group, word])
    expect({ code, stdout, first: stderr.split('\n')[0] }).toEqual({
      code: 2,
      stdout: '',
      first: `error: ${why}`,
    })
    const json = await stage.run([group, word, '--json'])
    expect(JSON.parse(json.stderr)).toEqual({ error: { kind: 'usage', message: why, exitCode: 2 } })
  },
)

test('a value or a key that cannot be is wrong usage, and no secret is taken', async () => {
  stage = await openStage({ keychain: false })
  for (const [args, message] of [
    [['set', 'tokenStore', 'vault'], /^tokenStore must be auto, keychain, memory or file$/m],
    [['set', 'model', 'a', 'b'], /^model must be/m],
    [['set', 'plain', 'true', 'banana'], /^plain must be true or false$/m],
    [['set', 'colour', 'red'], /^there is no setting "colour" \(copilot-host config list shows them\)$/m],
    [['get', 'servers.a.nothing'], /^there is no setting "servers\.a\.nothing"/m],
    [['set', 'servers.linear.clientSecret', 'hunter2'], /auth client set linear keeps it$/m],
    [['set', 'servers.\u001b[2J.clientId', 'x'], /the name holds characters/],
    [['set', 'model'], /missing required argument/],
  ] as const) {
    const { code, stdout, stderr } = await config(args)
    expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('hunter2')
  }
  await expect(stat(file())).rejects.toThrow()
  const json = await config(['set', 'tokenStore', 'vault', '--json'])
  expect(JSON.parse(json.stderr)).toMatchObject({ error: { kind: 'usage', exitCode: 2 } })
})

more(
  'what is in the file stays: unknown keys, form, a link; and a file that cannot be read is left as it is',
  async () => {
    stage = await openStage({ keychain: false })
    await put('{\n    "later": {"x": 1},\n    "model": "a"\n}\n')
    const set = await config(['set', 'model', 'b'], { env: { COPILOT_MODEL: undefined } })
    expect(set).toMatchObject({ code: 0, stderr: '' })
    expect(await readFile(file(), 'utf8')).toBe(
      '{\n    "later": {\n        "x": 1\n    },\n    "model": "b"\n}\n',
    )
    expect((await config(['list'])).stderr).toBe(
      `${file()}: later is not known to this version and is left out\n`,
    )

    for (const broken of [
      '{"model": "a"',
      '[]',
      '{"model": 7}',
      '{"servers": {"a": {"clientSecret": "x"}}}',
    ]) {
      await put(broken)
      const { code, stderr } = await config(['set', 'plain', 'true'])
      expect({ broken, code }).toEqual({ broken, code: 2 })
      expect(stderr).toMatch(/^\S+config\.json[: ].+\n$/)
      expect(await readFile(file(), 'utf8')).toBe(broken)
    }

    const away = await openStage({ keychain: false })
    const real = join(away.world.work, 'dotfile.json')
    await writeFile(real, '{}')
    await chmod(real, 0o600)
    await mkdir(away.place.state, { recursive: true, mode: 0o700 })
    await symlink(real, join(away.place.state, 'config.json'))
    expect(await away.run(['config', 'set', 'plain', 'true'])).toMatchObject({ code: 0 })
    expect(JSON.parse(await readFile(real, 'utf8'))).toEqual({ plain: true })
    await away.close()
  },
)

more('two that set at once both count', async () => {
  stage = await openStage({ keychain: false })
  const keys = ['a', 'b', 'c', 'd']
  await Promise.all(keys.map(key => config(['set', `servers.${key}.clientId`, key])))
  expect(Object.keys(JSON.parse(await readFile(file(), 'utf8')).servers).sort()).toEqual(keys)
})

test('edit opens the editor on the file, and says what is wrong when it is closed', async () => {
  stage = await openStage({ keychain: false })
  const editor = (text: string) => ({
    env: {
      EDITOR: `${process.execPath} ${join(stage.world.work, 'edit.mjs')}`,
      VISUAL: undefined,
      TEXT: text,
    },
  })
  const script = "import { writeFileSync } from 'node:fs'; writeFileSync(process.argv[2], process.env.TEXT)"
  await writeFile(join(stage.world.work, 'edit.mjs'), script)
  expect(await config(['edit'], editor('{"plain": true}'))).toMatchObject({ code: 0, stderr: '' })
  expect((await stat(file())).mode & 0o777).toBe(0o600)
  const bad = await config(['edit'], editor('{"plain": 1}'))
  expect(bad).toMatchObject({ code: 2, stderr: `${file()}: plain must be true or false\n` })
  expect(await readFile(file(), 'utf8')).toBe('{"plain": 1}')
  expect(await config(['edit'], { env: { EDITOR: '/no/such/editor', VISUAL: undefined } })).toMatchObject({
    code: 1,
  })
  expect(await config(['edit', '--project'], editor('{"model": "x"}'))).toMatchObject({ code: 0 })
  expect(await readFile(join(stage.world.work, '.copilot-host.json'), 'utf8')).toBe('{"model": "x"}')
})

test('a run: the flag over the environment over the project over the person', async () => {
  stage = await openStage({ keychain: false })
  await put({ model: 'of-the-person', tokenStore: 'file' })
  const model = async (args: readonly string[], env: Record<string, string | undefined>) => {
    const { code, stderr } = await stage.run(['chat', '-p', 'SAY x', ...args], { env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stage.world.model.requests.at(-1)?.model
  }
  const bare = { COPILOT_MODEL: undefined }
  expect(await model([], bare)).toBe('of-the-person')
  await project({ model: 'of-the-project' })
  expect(await model([], bare)).toBe('of-the-project')
  expect(await model([], { COPILOT_MODEL: 'of-the-environment' })).toBe('of-the-environment')
  expect(await model(['--model', 'of-the-flag'], { COPILOT_MODEL: 'of-the-environment' })).toBe('of-the-flag')
})

more(
  'a bad file ends every run with 2 and one line; an unknown key is named and the run goes on',
  async () => {
    stage = await openStage({ keychain: false })
    await put({ tokenStore: 'vault' })
    const line = `${file()}: tokenStore must be auto, keychain, memory or file\n`
    for (const args of [['chat', '-p', 'SAY x'], ['auth', 'list'], ['sessions'], ['config', 'get', 'model']])
      expect(await stage.run(args)).toEqual({ code: 2, stdout: '', stderr: line })
    await put({ tokenStore: 'file', shade: 'dark' })
    expect(await stage.run(['chat', '-p', 'SAY x'])).toEqual({
      code: 0,
      stdout: 'x\n',
      stderr: `${file()}: shade is not known to this version and is left out\n`,
    })
    await project({ plain: 'yes' })
    expect(await stage.run(['chat', '-p', 'SAY x'])).toEqual({
      code: 2,
      stdout: '',
      stderr: `${join(stage.world.work, '.copilot-host.json')}: plain must be true or false\n`,
    })
  },
)

test('allowTools of the person runs a tool, the one of a project does not', async () => {
  stage = await openStage({ keychain: false })
  const call = ['chat', '-p', 'CALL bash {"command":"touch made","description":"x"}']
  await project({ allowTools: ['shell(touch made)'] })
  expect((await stage.run(call)).stderr).toContain('was not allowed')
  await put({ allowTools: ['shell(touch made)'] })
  expect((await stage.run(call)).stderr).not.toContain('was not allowed')
  const denied = (args: readonly string[]) => stage.run([...call, '--allow-all-tools', ...args])
  await put({ denyTools: ['shell(touch:*)'] })
  expect((await denied(['--deny-tool', 'write'])).stderr).toContain('was denied by the rule shell(touch:*)')
})

more('a denial of a project holds in each of its folders', async () => {
  stage = await openStage({ keychain: false })
  const root = stage.world.work
  await mkdir(join(root, '.git'))
  await mkdir(join(root, 'pkg', 'a'), { recursive: true })
  await project({ denyTools: ['write(secrets)'] })
  const path = join(root, 'secrets')
  const order = `CALL create ${JSON.stringify({ path, file_text: 'x' })}`
  const run = await stage.run(['chat', '-p', order, '--allow-all'], { cwd: join(root, 'pkg', 'a') })
  expect(run.stderr).toContain(`was denied by the rule write(${path})`)
  await expect(stat(path)).rejects.toThrow()
})

test('per server: client id, port, public address, rights, route', async () => {
  stage = await openStage({ keychain: false })
  const { url } = stage.world.mcp
  await put({
    tokenStore: 'file',
    servers: {
      notes: {
        ...{ clientId: 'mine', redirectPort: 3999, callbackUrl: 'http://localhost:4000/back' },
        ...{ scopes: ['notes.read', 'notes.write'], route: 'paste' },
      },
    },
  })
  const plan = async (name: string) =>
    JSON.parse((await stage.run(['auth', 'plan', name, '--mcp', `${name}=${url}`, '--json'])).stdout)
  expect(await plan('notes')).toMatchObject({
    ...{ client: 'configured', redirect: 'http://localhost:4000/back', store: 'file' },
    scopes: expect.arrayContaining(['notes.read', 'notes.write']),
    routes: ['paste', expect.anything(), expect.anything()],
  })
  expect(await plan('other')).toMatchObject({
    client: 'to-register',
    scopes: ['notes.read', 'offline_access'],
  })
})

more('per server: account and store; --token-store on the command line is for all', async () => {
  stage = await openStage({ keychain: false })
  const { url } = stage.world.mcp
  await put({ tokenStore: 'memory', servers: { notes: { account: 'work', tokenStore: 'file' } } })
  const login = ['auth', 'login', 'notes', '--mcp', `notes=${url}`, '--sign-in', 'browser', '--json']
  const env = { BROWSER: stage.browser() }
  const { code, stdout } = await stage.run(login, { env })
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, name: 'work', store: 'file' })
  const listed = JSON.parse((await stage.run(['auth', 'list', '--json'])).stdout)
  expect(listed).toMatchObject([{ name: 'work', store: 'file', inUse: true }])
  const ask = ['chat', '-p', 'who am i?', '--mcp', `notes=${url}`, '--allow-tool', 'notes']
  const answer = await stage.run(ask)
  expect(answer).toMatchObject({ code: 0, stderr: '' })
  expect(answer.stdout).toContain('You are signed in as Ada')
  expect(await stage.run([...ask, '--token-store', 'memory'])).toMatchObject({ code: 4 })
})

test('signIn: a route of the person is the consent of a prompt; what wants a person is none without one', async () => {
  stage = await openStage({ keychain: false })
  const { url } = stage.world.mcp
  const env = { BROWSER: stage.browser() }
  const ask = ['chat', '-p', 'who am i?', '--mcp', `notes=${url}`, '--allow-tool', 'notes']
  await project({ signIn: 'browser' })
  await put({ tokenStore: 'file' })
  expect(await stage.run([...ask, '--trust-project'], { env })).toMatchObject({ code: 4 })
  await project({})
  for (const signIn of ['paste', 'auto', 'stored']) {
    await put({ tokenStore: 'file', signIn })
    expect(await stage.run(ask, { env })).toMatchObject({ code: 4 })
    expect(await stage.run([...ask, '--unattended'], { env })).toMatchObject({ code: 4 })
  }
  expect(stage.world.authorizationServer.count('authorization')).toBe(0)
  await put({ tokenStore: 'file', signIn: 'never' })
  expect((await stage.run(ask, { env })).stderr).toContain('--sign-in never leaves out')
  const login = ['auth', 'login', 'notes', '--mcp', `notes=${url}`]
  expect(await stage.run(login, { env })).toMatchObject({ code: 2 })
  await put({ tokenStore: 'file', signIn: 'browser' })
  expect(await stage.run(ask, { env })).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('signed in'),
  })
})

more('what is shown: title, plain lines', async () => {
  stage = await openStage({ keychain: false })
  const shown = async (content: object, env = {}) => {
    await project(content)
    const chat = stage.open(['chat', '--token-store', 'file'], { env })
    await chat.until(() => /^›|Type a message/m.test(chat.screen()))
    const lines = !/^›/m.test(chat.screen())
    if (!lines) {
      await chat.keys('q')
      await chat.until(() => /^› q/m.test(chat.screen()))
    }
    await chat.close()
    return { title: chat.raw().includes('\u001b]2;'), lines }
  }
  expect(await shown({})).toEqual({ title: true, lines: false })
  expect(await shown({ title: false })).toEqual({ title: false, lines: false })
  expect(await shown({ title: false }, { COPILOT_HOST_NO_TITLE: '0' })).toEqual({ title: true, lines: false })
  expect(await shown({ plain: true })).toEqual({ title: false, lines: true })
  for (const off of ['0', 'false'])
    expect(await shown({ plain: true }, { COPILOT_HOST_PLAIN: off })).toEqual({ title: true, lines: false })
  expect(await shown({}, { COPILOT_HOST_PLAIN: '1' })).toEqual({ title: false, lines: true })
})
