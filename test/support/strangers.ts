import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { expect } from 'vitest'
import { createNotes } from '../../demo/notes.ts'
import { Secret } from '../../src/auth/secret.ts'
import { webUrl } from '../../src/auth/url.ts'
import { openStage, type RunOptions, type Stage } from './chat.ts'
import { type Fault, type FaultyServer, raw, startFaultyServer } from './faulty-server.ts'
import { inTokenFile } from './kept.ts'
import { MOST_MEMORY } from './leaks.ts'
import { leave, panel, say, unwrapped } from './person.ts'
import { listening, strangersUnder } from './processes.ts'
import type { TestTerminal } from './terminal.ts'
import { openWire, type Wire } from './wire.ts'

/** A server that means no good, by the name that the person has given it. */
export interface Stranger {
  name: string
  /** What it does at these paths in place of the right thing; made when its address is known. */
  faults?: Record<string, Fault>
  /** Fields of its server metadata. */
  metadata?: Record<string, unknown>
}

/** Several of them, and a person at a machine where others have signed in before. */
export interface Meeting {
  stage: Stage
  wire: Wire
  /** The server of this name. */
  at(name: string): FaultyServer
  /** A chat with these servers; with all of them when none is named. */
  chat(names?: readonly string[], more?: readonly string[], run?: RunOptions): TestTerminal
  /** Another command with these, in a terminal. */
  command(args: readonly string[], names: readonly string[], run?: RunOptions): TestTerminal
  /** What is kept: tokens and registrations. */
  kept(): Promise<string>
  close(): Promise<void>
}

const NOTES = createMcpHandler(() => createNotes('notes'))

/** An MCP server for whoever has a token, whatever it is. */
export const NOTES_WITH_TOKEN: Fault = async (response, { origin, request, body }) => {
  const token = request.headers.authorization
  const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`
  if (token === undefined)
    return raw('', { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }, 401)(response)
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value))
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const asked = { method: request.method, headers, body: body || undefined, signal: gone.signal }
  const authInfo = { token, clientId: 'test', scopes: ['notes.read'], extra: { name: 'Ada' } }
  const answer = await NOTES.fetch(new Request(`${origin}/mcp`, asked), { authInfo })
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  if (answer.body === null) response.end()
  else await pipeline(Readable.fromWeb(answer.body), response).catch(() => {})
}

/** All that the person has kept before: a sign-in to each of them that has ended, with a registration of ours. */
const BEFORE = { access: 'access-kept-before', id: 'client-kept-before', secret: 'secret-kept-before' }

export async function meet(
  strangers: readonly Stranger[],
  planted: readonly string[] = [],
): Promise<Meeting> {
  const servers = new Map<string, FaultyServer>()
  for (const { name, faults, metadata } of strangers)
    servers.set(name, await startFaultyServer({ '/mcp': NOTES_WITH_TOKEN, ...faults }, metadata))
  const secrets = () => [
    ...[BEFORE.access, BEFORE.secret, ...planted],
    ...[...servers.values()].flatMap(server => [...server.secrets]),
  ]
  const stage = await openStage({ keychain: false, secrets })
  const folder = await mkdtemp(join(tmpdir(), 'copilot-host-wire-'))
  const wire = await openWire(folder)
  await inTokenFile(stage, async store => {
    for (const { mcp, origin: issuer } of servers.values()) {
      const client = {
        ...{ id: BEFORE.id, source: 'registered' as const, secret: new Secret(BEFORE.secret) },
        ...{ authMethod: 'client_secret_basic' as const, redirectUris: [] },
      }
      const key = { server: webUrl(mcp, 'the test'), issuer }
      const past = Date.now() - 3_600_000
      const grant = {
        ...{ issuer, resource: mcp, client, access: new Secret(BEFORE.access) },
        ...{ receivedAt: past, expiresAt: past + 60_000 },
      }
      await store.write(key, grant)
    }
  })
  const at = (name: string) => {
    const server = servers.get(name)
    if (server === undefined) throw new Error(`nobody is called ${name}`)
    return server
  }
  const serversOf = (names: readonly string[]) => names.flatMap(name => ['--mcp', `${name}=${at(name).mcp}`])
  const open = (command: readonly string[], names: readonly string[], run: RunOptions = {}) =>
    stage.open([...command, '--token-store', 'file', ...serversOf(names)], {
      ...{ cols: 120, rows: 40, ...run },
      env: { BROWSER: stage.browser(), ...run.env },
    })
  return {
    stage,
    wire,
    at,
    chat: (names = [...servers.keys()], more = [], run = {}) =>
      open(['chat', ...more], names, { ...run, env: { ...wire.env, ...run.env } }),
    command: open,
    kept: () => readFile(join(stage.place.state, 'tokens', 'tokens.json'), 'utf8'),
    async close() {
      try {
        await stage.close()
      } finally {
        await rm(folder, { recursive: true, force: true })
        for (const server of servers.values()) await server.close()
      }
    },
  }
}

/**
 * Chooses this way in the panel of each of these servers, in the order in which they ask, and sees that each sign-in ends with
 * one line that says what it should, and how to try again.
 */
export async function chooseAndFail(
  chat: TestTerminal,
  key: string,
  cases: readonly { name: string; says: RegExp }[],
): Promise<void> {
  const told = (name: string) =>
    unwrapped(chat)
      .split('\n')
      .filter(line => line.includes(` ${name}: `))
  const front = () => /── Sign in to (\S+)/.exec(chat.screen())?.[1]
  for (const _ of cases) {
    await panel(chat, '── Sign in to ')
    const asks = front()
    const { name, says } = cases.find(each => each.name === asks) ?? { name: '', says: /^$/ }
    await chat.keys(key)
    await chat.until(() => told(name).length > 0)
    const [line = ''] = told(name)
    if (!says.test(line)) throw new Error(`${name} was told so: ${line}`)
    if (!new RegExp(`/login ${name}|auth client set ${name}`).test(line))
      throw new Error(`no next step: ${line}`)
    // The next one may be in front by now, and its name may begin with this one.
    await chat.until(() => front() !== name)
  }
  const twice = cases.filter(({ name }) => told(name).length > 1)
  if (twice.length > 0) throw new Error(`told twice: ${twice.map(({ name }) => name).join(', ')}`)
}

/** A message is answered, every request for a sign-in to these servers has one `answer`, and nothing is left behind. */
export async function goesOn(
  { wire }: Meeting,
  chat: TestTerminal,
  names: readonly string[],
  answer = 'cancelled',
): Promise<void> {
  await say(chat, 'SAY still here')
  await chat.until(() => unwrapped(chat).includes('\nstill here'))
  const signIns = (await wire.signIns()).filter(({ server }) => names.includes(server))
  expect(new Set(signIns.map(({ server }) => server)).size).toBe(names.length)
  expect(signIns.filter(({ answers }) => answers.join() !== answer)).toEqual([])
  expect(listening(chat.pid)).toEqual([])
  expect(strangersUnder(chat.pid)).toEqual([])
  expect(chat.peak()).toBeLessThan(MOST_MEMORY)
  await leave(chat)
}
