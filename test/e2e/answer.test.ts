import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterEach, expect, test } from 'vitest'
import { visit } from '../../demo/visit.ts'
import { signIn } from '../demo/sign-in.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { more } from '../support/more.ts'
import { allow, count, leave, panel, say } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'
import { waitFor } from '../support/wait-for.ts'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]
const waitingRun = () => ['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools', '--sign-in', 'wait']

const Pending = v.array(
  v.object({
    id: v.string(),
    server: v.string(),
    host: v.string(),
    page: v.string(),
    reason: v.string(),
    scopes: v.array(v.string()),
    since: v.pipe(v.string(), v.isoTimestamp()),
    deadline: v.pipe(v.string(), v.isoTimestamp()),
    program: v.string(),
    folder: v.string(),
    pid: v.number(),
  }),
)

async function pending() {
  const { code, stdout } = await stage.run(['auth', 'pending', '--json'])
  expect(code).toBe(0)
  return v.parse(Pending, JSON.parse(stdout))
}

/** Waits until something waits, and gives its id. */
async function waiting(): Promise<string> {
  return waitFor(async () => {
    const [first] = await pending()
    if (first === undefined) throw new Error('nothing waits yet')
    return first.id
  })
}

async function accessToken(): Promise<string> {
  const { authorizationServer: as, mcp } = stage.world
  const { tokens } = await signIn(as.issuer, { resource: mcp.url, as: 'grace@example.com' })
  return tokens?.access_token ?? ''
}

/** Chooses what the menu says by its number, as soon as lines count. */
async function choose(answer: TestTerminal, text: string): Promise<void> {
  await asked(answer)
  const number = new RegExp(`(\\d) ${text}`).exec(answer.screen())?.[1]
  await answer.keys(`${number}\r`)
}

async function asked(answer: TestTerminal): Promise<void> {
  await answer.until(() => answer.screen().includes('Enter for 1'))
}

test('a chat asks; another terminal lists it, answers by browser, and the chat goes on', async () => {
  stage = await openStage()
  const chat = stage.open(['chat', ...notes()])
  await panel(chat, 'Sign in to notes')
  const [entry] = await pending()
  const issuer = new URL(stage.world.authorizationServer.issuer)
  expect(entry).toMatchObject({ server: 'notes', page: issuer.host, reason: 'initial', program: 'chat' })
  const { stdout } = await stage.run(['auth', 'pending'])
  expect(stdout).toContain(entry?.id)
  expect(stdout).toContain('first use')

  const answer = stage.open(['auth', 'answer', entry?.id.toLowerCase() ?? ''], {
    env: { BROWSER: stage.browser() },
  })
  await asked(answer)
  expect(answer.screen()).toContain(`Sign-in page: ${issuer.host}, first seen`)
  expect(answer.screen()).toContain('notes.read')
  expect(answer.screen()).toContain('Asked by chat in')
  expect(stage.world.authorizationServer.requests).toEqual([])
  await answer.keys(KEY.enter)
  expect(await answer.exit).toMatchObject({ code: 0 })
  await answer.until(() => answer.screen().includes('signed in to notes'))
  await chat.until(() => chat.screen().includes('signed in to notes'))
  await say(chat, 'who am i?')
  await allow(chat)
  await chat.until(() => chat.screen().includes('You are signed in as Ada'))
  // What the other terminal was shown is no business of this one.
  expect(chat.lines().join('\n')).not.toContain('state=')
  await leave(chat)
  expect(await stage.run(['auth', 'pending'])).toMatchObject({ code: 0, stdout: 'nothing waits\n' })
})

test('by a pasted address: a wrong one can be pasted again', async () => {
  stage = await openStage()
  const chat = stage.open(['chat', ...notes()])
  await panel(chat, 'Sign in to notes')
  const answer = stage.open(['auth', 'answer'], { cols: 200 })
  await choose(answer, 'paste an address')
  const address = await answer.until(() => /^http\S+state=\S+$/m.exec(answer.screen())?.[0])
  await answer.until(() => answer.screen().includes('Address (or a number):'))
  await answer.keys('http://127.0.0.1:1/?code=x&state=wrong\r')
  await answer.until(() => answer.screen().includes('not the address that this sign-in ends at'))
  await answer.until(() => count(answer.screen(), 'Address (or a number):') === 2)
  const redirect = new URL(address).searchParams.get('redirect_uri') ?? ''
  const { url } = await visit(address, { beyond: new URL(redirect).origin })
  expect(url).toContain('code=')
  await answer.keys(`${url}\r`)
  expect(await answer.exit).toMatchObject({ code: 0 })
  await chat.until(() => chat.screen().includes('signed in to notes'))
  await leave(chat)
})

