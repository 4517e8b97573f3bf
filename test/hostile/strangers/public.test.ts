import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fault, json, raw } from '../../support/faulty-server.ts'
import { type Names, openNames } from '../../support/names.ts'
import { leave, panel, say, unwrapped } from '../../support/person.ts'
import { goesOn, type Meeting, meet } from '../../support/strangers.ts'
import { KEY } from '../../support/terminal.ts'

const RESOURCE = '/.well-known/oauth-protected-resource/mcp'
const AS = '/.well-known/oauth-authorization-server'

/** Where a public server leads to; `endpoint`: its own sign-in server is public, with an endpoint there. */
const PRIVATE = [
  'http://169.254.169.254/',
  'https://169.254.169.254/',
  'https://10.0.0.1',
  'https://192.168.1.1:8443',
  'https://0xa9fea9fe/',
  'https://0251.0376.0251.0376/',
  'https://2852039166/',
  'https://[::1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://[fd00::1]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://0.0.0.0/',
  'https://localhost/',
  'https://localhost./',
  'https://127.0.0.1/',
  'https://a.localhost/',
  'https://printer.local',
  'https://metadata.google.internal/',
  'https://metadata.google.internal./',
  'https://intranet',
  'https://router.lan/',
  'https://nas.home.arpa/',
]
/** This machine in other spellings, each with a port where somebody listens. */
const HERE = ['127.0.0.1', 'localhost', '127.1', '2130706433', '[::ffff:127.0.0.1]']
const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'registration_endpoint',
  'device_authorization_endpoint',
  'revocation_endpoint',
  'userinfo_endpoint',
]

const portOf = (server: Server) => Number(Object(server.address()).port)
const hostOf = (name: string) => `${name}.example.com`
/** A server behind a public name, which is its own sign-in server but for these fields. */
const faultsOf = (
  name: string,
  prm: Record<string, unknown>,
  as: Record<string, unknown> = {},
): Record<string, Fault> => {
  const origin = `https://${hostOf(name)}`
  return {
    '/mcp': raw('', { 'www-authenticate': `Bearer resource_metadata="${origin}${RESOURCE}"` }, 401),
    [RESOURCE]: json({ resource: `${origin}/mcp`, authorization_servers: [origin], ...prm }),
    [AS]: json({
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      code_challenge_methods_supported: ['S256'],
      ...as,
    }),
  }
}

/** Somebody who listens here, and how often there was a knock. */
let here: Server
let knocks = 0

const CASES = [
  ...HERE.map((host, at) => ({
    ...{ id: `M-08.${at + 50}`, what: `a listener at ${host}`, name: `m-08-${at + 50}` },
    faults: {
      ...faultsOf(`m-08-${at + 50}`, {}),
      [RESOURCE]: ((response): void => {
        const authorization_servers = [`https://${host}:${portOf(here)}`]
        json({ resource: `https://${hostOf(`m-08-${at + 50}`)}/mcp`, authorization_servers })(response)
      }) satisfies Fault,
    },
  })),
  ...PRIVATE.map((issuer, at) => ({
    ...{ id: `M-08.${at}`, what: issuer, name: `m-08-${at}` },
    faults: faultsOf(`m-08-${at}`, { authorization_servers: [issuer] }),
  })),
  ...ENDPOINTS.map((field, at) => ({
    ...{ id: `M-08.${at + 30}`, what: `${field} at 10.0.0.1`, name: `m-08-${at + 30}` },
    faults: faultsOf(`m-08-${at + 30}`, {}, { [field]: 'https://10.0.0.1/x' }),
  })),
]
const ALIKE = {
  name: 'x-05',
  faults: faultsOf('x-05', {}, { authorization_endpoint: 'https://gith\u0443b.example.com/authorize' }),
}

let meeting: Meeting
let names: Names
let folder: string
let before: string
beforeAll(async () => {
  here = createServer(socket => {
    knocks += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(here, 'listening')
  meeting = await meet([...CASES, ALIKE])
  before = await meeting.kept()
  folder = await mkdtemp(join(tmpdir(), 'copilot-host-names-'))
  const all = [...CASES, ALIKE].map(({ name }) => [hostOf(name), meeting.at(name).origin])
  names = await openNames(folder, Object.fromEntries(all))
})
afterAll(async () => {
  here.close()
  await meeting.close()
  await names.close()
  await rm(folder, { recursive: true, force: true })
})

/** A configuration with these servers under their public names. */
async function configOf(which: readonly { name: string }[]): Promise<string> {
  const path = join(folder, `${which[0]?.name}-${which.length}.json`)
  const servers = which.map(({ name }) => [name, { type: 'http', url: `https://${hostOf(name)}/mcp` }])
  await writeFile(path, JSON.stringify({ mcpServers: Object.fromEntries(servers) }))
  return path
}

describe('a public server that leads to a private place', () => {
  test('M-08: refused in a chat, each with one line, and no connection is made', async () => {
    const chat = meeting.chat([], ['--mcp-config', await configOf(CASES)], { env: names.env })
    const told = (name: string) =>
      unwrapped(chat)
        .split('\n')
        .filter(line => line.startsWith(`! ${name}: `))
    await say(chat, 'SAY still here')
    await chat.until(() => CASES.every(({ name }) => told(name).length > 0))
    for (const { name, what } of CASES) {
      expect(told(name), what).toHaveLength(1)
      expect(told(name)[0], what).toMatch(/unsafe address: .*(is on the private network \(|is not https)/)
    }
    await chat.until(() => unwrapped(chat).includes('\nstill here'))
    const public_ = CASES.map(({ name }) => `${hostOf(name)}:443`)
    expect(names.asked.filter(host => !public_.includes(host) && !/^practice|^127/.test(host))).toEqual([])
    expect(knocks).toBe(0)
    const all = CASES.map(({ name }) => name)
    await goesOn(meeting, chat, all)
    expect(await meeting.kept()).toBe(before)
  })

  test.each(CASES.filter(({ what }) => /^https:\/\/(169|10)\./.test(what)))(
    '$id $what: one prompt ends with 4',
    async each => {
      const command = meeting.command(
        ['chat', '-p', 'SAY nobody', '--sign-in', 'browser', '--mcp-config', await configOf([each])],
        [],
        { env: names.env },
      )
      expect((await command.exit).code).toBe(4)
      expect(command.lines().join(' ')).toMatch(/private network/)
    },
  )
})

test('X-05: a host in letters that look alike is shown as it is', async () => {
  const chat = meeting.chat([], ['--mcp-config', await configOf([ALIKE])], { env: names.env })
  await panel(chat, 'Sign in to x-05')
  expect(chat.screen()).toMatch(/Sign-in page +xn--githb-j1g\.example\.com|Sign-in page +xn--/)
  await chat.keys('b')
  await chat.until(() => /xn--[^ ]*\/authorize\?/.test(chat.lines().join('\n')))
  expect(chat.raw()).not.toContain('gith\u0443b')
  await chat.keys(KEY.escape)
  await chat.until(() => chat.screen().includes('sign-in cancelled'))
  await leave(chat)
})
