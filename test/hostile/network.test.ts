import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  AUTHORITY,
  CERTIFICATE,
  EXPIRED_CERTIFICATE,
  SELF_SIGNED_CERTIFICATE,
} from '../support/certificate.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { SOON } from '../support/patience.ts'
import { say, unwrapped } from '../support/person.ts'
import { inSpace, spaceMissing } from '../support/space.ts'

const FILE = ['--token-store', 'file']
let stage: Stage
let authority: string
beforeAll(async () => {
  stage = await openStage({ keychain: false })
  authority = join(stage.world.folder, 'authority.pem')
  await writeFile(authority, AUTHORITY)
})
afterAll(() => stage.close())

async function listening(server: ReturnType<typeof createSocketServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as unknown as AddressInfo).port
}
const web = (answer: RequestListener) => listening(createServer(answer))
const html: RequestListener = (_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html><title>Welcome to the hotel</title>')
}

/** A proxy that gives this to whoever asks it for a tunnel. */
const proxy = async (answer: string) =>
  `http://127.0.0.1:${await listening(createServer().on('connect', (_, socket) => socket.end(answer)))}`

interface Asked {
  env?: Record<string, string | undefined>
  within?: readonly string[]
}

/** What `auth login` says, without the name in front. */
async function refusal(url: string, { env, within }: Asked = {}): Promise<string> {
  const began = performance.now()
  const { code, stdout, stderr } = await stage.run(['auth', 'login', url, '--sign-in', 'browser', ...FILE], {
    env: { BROWSER: stage.browser(), ...env },
    within,
  })
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(performance.now() - began).toBeLessThan(30_000)
  return stderr.replace(/^\S+ cannot be used: /, '').trimEnd()
}

const FAR = 'https://mcp.example.com/mcp'

