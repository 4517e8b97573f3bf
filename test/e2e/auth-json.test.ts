import { readFile } from 'node:fs/promises'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../src/auth/secret.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import { signIn } from '../demo/sign-in.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { type Fault, raw, startFaultyServer } from '../support/faulty-server.ts'
import { aged, changeKept, inTokenFile } from '../support/kept.ts'
import { waitFor } from '../support/wait-for.ts'

const DOCUMENT = new URL('../../docs/auth-json.md', import.meta.url)
const MINUTE = 60_000

let stage: Stage
afterEach(() => stage.close())

const FILE = ['--token-store', 'file']
const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`, ...FILE]
const auth = (...args: string[]) => stage.run(['auth', ...args, '--json'])

/** What `docs/auth-json.md` says, by section: the names of the fields. */
async function documented(): Promise<Record<string, string[]>> {
  const [, ...sections] = (await readFile(DOCUMENT, 'utf8')).split(/^## /m)
  return Object.fromEntries(
    sections.map(section => {
      const rows = section.split('\n').filter(line => line.startsWith('| `'))
      const names = rows.flatMap(row => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)])
      return [section.split('\n')[0] ?? '', names.map(([, name = '']) => name).sort()]
    }),
  )
}

/** The names of all fields in some JSON; those of nested objects behind a dot. */
function fieldsOf(value: unknown, before = ''): string[] {
  if (Array.isArray(value)) return value.flatMap(each => fieldsOf(each, before))
  if (typeof value !== 'object' || value === null) return before === '' ? [] : [before]
  return Object.entries(value).flatMap(([name, each]) =>
    fieldsOf(Array.isArray(each) ? '' : each, before === '' ? name : `${before}.${name}`),
  )
}

test('the fields that docs/auth-json.md names are those that are printed', async () => {
  stage = await openStage({ keychain: false })
  const { authorizationServer: as, mcp } = stage.world
  const printed = new Map<string, Set<string>>()
  const note = (section: string, value: unknown) => {
    const names = printed.get(section) ?? new Set()
    for (const name of fieldsOf(value)) names.add(name)
    printed.set(section, names)
  }
  const print = async (section: string, ...args: string[]) => {
    const { stdout, stderr } = await auth(...args)
    if (stdout !== '') note(section, JSON.parse(stdout))
    for (const line of stderr.split('\n').filter(line => line !== '')) note('stderr', JSON.parse(line))
  }

  const env = { BROWSER: stage.browser() }
  const login = await stage.run(['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser', '--json'], {
    env,
  })
  expect(login.code).toBe(0)
  note('login', JSON.parse(login.stdout))
  for (const line of login.stderr.trim().split('\n')) note('stderr', JSON.parse(line))
  await print('client set, show, remove', 'client', 'show', 'notes', ...notes())
  await changeKept(stage, grant =>
    aged(40 * MINUTE)({ ...grant, refreshExpiresAt: grant.receivedAt + 90 * MINUTE }),
  )
  as.expireAccessTokens()
  await print('list, status', 'list', ...notes())
  await print('list, status', 'status', ...notes())
  await print('list, status', 'status', ...notes(), '--for', '1h', '--renew')
  as.revokeAll()
  await changeKept(stage, grant => aged(40 * MINUTE)({ ...grant, account: clean('Ada') }))
  await print('list, status', 'status', ...notes(), '--renew')
  await print('log', 'log')
  await print('plan', 'plan', 'notes', ...notes())
  await print('account', 'account', 'notes', 'default', ...notes())

  const refuse: Fault = raw('', { 'www-authenticate': 'Bearer' }, 401)
  const server = await startFaultyServer({ '/mcp': refuse })
  onTestFinished(server.close)
  const other = { server: webUrl(server.mcp, 'the test'), issuer: 'https://old.example.com' }
  await inTokenFile(stage, store =>
    store.write(other, {
      ...{ issuer: other.issuer, resource: server.mcp, access: new Secret('access'), receivedAt: 1 },
      client: { id: 'app', source: 'registered', authMethod: 'none', redirectUris: [] },
    }),
  )
  const taken = JSON.stringify({
    mcpServers: { other: { url: server.mcp, auth: { redirectPort: portOf(server.mcp) } } },
  })
  await print('plan', 'plan', 'other', '--mcp-config', taken)
  const mcpServers = { other: { url: server.mcp, headers: { Authorization: `Bearer \${TOKEN}` } } }
  await print('plan', 'plan', 'other', '--mcp-config', JSON.stringify({ mcpServers }))
  await server.close()
  await print('plan', 'plan', server.mcp)
  await print('logout, reset', 'logout', server.mcp, ...FILE)
  await print('logout, reset', 'reset', 'notes', ...notes())
  await print('list, status', 'status', 'notes', ...notes())
  await print('stderr', 'list', '--mcp-config', '{"mcpServers":{"x":{}}}')

  const waiting = stage.run(['chat', '-p', 'who am i?', ...notes(), '--allow-all-tools', '--sign-in', 'wait'])
  await waitFor(async () => expect((await auth('pending')).stdout).toContain('"id"'))
  await print('pending', 'pending')
  const { tokens } = await signIn(as.issuer, { resource: mcp.url })
  const answer = await stage.run(['auth', 'answer', '--with-token', '--json'], {
    stdin: tokens?.access_token,
  })
  note('answer', JSON.parse(answer.stdout))
  for (const line of answer.stderr.trim().split('\n')) note('stderr', JSON.parse(line))
  expect((await waiting).code).toBe(0)

  // What only a person at an unhappy moment gets to see is documented all the same.
  const account = ['account']
  const rare = {
    ...{ login: account, log: account, account, 'logout, reset': account, plan: ['endsAt'] },
    ...{ pending: ['account', 'changedFrom', 'tool'], answer: ['account', 'store'] },
  }
  const found = Object.fromEntries(
    [...printed].map(([section, names]) => {
      for (const name of Object.entries(rare).find(([each]) => each === section)?.[1] ?? []) names.add(name)
      return [section, [...names].sort()]
    }),
  )
  expect(found).toEqual(await documented())
  expect(mcp.requests.length).toBeGreaterThan(0)
})

