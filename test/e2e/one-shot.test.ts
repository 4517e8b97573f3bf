import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { more } from '../support/more.ts'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]

test('the answer goes to stdout and nothing else does; prompt from -p or from stdin; resume too', async () => {
  stage = await openStage()
  expect(await stage.run(['chat', '-p', 'SAY forty-two'])).toEqual({
    code: 0,
    stdout: 'forty-two\n',
    stderr: '',
  })
  expect(await stage.run(['chat'], { stdin: 'SAY from stdin\n' })).toMatchObject({
    code: 0,
    stdout: 'from stdin\n',
  })
  expect(await stage.run(['resume', '-p', 'SAY again'])).toMatchObject({ code: 0, stdout: 'again\n' })
})

test('-p with something on standard input: the prompt, then that; from a file and from a pipe', async () => {
  stage = await openStage({ keychain: false })
  const last = () => stage.world.model.requests.at(-1)?.prompt
  expect(await stage.run(['chat', '-p', 'SAY seen'], { stdin: 'some words\n' })).toMatchObject({ code: 0 })
  expect(last()).toBe('SAY seen\n\nsome words')
  await writeFile(join(stage.world.work, 'notes.txt'), 'of a file')
  const shell = (line: string) => ({ within: ['/bin/sh', '-c', line, 'sh'] })
  expect(await stage.run(['chat', '-p', 'SAY seen'], shell('"$@" < notes.txt'))).toMatchObject({ stderr: '' })
  expect(last()).toBe('SAY seen\n\nof a file')
  expect(await stage.run(['chat', '-p', 'SAY seen'], shell('"$@" < /dev/null'))).toMatchObject({ stderr: '' })
  expect(last()).toBe('SAY seen')
})

more('-p with a pipe that is open and says nothing: told, and the prompt goes alone', async () => {
  stage = await openStage({ keychain: false })
  const silent = { within: ['/bin/sh', '-c', 'mkfifo quiet && "$@" <>quiet', 'sh'] }
  const { stdout, stderr } = await stage.run(['chat', '-p', 'SAY alone'], silent)
  expect(stdout).toBe('alone\n')
  expect(stderr).toContain('standard input is an open pipe that said nothing for 3 s: the prompt goes alone')
})

test('-p from a program that has left standard input open, as Node.js does: the prompt goes alone, and nothing is said', async () => {
  stage = await openStage({ keychain: false })
  const node = `require('node:child_process').execFile(process.argv[1], process.argv.slice(2), (error, stdout, stderr) => {
    process.stdout.write(stdout); process.stderr.write(stderr); process.exit(error ? 1 : 0) })`
  expect(await stage.run(['chat', '-p', 'SAY alone'], { within: [process.execPath, '-e', node] })).toEqual({
    ...{ code: 0, stdout: 'alone\n', stderr: '' },
  })
})

test('a sign-in that nobody can give: exit 4 and the command to run; that command works', async () => {
  stage = await openStage()
  const refused = await stage.run(['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools'])
  expect(refused).toMatchObject({ code: 4, stdout: '' })
  const command = /copilot-host (auth login .*)$/m.exec(refused.stderr)?.[1] ?? ''
  expect(command).toContain(stage.world.mcp.url)
  expect(stage.world.authorizationServer.requests).toEqual([])

  const env = { BROWSER: stage.browser() }
  const login = await stage.run([...command.split(' '), '--sign-in', 'browser'], { env })
  expect(login).toMatchObject({ code: 0 })
  const answered = await stage.run(['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools'])
  expect(answered).toMatchObject({ code: 0, stderr: '' })
  expect(answered.stdout).toContain('You are signed in as Ada')
})

test('--sign-in browser is the consent: server, page and rights go to stderr, then the answer to stdout', async () => {
  stage = await openStage()
  const env = { BROWSER: stage.browser() }
  const { code, stdout, stderr } = await stage.run(
    ['chat', '-p', 'who am i?', ...notes(), '--allow-tool', 'notes', '--sign-in', 'browser'],
    { env },
  )
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(stdout).toContain('You are signed in as Ada')
  expect(stderr).toContain(new URL(stage.world.authorizationServer.issuer).host)
  expect(stderr).toContain('notes.read')
  expect(stderr).toContain('signed in to notes')
})

test('denied in the browser: exit 4; --sign-in never: no question and the turn goes on', async () => {
  stage = await openStage()
  const env = { BROWSER: stage.browser({ deny: true }) }
  const args = ['chat', '-p', 'who am i?', ...notes(), '--sign-in']
  expect(await stage.run([...args, 'browser'], { env })).toMatchObject({ code: 4, stdout: '' })
  const never = await stage.run([...args, 'never'])
  expect(never).toMatchObject({
    code: 0,
    stderr: 'notes needs a sign-in, which --sign-in never leaves out\n',
  })
  expect(never.stdout).toContain('notes')
})

