import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type RunOptions, type Stage } from '../support/chat.ts'
import { aged, changeKept } from '../support/kept.ts'
import { leaveLines, linePerson } from '../support/lines.ts'
import { more, some } from '../support/more.ts'
import { allow, leave, panel, say, unwrapped } from '../support/person.ts'

let stage: Stage
afterEach(() => stage.close())

const ADA = 'ada@example.com'
const GRACE = 'grace@example.com'

/** The server of the practice world, with the wish to know who signed in. */
function notes(): string[] {
  const server = { type: 'http', url: stage.world.mcp.url, oauth: { identity: true } }
  return ['--mcp-config', JSON.stringify({ mcpServers: { notes: server } })]
}

const as = (who: string, more: RunOptions = {}): RunOptions => ({
  ...more,
  env: { BROWSER: stage.browser({ as: who }) },
})

const auth = (args: string[], run?: RunOptions) => stage.run(['auth', ...args, ...notes()], run)
const login = (args: string[], run: RunOptions) =>
  auth(['login', 'notes', '--sign-in', 'browser', ...args], run)
const ask = (run: RunOptions, ...args: string[]) =>
  stage.run(['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools', ...args], run)

async function folder(name: string): Promise<string> {
  const path = join(stage.world.work, name)
  await mkdir(path, { recursive: true })
  return path
}

/** Ada is signed in as the first account, Grace as `work`. */
async function bothSignedIn(): Promise<void> {
  stage = await openStage()
  expect(await login([], as(ADA))).toMatchObject({ code: 0 })
  expect(await login(['--account', 'work'], as(GRACE))).toMatchObject({ code: 0 })
}

const hints = () =>
  stage.world.authorizationServer.requests
    .filter(({ endpoint }) => endpoint === 'authorization')
    .map(({ parameters }) => parameters.login_hint)

/** ... each of them bound to a folder. */
async function bothBound(): Promise<{ home: string; work: string; below: string }> {
  await bothSignedIn()
  const [home, work] = [await folder('home'), await folder('work')]
  expect(await auth(['account', 'notes', ADA], { cwd: home })).toEqual({
    code: 0,
    stdout: `notes: ${ADA} is used in this folder from now on\n`,
    stderr: '',
  })
  expect(await auth(['account', 'notes', 'work'], { cwd: work })).toMatchObject({ code: 0 })
  return { home, work, below: await folder('work/deep/down') }
}

test('two accounts in two folders: each chat acts as its own, also after a renewal', async () => {
  const { home, below } = await bothBound()
  for (const _ of ['as signed in', 'renewed']) {
    expect(await ask({ cwd: home })).toMatchObject({
      stdout: expect.stringContaining('You are signed in as Ada'),
      stderr: '',
    })
    expect(await ask({ cwd: below })).toMatchObject({
      stdout: expect.stringContaining('You are signed in as Grace'),
      stderr: '',
    })
    stage.world.authorizationServer.expireAccessTokens()
  }
  expect(await ask({ cwd: home }, '--account', 'work')).toMatchObject({
    stdout: expect.stringContaining('You are signed in as Grace'),
    stderr: '',
  })
})

test('what there is, which one is used where, and the end of one of them', async () => {
  const { home, work, below } = await bothBound()
  expect((await auth(['account'], { cwd: below })).stdout.split('\n')).toEqual([
    `notes: ${ADA}`,
    `notes: work (${GRACE}), in use (bound to ${work})`,
    '',
  ])
  const status = await auth(['status', 'notes', '--json'], { cwd: home })
  expect(JSON.parse(status.stdout)).toEqual([
    expect.objectContaining({ account: ADA, name: ADA, inUse: true, state: 'good' }),
    expect.objectContaining({ account: GRACE, name: 'work', inUse: false, state: 'good' }),
  ])
  const list = (await auth(['list'], { cwd: work })).stdout.split('\n')
  expect(list[0]).toContain(`signed in as ${ADA} at`)
  expect(list[1]).toMatch(/signed in as work \(grace@example\.com\) at .*, in use here, kept in/)

  expect(await auth(['logout', 'notes', '--account', GRACE])).toEqual({
    code: 0,
    stdout: 'signed out of notes as work\n',
    stderr: '',
  })
  expect((await ask({ cwd: home })).stdout).toContain('You are signed in as Ada')
  const gone = await ask({ cwd: work })
  expect(gone).toMatchObject({ code: 4, stdout: '' })
  expect(gone.stderr).toContain('notes needs a sign-in as work (first use)')
})