function portOf(url: string): number {
  return Number(new URL(url).port)
}

test.each<[string, string[], number, string]>([
  ['an unknown option', ['status', '--nope'], 2, 'usage'],
  ['no server', ['plan'], 2, 'usage'],
  ['a server that is not configured', ['status', 'linear'], 2, 'usage'],
  ['a bad address', ['login', 'http://example.com/mcp'], 4, 'unsafe-address'],
  ['nobody there to sign in', ['login', 'https://example.com/mcp'], 2, 'usage'],
  ['nobody signed in', ['status', 'https://example.com/mcp'], 4, 'sign-in-needed'],
  ['nobody there to answer', ['answer', 'A2B3C4'], 2, 'usage'],
  ['no client', ['client', 'show', 'http://127.0.0.1:1/mcp'], 1, 'failure'],
  ['an unreadable configuration', ['list', '--mcp-config', '/nowhere'], 2, 'config'],
])('an error is one line of JSON: %s', async (_what, args, exitCode, kind) => {
  stage = await openStage({ keychain: false })
  const { code, stdout, stderr } = await stage.run([
    'auth',
    ...args,
    '--json',
    ...(['log', 'answer'].includes(args[0] ?? '') ? [] : FILE),
  ])
  expect(code).toBe(exitCode)
  expect(['', '[]\n']).toContain(stdout)
  expect(stderr.split('\n')).toHaveLength(2)
  expect(JSON.parse(stderr)).toEqual({ error: { kind, message: expect.any(String), exitCode } })
})

test('what would be drawn on a terminal is escaped and not lost', async () => {
  stage = await openStage({ keychain: false })
  const server = await startFaultyServer()
  onTestFinished(server.close)
  const key = { server: webUrl(server.mcp, 'the test'), issuer: 'https://a.example.com' }
  const scope = '\u009b31m\u202e\u{e0041}'
  await inTokenFile(stage, store =>
    store.write(key, {
      ...{ issuer: key.issuer, resource: server.mcp, access: new Secret('access'), receivedAt: 1, scope },
      client: { id: 'app', source: 'configured' },
    }),
  )
  const { stdout } = await auth('status', '--offline', ...FILE)
  expect(stdout).toContain('"\\u009b31m\\u202e\\udb40\\udc41"')
  expect(JSON.parse(stdout)).toEqual([expect.objectContaining({ scopes: [scope] })])
})

test('client rm is client remove', async () => {
  stage = await openStage({ keychain: false })
  const server = ['notes', ...notes()]
  const set = await stage.run([
    'auth',
    'client',
    'set',
    ...server,
    '--client-id',
    'mine',
    '--public',
    '--json',
  ])
  expect(JSON.parse(set.stdout)).toEqual([
    expect.objectContaining({ server: 'notes', clientId: 'mine', source: 'configured', secret: false }),
  ])
  expect(await auth('client', 'rm', ...server)).toMatchObject({ code: 0, stdout: set.stdout })
  expect(await auth('client', 'show', ...server)).toMatchObject({ code: 1, stdout: '' })
})

test('a sign-in that is declined: what a person would read is JSON too, and the error comes last', async () => {
  stage = await openStage({ keychain: false })
  const args = ['auth', 'login', 'notes', ...notes(), '--sign-in', 'browser', '--json']
  const { code, stdout, stderr } = await stage.run(args, { env: { BROWSER: stage.browser({ deny: true }) } })
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  const lines = stderr
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines.pop()).toEqual({
    error: { kind: 'sign-in-denied', message: expect.stringContaining('declined'), exitCode: 4 },
  })
  expect(lines.map(line => Object.keys(line))).toEqual([['info'], ['info'], ['info']])
})