test('a tool that nobody has allowed is refused with a reason, and the answer comes all the same', async () => {
  stage = await openStage()
  const { code, stdout, stderr } = await stage.run([
    'chat',
    '-p',
    'CALL bash {"command":"npm run build","description":"x"}',
  ])
  expect(code).toBe(0)
  expect(stdout).toContain('--allow-tool')
  expect(stderr).toBe('shell(npm run build) was not allowed: --allow-tool "shell(npm run build)" allows it\n')
})

test('no secret in any file of the state folder, nor in the debug log', async () => {
  stage = await openStage()
  const log = join(stage.world.folder, 'debug.log')
  const env = { BROWSER: stage.browser() }
  await stage.run(['chat', '-p', 'who am i?', ...notes(), '--sign-in', 'browser', '--debug-log', log], {
    env,
  })
  const folder = stage.place.state
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(each =>
    each.isFile(),
  )
  const texts = await Promise.all(files.map(each => readFile(join(each.parentPath, each.name), 'utf8')))
  const kept = stage.keychain ? texts.join('\n') : ''
  expect(kept).not.toMatch(/eyJ[A-Za-z0-9_-]{20,}|refresh_token"?:\s*"[^"]{10,}/)
  expect(await readFile(log, 'utf8')).not.toMatch(/eyJ[A-Za-z0-9_-]{20,}/)
})

more('more rights that a run has missed: the command that it names asks for them', async () => {
  stage = await openStage()
  const env = { BROWSER: stage.browser() }
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser']
  const remove = ['chat', '-p', 'delete note 1', ...notes(), '--allow-tool', 'notes']
  expect(await stage.run(login, { env })).toMatchObject({ code: 0 })
  const refused = await stage.run(remove)
  expect(refused).toMatchObject({ code: 4, stdout: '' })
  expect(refused.stderr).toContain('notes needs a sign-in (more rights). Run: copilot-host auth login')
  const rehearsed = () => stage.run(['auth', 'plan', 'notes', ...notes()])
  const missing = '  - a run has asked for more rights (notes.write): run copilot-host auth login'
  expect(await rehearsed()).toMatchObject({ code: 0, stdout: expect.stringContaining(missing) })
  expect((await rehearsed()).stdout).toContain(
    'A run without a person works here as far as it needs no more rights.',
  )
  const asked = await stage.run(login, { env })
  expect(asked).toMatchObject({ code: 0, stderr: expect.stringContaining('notes.write') })
  expect((await rehearsed()).stdout).toMatch(/A run without a person works here\.\n$/)
  expect(await stage.run(remove)).toMatchObject({ code: 0, stderr: '' })
  // Given by now: nothing is asked once more.
  expect((await stage.run(login, { env })).stderr).toBe('')
})

more('nobody there to choose or to paste: at once', async () => {
  stage = await openStage()
  const login = ['auth', 'login', 'notes', ...notes(), '--sign-in']
  expect(await stage.run([...login, 'auto'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nobody is there to sign in'),
  })
  expect(await stage.run([...login, 'never'])).toMatchObject({
    code: 2,
    stderr: '--sign-in never signs nobody in: leave it out, or name browser, device or wait\n',
  })
  expect(await stage.run([...login, 'paste'])).toMatchObject({
    code: 2,
    stderr: 'nobody is there to paste an address: --sign-in paste needs a terminal\n',
  })
  const asked = await stage.run(['chat', '-p', 'who am i?', ...notes(), '--sign-in', 'auto'])
  expect(asked).toMatchObject({ code: 4, stderr: expect.stringContaining('Run: copilot-host auth login') })
})

for (const [what, args, env, code, says] of [
  ['unknown option', ['chat', '--nope'], {}, 2, /unknown option '--nope'/],
  ['a server without an address', ['chat', '--mcp', 'notes'], {}, 2, /notes/],
  ['a bad address', ['chat', '-p', 'x', '--mcp', 'notes=nope'], {}, 2, /--mcp notes: /],
  [
    'an unreadable config',
    ['chat', '-p', 'x', '--mcp-config', '/nowhere/mcp.json'],
    {},
    2,
    /\/nowhere\/mcp\.json/,
  ],
  ['no model', ['chat', '-p', 'x'], { COPILOT_PROVIDER_BASE_URL: undefined }, 1, /copilot-host login/],
  ['an unknown session', ['resume', 'abcdef', '-p', 'x'], {}, 1, /no session/],
  ['no runtime', ['chat', '-p', 'x'], { COPILOT_CLI_PATH: '/nowhere/copilot' }, 3, /\/nowhere\/copilot/],
  ['an empty prompt', ['chat', '-p', ''], {}, 2, /empty/],
] as const) {
  test(`bad input: ${what}`, async () => {
    stage = await openStage()
    const result = await stage.run([...args], { env: { ...env } })
    expect(result.stderr).toMatch(says)
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).not.toMatch(/^\s+at /m)
  })
}