more('chat -p --sign-in wait: lines say what waits; a code for another device answers it', async () => {
  stage = await openStage()
  const run = stage.run(waitingRun())
  const id = await waiting()
  const answer = stage.open(['auth', 'answer', id])
  await choose(answer, 'code for another device')
  const code = await answer.until(() => /\b[A-Z]{4}-[A-Z]{4}\b/.exec(answer.screen())?.[0])
  await visit(stage.world.authorizationServer.devicePage, { code, as: 'ada@example.com' })
  expect(await answer.exit).toMatchObject({ code: 0 })
  const { code: exit, stdout, stderr } = await run
  expect(stderr).toContain('Sign in to notes')
  expect(stderr).toContain(`copilot-host auth answer ${id}`)
  expect(stderr).toContain('signed in to notes')
  expect(exit).toBe(0)
  expect(stdout).toContain('You are signed in as Ada')
})

test('a token on standard input serves that one run, and is kept nowhere', async () => {
  stage = await openStage()
  const token = await accessToken()
  const run = stage.run(waitingRun())
  const id = await waiting()
  const bad = await stage.run(['auth', 'answer', id, '--with-token'], { stdin: '{"access_token": "x"}' })
  expect(bad).toMatchObject({ code: 2 })
  const answer = await stage.run(['auth', 'answer', id, '--with-token', '--json'], { stdin: `${token}\n` })
  const message = 'signed in to notes with a token that you brought, for this request only'
  expect(JSON.parse(answer.stderr)).toEqual({ info: { message } })
  expect(answer.code).toBe(0)
  expect(JSON.parse(answer.stdout)).toEqual({ id, server: 'notes', outcome: 'token' })
  const { code, stdout, stderr } = await run
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(stderr).toContain('with a token that you brought')
  expect(stdout).toContain('You are signed in as Grace')

  expect(await stage.run(['auth', 'list'])).toMatchObject({ stdout: 'nobody is signed in to any server\n' })
  expect((await stage.run(['auth', 'log'])).stdout).toContain('by token')
  for (const file of await readdir(stage.place.state, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toContain(token)
  }
})

test('two answers at once: one counts, the other is told in one line', async () => {
  stage = await openStage()
  const token = await accessToken()
  const run = stage.run(waitingRun())
  const id = await waiting()
  const answers = await Promise.all(
    [1, 2].map(() => stage.run(['auth', 'answer', id, '--with-token'], { stdin: token })),
  )
  expect(await run).toMatchObject({ code: 0 })
  const won = answers.filter(({ code }) => code === 0)
  const [lost] = answers.filter(({ code }) => code !== 0)
  expect(won).toHaveLength(1)
  expect(lost?.stderr.trim().split('\n')).toHaveLength(1)
  // Too late by a moment, or by more: then nothing waits under that id any more.
  expect(lost?.stderr).toMatch(
    /answered from elsewhere first|has ended meanwhile|is gone|no sign-in waits under/,
  )
  expect(lost?.code).toBe(lost?.stderr.includes('no sign-in waits under') ? 2 : 4)
})

more('Ctrl+C in the other terminal leaves it waiting; cancel ends it for both', async () => {
  stage = await openStage()
  const run = stage.run(waitingRun())
  const id = await waiting()
  const first = stage.open(['auth', 'answer', id])
  await asked(first)
  await first.keys(KEY.ctrlC)
  expect(await first.exit).toMatchObject({ code: 130 })
  await first.until(() => first.screen().includes(`notes still waits: copilot-host auth answer ${id}`))
  const second = stage.open(['auth', 'answer', id])
  await asked(second)
  await second.keys(KEY.ctrlD)
  expect(await second.exit).toMatchObject({ code: 5 })
  const third = stage.open(['auth', 'answer', id])
  await choose(third, 'cancel')
  expect(await third.exit).toMatchObject({ code: 5 })
  const { code, stderr } = await run
  expect(code).toBe(5)
  expect(count(stderr, 'sign-in cancelled')).toBe(1)
})

more('nobody answers in time: exit 4, and the line names what was needed', async () => {
  stage = await openStage()
  const { code, stdout, stderr } = await stage.run([...waitingRun(), '--sign-in-timeout', '1'])
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  expect(stderr).toContain('the time for the sign-in to notes is up')
  expect(stderr).toContain('copilot-host auth login')
})

more('a code that runs out: one line and exit 4 in both places', async () => {
  stage = await openStage({ authorizationServer: { deviceCodeTtl: 1 } })
  const run = stage.run(waitingRun())
  const answer = stage.open(['auth', 'answer', await waiting()], { cols: 200 })
  await choose(answer, 'code for another device')
  expect(await answer.exit).toMatchObject({ code: 4 })
  await answer.until(() => count(answer.screen(), 'ran out') === 1)
  const { code, stderr } = await run
  expect(code).toBe(4)
  expect(count(stderr, 'ran out')).toBe(1)
})

test('a server that has moved: the other terminal says CHANGED, and goes on only after the new host was typed', async () => {
  stage = await openStage()
  const { authorizationServer: as, mcp } = stage.world
  const issuers = [{ server: mcp.url, issuer: 'https://old.example.com', clientId: 'x', since: 1 }]
  await mkdir(stage.place.state, { recursive: true, mode: 0o700 })
  await writeFile(join(stage.place.state, 'index.json'), JSON.stringify({ v: 1, grants: [], issuers }), {
    mode: 0o600,
  })
  const run = stage.run(waitingRun())
  const id = await waiting()
  expect((await stage.run(['auth', 'pending'])).stdout).toContain('CHANGED')
  const { host } = new URL(as.issuer)
  const answer = stage.open(['auth', 'answer', id], { cols: 200, env: { BROWSER: stage.browser() } })
  const question = `If that is right, type ${host}`
  await answer.until(() => answer.screen().includes(question))
  expect(answer.screen()).toContain(`CHANGED: was old.example.com, now ${host}`)
  await answer.keys('old.example.com\r')
  await answer.until(() => count(answer.screen(), question) === 2)
  expect(as.requests).toEqual([])
  await answer.keys(`${host}\r`)
  await choose(answer, 'open the browser')
  expect(await answer.exit).toMatchObject({ code: 0 })
  expect(await run).toMatchObject({ code: 0 })
})

more('auth login waits as well; a token, which it could not keep, is refused', async () => {
  stage = await openStage()
  const login = stage.run(['auth', 'login', 'notes', ...notes(), '--sign-in', 'wait'])
  const id = await waiting()
  const token = await stage.run(['auth', 'answer', id, '--with-token'], { stdin: 'token' })
  expect(token).toMatchObject({
    code: 2,
    stderr: 'auth login waits for a sign-in to keep: a token would serve nothing\n',
  })
  const answer = stage.open(['auth', 'answer', id], { env: { BROWSER: stage.browser() } })
  await asked(answer)
  await answer.keys(KEY.enter)
  expect(await answer.exit).toMatchObject({ code: 0 })
  expect(await login).toMatchObject({ code: 0, stdout: 'notes is ready\n' })
})

more('what was stored is used first; nobody is asked', async () => {
  stage = await openStage()
  const env = { BROWSER: stage.browser() }
  await stage.run(['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser'], { env })
  expect(await stage.run(waitingRun())).toMatchObject({ code: 0, stderr: '' })
})

more(
  'the waiting program is killed while the other one is attached: one line, and nothing is left behind',
  async () => {
    stage = await openStage()
    const chat = stage.open(['chat', ...notes()])
    await panel(chat, 'Sign in to notes')
    const answer = stage.open(['auth', 'answer'])
    await asked(answer)
    expect(await readdir(join(stage.place.state, 'pending'))).toHaveLength(2)
    chat.kill('SIGKILL')
    expect(await answer.exit).toMatchObject({ code: 4 })
    await answer.until(() => answer.screen().includes('notes: the program that waited is gone'))
    expect(await stage.run(['auth', 'pending'])).toMatchObject({
      code: 0,
      stdout: 'nothing waits\n',
      stderr: '',
    })
    expect(await readdir(join(stage.place.state, 'pending'))).toEqual([])
  },
)

more('the answering program is killed: the sign-in still waits', async () => {
  stage = await openStage()
  const chat = stage.open(['chat', ...notes()])
  await panel(chat, 'Sign in to notes')
  const answer = stage.open(['auth', 'answer'])
  await asked(answer)
  answer.kill('SIGKILL')
  await answer.exit
  const token = await accessToken()
  expect(await stage.run(['auth', 'answer', '--with-token'], { stdin: token })).toMatchObject({ code: 0 })
  await chat.until(() => chat.screen().includes('with a token that you brought'))
  await leave(chat)
})

test('an id under which nothing waits, and none where nothing does: exit 2 and one line', async () => {
  stage = await openStage()
  const token = { stdin: 'token' }
  const unknown = await stage.run(['auth', 'answer', 'A2B3C4', '--with-token'], token)
  expect(unknown.code).toBe(2)
  expect(unknown.stderr).toBe('no sign-in waits under A2B3C4; copilot-host auth pending shows what does\n')
  expect(await stage.run(['auth', 'answer', '--with-token'], token)).toMatchObject({ code: 2 })
  expect(await stage.run(['auth', 'answer', 'A2B3C4'])).toMatchObject({ code: 2 })
})

test('a folder that others can change: one line in the chat, nothing is shared, the panel works', async () => {
  stage = await openStage()
  const runtime = join(stage.world.folder, 'run')
  await mkdir(join(runtime, 'copilot-host'), { recursive: true, mode: 0o700 })
  await mkdir(join(stage.place.state, 'pending'), { recursive: true, mode: 0o700 })
  await chmod(join(stage.place.state, 'pending'), 0o777)
  const chat = stage.open(['chat', ...notes()], {
    env: { XDG_RUNTIME_DIR: runtime, BROWSER: stage.browser() },
  })
  await panel(chat, 'Sign in to notes')
  await chat.until(() => chat.lines().join('\n').includes('cannot be answered from another terminal'))
  await chat.keys('b')
  await chat.until(() => chat.screen().includes('signed in to notes'))
  await leave(chat)
  expect(existsSync(runtime)).toBe(true)
  expect(await readdir(join(runtime, 'copilot-host'))).toEqual([])
})