test('in the chat: /account lists and switches, tool rows say as whom, the folder keeps it', async () => {
  await bothSignedIn()
  const chat = stage.open(['chat', ...notes()])
  await say(chat, 'who am i?')
  await allow(chat)
  await chat.until(() => chat.screen().includes('You are signed in as Grace'))
  expect(chat.screen()).toMatch(/● notes · .* {2}as grace@example\.com/)
  await say(chat, '/account')
  await chat.until(() => chat.screen().includes(`notes: work (${GRACE}), in use`))
  expect(chat.screen()).toContain(`notes: ${ADA}`)
  await say(chat, `/account notes ${ADA}`)
  await chat.until(() => chat.screen().includes(`notes: ${ADA} is used in this folder from now on`))
  await say(chat, 'who am i?')
  await allow(chat)
  await chat.until(() => chat.screen().includes('You are signed in as Ada'))
  expect(chat.screen()).toMatch(/● notes · .* {2}as ada@example\.com/)
  await say(chat, '/account notes zoe')
  await chat.until(() => chat.screen().includes('notes has no account "zoe"'))
  await say(chat, '/account linear')
  await chat.until(() => chat.screen().includes('there is no server "linear" here (servers: notes)'))
  await leave(chat)
  expect((await ask({})).stdout).toContain('You are signed in as Ada')
})

more('the same in plain lines', async () => {
  await bothSignedIn()
  const chat = stage.open(['chat', '--plain', ...notes(), '--allow-all-tools'])
  const { hear, say } = linePerson(chat)
  await hear('notes: connected')
  await say('who am i?')
  await hear('tool notes whoami as grace@example.com starts')
  await hear('ready')
  await say(`/account notes ${ADA}`)
  await hear(`notes: ${ADA} is used in this folder from now on`)
  await say('who am i?')
  await hear('tool notes whoami as ada@example.com is done')
  await hear('You are signed in as Ada')
  await leaveLines(chat)
})

test('another account than that of the folder comes back: named at the page, warned about, nothing lost', async () => {
  await bothSignedIn()
  expect(await auth(['account', 'notes', 'work'])).toMatchObject({ code: 0 })
  stage.world.authorizationServer.revokeAll()
  const chat = stage.open(['chat', ...notes()], as('mallory@example.com', { cols: 120 }))
  await panel(chat, 'Sign in to notes')
  expect(chat.screen()).toMatch(/Sign in as +work/)
  await chat.keys('b')
  const warning = 'notes: signed in as mallory@example.com; this folder is bound to'
  await chat.until(() => chat.screen().includes(warning))
  expect(unwrapped(chat)).toContain(`! ${warning} ${GRACE} (/account notes ${GRACE} goes back)`)
  expect(hints().at(-1)).toBe(GRACE)
  await say(chat, '/account notes')
  await chat.until(() => chat.screen().includes('notes: mallory@example.com, in use'))
  expect(chat.screen()).toContain(`notes: work (${GRACE}) (bound to this folder), needs a sign-in`)
  await leave(chat)
})

more('other account in the panel: kept beside the first one, and used from then on', async () => {
  stage = await openStage()
  expect(await login([], as(ADA))).toMatchObject({ code: 0 })
  stage.world.authorizationServer.revokeAll()
  const chat = stage.open(['chat', ...notes()], as(GRACE, { cols: 120 }))
  await panel(chat, 'Sign in to notes')
  await chat.keys('d')
  await chat.until(() => chat.screen().includes('enter this code'))
  await chat.keys('o')
  await chat.until(() => chat.screen().includes(`notes: signed in as ${GRACE}; it was ${ADA} until now`))
  expect(hints().at(-1)).toBeUndefined()
  await leave(chat)
  expect((await ask({})).stdout).toContain('You are signed in as Grace')
})