describe('M-20 a server that cannot be reached says why', () => {
  const secure = async (pair: { key: string; cert: string }) =>
    `https://localhost:${await listening(createTlsServer(pair, html))}/mcp`

  test('its name is not known; nobody listens', async () => {
    expect(await refusal('https://no-such-host.invalid/mcp')).toBe(
      'the host name no-such-host.invalid was not found',
    )
    expect(await refusal('http://127.0.0.1:1/mcp')).toBe('127.0.0.1:1 cannot be reached')
  })

  test('its certificate has ended, or is its own; no flag makes it good', async () => {
    const env = { NODE_EXTRA_CA_CERTS: authority }
    for (const pair of [EXPIRED_CERTIFICATE, SELF_SIGNED_CERTIFICATE]) {
      const url = await secure(pair)
      expect(await refusal(url, { env })).toBe(`the certificate of ${new URL(url).host} is not valid`)
    }
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED=0 makes no certificate good: it is told that it is ignored, and nothing is sent', async () => {
    const asked: string[] = []
    const listen = async (pair: { key: string; cert: string }) =>
      listening(createTlsServer(pair, ({ url = '' }) => void asked.push(url)))
    const env = {
      NODE_EXTRA_CA_CERTS: authority,
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      BROWSER: stage.browser(),
    }
    for (const pair of [EXPIRED_CERTIFICATE, SELF_SIGNED_CERTIFICATE]) {
      const url = `https://localhost:${await listen(pair)}/mcp`
      const login = await stage.run(['auth', 'login', url, '--sign-in', 'browser', ...FILE], { env })
      expect(login).toMatchObject({ code: 4, stdout: '' })
      const [ignored, ...rest] = login.stderr.trimEnd().split('\n')
      expect(ignored).toMatch(/^NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: .* NODE_EXTRA_CA_CERTS names /)
      expect(rest).toEqual([expect.stringMatching(/the certificate of localhost:\d+ is not valid$/)])
      const flags = ['--mcp', `bad=${url}`, ...FILE]
      const doctor = await stage.run(['doctor', ...flags], { env })
      expect(doctor.stdout).toMatch(/✗ server bad: the certificate of localhost:\d+ is not valid/)
      const chat = await stage.run(['chat', '-p', 'SAY fine', ...flags], { env })
      expect(chat.stderr).toContain('bad is not connected')
    }
    expect(asked).toEqual([])
  })

  test.each([
    ['config', 'list', '--json'],
    ['chat', '-p', 'SAY fine', '--output', 'json'],
  ])('NODE_TLS_REJECT_UNAUTHORIZED=0: told in JSON to %s %s', async (...args) => {
    const { code, stderr } = await stage.run(args, { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } })
    expect(code).toBe(0)
    expect(JSON.parse(stderr)).toEqual({ warning: { message: expect.stringMatching(/=0 is ignored: /) } })
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED=0 is not handed on to what the model starts', async () => {
    const order = 'CALL bash {"command":"echo left:$NODE_TLS_REJECT_UNAUTHORIZED:right"}'
    const args = ['chat', '-p', order, '--allow-all-tools', '--output', 'stream-json', ...FILE]
    const { stdout } = await stage.run(args, { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } })
    expect(stdout).toContain('left::right')
  })

  test('a captive portal: a web page in place of an answer', async () => {
    const why = /gave a web page: is there a proxy or a login page in between\?$/
    expect(await refusal(`http://127.0.0.1:${await web(html)}/mcp`)).toMatch(why)
    expect(await refusal(await secure(CERTIFICATE), { env: { NODE_EXTRA_CA_CERTS: authority } })).toMatch(why)
  })

  test('a proxy that is not there, wants a password, answers with a web page', async () => {
    const through = async (HTTPS_PROXY: string) => refusal(FAR, { env: { HTTPS_PROXY } })
    expect(await through('http://127.0.0.1:1')).toBe('the proxy 127.0.0.1:1 cannot be reached')
    expect(await through(await proxy('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))).toMatch(
      /^the proxy 127\.0\.0\.1:\d+ wants a user name and password/,
    )
    expect(await through(await proxy('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>'))).toBe(
      'mcp.example.com cannot be reached',
    )
  })

  test('a proxy that never answers', async () => {
    const port = await listening(createSocketServer(socket => socket.on('error', () => {}).resume()))
    const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` }
    expect(await refusal(FAR, { env })).toBe('it did not answer in time and was stopped')
  })
})

const missing = spaceMissing()
if (missing !== undefined)
  process.stderr.write(`no network at all: not run, no namespaces here: ${missing}\n`)

describe.skipIf(missing !== undefined)('without any network, loopback too', () => {
  const within = inSpace(':', { offline: true })

  test('sign-in, status and doctor say so', async () => {
    expect(await refusal(FAR, { within })).toBe('the host name mcp.example.com was not found')
    expect(await refusal('http://127.0.0.1:8123/mcp', { within })).toBe('127.0.0.1:8123 cannot be reached')
    expect(await stage.run(['auth', 'status', ...FILE], { within })).toMatchObject({ code: 0, stderr: '' })
    const { code, stdout } = await stage.run(['doctor', '--mcp', `far=${FAR}`, ...FILE], { within })
    expect(code).toBe(1)
    expect(stdout).toContain('✗ server far: the host name mcp.example.com was not found')
  })

  test('a one-shot: exit 1; the server and the model are told in a line each', async () => {
    const ran = await stage.run(['chat', '-p', 'SAY fine', '--mcp', `far=${FAR}`, ...FILE], { within })
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toContain('far is not connected: the host name mcp.example.com was not found\n')
    expect(ran.stderr.split('\n').filter(line => line.startsWith('the model could not answer'))).toHaveLength(
      1,
    )
    expect(ran.stderr).not.toMatch(/^\s+at /m)
  })

  test('a chat: it opens, says what cannot be reached, takes keys, and leaves at once', async () => {
    const chat = stage.open(['chat', '--mcp', `far=${FAR}`, ...FILE], { within, cols: 100 })
    await say(chat, 'SAY fine')
    await chat.until(() =>
      unwrapped(chat).includes('far is not available: the host name mcp.example.com was not found'),
    )
    await chat.keys('typed meanwhile')
    await chat.until(() => chat.screen().includes('typed meanwhile'))
    const began = performance.now()
    chat.kill('SIGTERM')
    await chat.exit
    expect(performance.now() - began).toBeLessThan(2 * SOON)
  })

  test('a name server that never answers: the chat and the sign-in are not held up for long', async () => {
    const resolv = join(stage.world.folder, 'resolv.conf')
    await writeFile(resolv, 'nameserver 192.0.2.1\noptions timeout:30 attempts:5\n')
    const sink = `require('dgram').createSocket('udp4').bind(53, '192.0.2.1', () => console.log())`
    const silent = inSpace(
      [
        'ip link set lo up && ip addr add 192.0.2.1/32 dev lo',
        `mount --bind '${resolv}' /etc/resolv.conf`,
        `'${process.execPath}' -e "${sink}" > /dev/null & sink=$!`,
      ].join('\n'),
      { offline: true, after: 'kill $sink' },
    )
    expect(await refusal(FAR, { within: silent })).toMatch(
      /^it did not answer in time and was stopped$|was not found$/,
    )
  })
})