test.each<[string, string[], number, string]>(
  some(
    [
      [
        'an account that nobody has',
        ['account', 'notes', 'zoe'],
        2,
        'notes has no account "zoe" (accounts: ada@',
      ],
      ['a server that is not configured', ['account', 'linear', 'zoe'], 2, 'there is no server "linear"'],
      ['a name with escapes', ['account', 'notes', '\u001b[2Jzoe'], 2, '"zoe" is no name for an account'],
      ['a name without end', ['account', 'notes', 'z'.repeat(65)], 2, 'is no name for an account'],
      [
        'an account that nobody has, to sign out of',
        ['logout', 'notes', '--account', 'zoe'],
        2,
        'no account "zoe"',
      ],
      ['an account without its server', ['logout', '--all', '--account', 'zoe'], 2, 'name the server'],
      [
        'a name that is too long, for a new one',
        ['login', 'notes', '--account', 'z'.repeat(65)],
        2,
        'is no name',
      ],
      ['an empty name for a new one', ['login', 'notes', '--account', ''], 2, '"" is no name for an account'],
    ],
    4,
    2,
  ),
)('wrong usage: %s', async (_what, args, code, text) => {
  stage = await openStage({ keychain: false })
  expect(await login(['--token-store', 'file'], as(ADA))).toMatchObject({ code: 0 })
  const result = await auth([...args, '--token-store', 'file'])
  expect(result).toMatchObject({ code, stdout: '' })
  expect(result.stderr).toContain(text)
  expect(result.stderr.trim().split('\n')).toHaveLength(1)
})

more('chat with an account that nobody has: one line, before anything starts', async () => {
  await bothSignedIn()
  const one = await ask({}, '--account', 'zoe')
  expect(one).toMatchObject({ code: 2, stdout: '' })
  expect(one.stderr).toBe(
    `notes has no account "zoe" (accounts: ${ADA}, work); copilot-host auth login ${stage.world.mcp.url} --account zoe adds it\n`,
  )
  expect(await ask({}, '--account', 'notes=zoe')).toMatchObject({ code: 2 })
  expect(await ask({}, '--account', 'nope=work')).toMatchObject({
    code: 2,
    stderr: '--account: there is no server "nope" (servers: notes)\n',
  })
})

more('a book that cannot be read costs the bindings, and no account', async () => {
  await bothSignedIn()
  const file = join(stage.place.state, 'accounts.json')
  expect(await readFile(file, 'utf8')).not.toMatch(/eyJ|[A-Za-z0-9_-]{60}/)
  await writeFile(file, '{"v":1,"accounts":[{"server"')
  expect((await auth(['account', 'notes'])).stdout).toBe('notes: default, in use\nnotes: work\n')
  expect((await ask({})).stdout).toContain('You are signed in as Ada')
  expect((await ask({}, '--account', 'work')).stdout).toContain('You are signed in as Grace')
})

more('status of a server: the account in use here counts, not another one that has ended', async () => {
  stage = await openStage({ keychain: false })
  const file = ['--token-store', 'file']
  const status = (...args: string[]) => auth(['status', ...args, ...file])
  expect(await login(file, as(ADA))).toMatchObject({ code: 0 })
  expect(await login(['--account', 'work', ...file], as(GRACE))).toMatchObject({ code: 0 })
  await changeKept(stage, ({ refresh: _, ...grant }) => aged(2 * 3_600_000)(grant))
  const shown = await status('notes', '--json')
  expect(JSON.parse(shown.stdout)).toMatchObject([
    { inUse: false, state: 'ended' },
    { inUse: true, state: 'good' },
  ])
  expect(shown).toMatchObject({ code: 0 })
  expect(await status('notes', '--for', '8h')).toMatchObject({ code: 0 })
  expect(await status('--for', '8h')).toMatchObject({ code: 4 })
  expect(await auth(['account', 'notes', ADA, ...file])).toMatchObject({ code: 0 })
  expect(await status('notes')).toMatchObject({ code: 4 })
})
