import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fault, redirect } from '../../support/faulty-server.ts'
import { some } from '../../support/more.ts'
import { panel, say, unwrapped } from '../../support/person.ts'
import { listening } from '../../support/processes.ts'
import { chooseAndFail, goesOn, type Meeting, meet } from '../../support/strangers.ts'
import { KEY } from '../../support/terminal.ts'

const RECORDER = fileURLToPath(new URL('../../support/record-address.js', import.meta.url))

interface Ending {
  id: string
  /** What the browser brings, besides the state. */
  answer(origin: string): Record<string, string>
  says: RegExp
}

const ENDINGS: Ending[] = [
  {
    ...{ id: 'R-02', says: /the answer did not come from 127\.0\.0\.1:\d+, nothing in it was used/ },
    answer: () => ({ code: 'pl4nted-code', iss: 'https://evil.example', error_description: 'call 0900' }),
  },
  {
    ...{ id: 'R-02-none', says: /the answer did not come from/ },
    answer: () => ({ code: 'pl4nted-code' }),
  },
  {
    ...{ id: 'R-02-error', says: /the answer did not come from/ },
    answer: () => ({ error: 'access_denied', error_description: 'call 0900', iss: 'https://evil.example' }),
  },
  {
    ...{ id: 'R-03', says: /you \(or 127\.0\.0\.1:\d+\) declined the sign-in/ },
    answer: iss => ({ error: 'access_denied', error_description: 'call 0900', iss }),
  },
  {
    ...{ id: 'R-04-server', says: /has temporary trouble, try again later/ },
    answer: iss => ({ error: 'server_error', error_description: 'call 0900', iss }),
  },
  {
    ...{ id: 'R-04-later', says: /has temporary trouble, try again later/ },
    answer: iss => ({ error: 'temporarily_unavailable', iss }),
  },
  {
    ...{ id: 'R-04-scope', says: /does not give the rights that were asked for/ },
    answer: iss => ({ error: 'invalid_scope', error_description: 'call 0900', iss }),
  },
  {
    ...{ id: 'R-04-odd', says: /refused the sign-in \(odd\)/ },
    answer: iss => ({
      error: '\u001b]52;c;YQ==\u0007\u001b[2Jodd\u202e',
      error_description: 'call 0900',
      iss,
    }),
  },
]
/** The same once more, in a chat that goes on for longer. */
const AGAIN = ['R-03-again', 'R-04-server-again']
const OTHERS = [...AGAIN, 'R-01', 'R-05', 'R-08', 'R-08-both', 'R-09']

/** The sign-in page of a server that ends so. */
function pageOf(name: string): Record<string, Fault> | undefined {
  const ending = ENDINGS.find(({ id }) => id === name.replace(/-again$/, ''))
  if (ending === undefined) return undefined
  return {
    '/authorize': (response, { origin, request }) => {
      const { searchParams } = new URL(request.url ?? '', origin)
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      redirect(withQuery(back, { ...ending.answer(origin), state: searchParams.get('state') ?? '' }))(
        response,
      )
    },
  }
}

let meeting: Meeting
const taken: Server[] = []
beforeAll(async () => {
  const names = [...ENDINGS.map(({ id }) => id), ...OTHERS]
  // Where there are codes for other devices, too, this server gives a token for them after five seconds.
  const metadata = { device_authorization_endpoint: undefined }
  meeting = await meet(names.map(name => ({ name, metadata, faults: { ...pageOf(name) } })))
})
afterAll(async () => {
  for (const server of taken) server.close()
  await meeting.close()
})

/** A chat that waits for the browser, and the address that the browser was given. */
async function waiting(name: string, more: readonly string[] = [], names: readonly string[] = [name]) {
  const opened = join(meeting.stage.world.folder, `opened-${name}`)
  const chat = meeting.chat(names, more, {
    env: { BROWSER: `${process.execPath} ${RECORDER} ${opened} %s` },
  })
  await panel(chat, `Sign in to ${name}`)
  await chat.keys('b')
  await chat.until(() => /Waiting for the browser/.test(chat.screen()))
  const read = () => (existsSync(opened) ? readFileSync(opened, 'utf8') : '')
  const address = await chat.until(() => /^(.+)\n$/.exec(read())?.[1])
  const asked = new URL(address)
  const redirect = new URL(asked.searchParams.get('redirect_uri') ?? '')
  return { chat, asked, redirect, state: asked.searchParams.get('state') ?? '' }
}

const withQuery = (url: URL, query: Record<string, string>) => `${url.href}?${new URLSearchParams(query)}`

/** Says these bytes and reads until the other side has nothing more to say. */
async function raw(port: number, ...pieces: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const heard: Buffer[] = []
  socket.on('data', chunk => heard.push(chunk)).on('error', () => {})
  for (const piece of pieces) socket.write(piece)
  await Promise.race([
    new Promise(resolve => socket.once('close', resolve)),
    new Promise(resolve => setTimeout(resolve, 1_500)),
  ])
  socket.destroy()
  return Buffer.concat(heard).toString()
}

/** Where the sign-in page sends the browser back to. */
async function trueRedirect(asked: URL): Promise<string> {
  const page = await fetch(asked, { redirect: 'manual' })
  return page.headers.get('location') ?? ''
}

describe.concurrent('answers that are not the answer', () => {
  test('R-01, R-06, R-07: they get 400 and change nothing; the true one signs in, once', async () => {
    const { chat, asked, redirect, state } = await waiting('R-01')
    const port = Number(redirect.port)
    const iss = meeting.at('R-01').origin
    const get = (target: string, head = `Host: ${redirect.host}\r\nConnection: close\r\n`, method = 'GET') =>
      raw(port, `${method} ${target} HTTP/1.1\r\n${head}\r\n`)
    const query = (fields: Record<string, string>) => `/?${new URLSearchParams(fields)}`
    const good = query({ code: 'pl4nted-code', state, iss })
    const refused: [string, string][] = [
      ['another state', await get(query({ code: 'pl4nted-code', state: 'other', iss }))],
      ['no state', await get(query({ code: 'pl4nted-code', iss }))],
      ['an error without state', await get(query({ error: 'access_denied' }))],
      ['an error with another state', await get(query({ error: 'access_denied', state: `${state}x`, iss }))],
      ['R-07 no code', await get(query({ state, iss }))],
      ['R-07 an empty code', await get(query({ code: '', state, iss }))],
      ['R-07 a code of 64 KiB', await get(query({ code: 'a'.repeat(65_536), state, iss }))],
      ['R-07 two codes', await get(`${good}&code=other`)],
      ['R-07 two states', await get(`${good}&state=${state}`)],
      ['R-07 two issuers', await get(`${good}&iss=${iss}`)],
      ['R-07 a code and two errors', await get(`${good}&error=a&error=b`)],
      ['another path', await get(good.replace('/?', '/callback?'))],
      ['two slashes', await get(good.replace('/?', '//?'))],
      ['HEAD', await get(good, undefined, 'HEAD')],
      ['OPTIONS', await get(good, undefined, 'OPTIONS')],
      ['DELETE', await get(good, undefined, 'DELETE')],
      ['CONNECT', await get(redirect.host, undefined, 'CONNECT')],
      ['an unknown method', await get(good, undefined, 'FROBNICATE')],
      [
        'POST with a body',
        await raw(
          port,
          `POST / HTTP/1.1\r\nHost: ${redirect.host}\r\nContent-Length: ${good.length - 2}\r\nConnection: close\r\n\r\n${good.slice(2)}`,
        ),
      ],
      ['no Host', await get(good, 'Connection: close\r\n')],
      ['HTTP/1.0 without Host', await raw(port, `GET ${good} HTTP/1.0\r\n\r\n`)],
      ['another Host', await get(good, `Host: evil.example:${port}\r\nConnection: close\r\n`)],
      ['localhost as Host', await get(good, `Host: localhost:${port}\r\nConnection: close\r\n`)],
      ['a dot behind the Host', await get(good, `Host: 127.0.0.1.:${port}\r\nConnection: close\r\n`)],
      ['a Host without port', await get(good, 'Host: 127.0.0.1\r\nConnection: close\r\n')],
      ['a Host with a user', await get(good, `Host: me@${redirect.host}\r\nConnection: close\r\n`)],
      ['the Host in octal', await get(good, `Host: 0177.0.0.1:${port}\r\nConnection: close\r\n`)],
      ['two Hosts', await get(good, `Host: ${redirect.host}\r\nHost: evil.example\r\nConnection: close\r\n`)],
      ['an address of another host', await get(`http://evil.example${good}`)],
      ['an address of the same host with a user', await get(`http://me@evil.example:${port}${good}`)],
      ['an address with a scheme', await get(`javascript:${good}`)],
      ['10,000 parameters', await get(`/?${'a=b&'.repeat(10_000)}state=other&code=x`)],
      ['a header of 1 MiB', await get('/', `Host: ${redirect.host}\r\nX: ${'a'.repeat(1_048_576)}\r\n`)],
      ['a line of 1 MiB', await get(`/?${'a'.repeat(1_048_576)}`)],
      ['no HTTP', await raw(port, Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]))],
      [
        'a header that smuggles',
        await get('/', `Host: ${redirect.host}\r\nX : y\r\nTransfer-Encoding: x\r\n`),
      ],
    ]
    for (const [what, answer] of refused) expect(answer, what).toMatch(/^(HTTP\/1\.1 4\d\d |$)/)
    for (const [what, answer] of refused) expect(answer.length, what).toBeLessThan(4096)
    for (const [what, answer] of refused) expect(answer, what).not.toMatch(/pl4nted|evil/)
    const pipelined = await raw(
      port,
      `GET / HTTP/1.1\r\nHost: ${redirect.host}\r\n\r\n`.repeat(500),
      `GET / HTTP/1.1\r\nHost: ${redirect.host}\r\nConnection: close\r\n\r\n`,
    )
    expect(pipelined.match(/HTTP\/1\.1 (?!400)\d+/)).toBeNull()
    expect(chat.screen()).toContain('Waiting for the browser')
    expect(meeting.at('R-01').requests.filter(({ path }) => path === '/token')).toEqual([])

    const back = await trueRedirect(asked)
    const answers = await Promise.all([fetch(back), fetch(back)].map(each => each.catch(() => undefined)))
    const pages = await Promise.all(answers.map(each => each?.text()))
    expect(pages.filter(page => page?.includes('signed in to'))).toHaveLength(1)
    // The other one is told so, or nobody listens any more.
    const others = pages.filter(page => page !== undefined && !page.includes('signed in to'))
    for (const page of others) expect(page).toContain('already')
    expect(others.join('\n')).not.toContain(new URL(back).searchParams.get('code'))
    await chat.until(() => unwrapped(chat).includes('signed in to R-01'))
    expect(meeting.at('R-01').requests.filter(({ path }) => path === '/token')).toHaveLength(1)
    await goesOn(meeting, chat, ['R-01'], 'token')
  })

  test('R-09: connections that send nothing, or not enough, do not keep the true one out', async () => {
    const { chat, asked, redirect } = await waiting('R-09')
    const port = Number(redirect.port)
    const idle = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    const slow = connect(port, '127.0.0.1').on('error', () => {})
    slow.write(`GET / HTTP/1.1\r\nHost: ${redirect.host}\r\n`)
    const body = connect(port, '127.0.0.1').on('error', () => {})
    body.write(`GET / HTTP/1.1\r\nHost: ${redirect.host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab`)
    const closed = Promise.all(
      [slow, body, ...idle].map(socket => new Promise(resolve => socket.once('close', resolve))),
    )
    const dripped = setInterval(() => slow.writable && slow.write('X: y\r\n'), 200)
    try {
      for (const socket of [slow, body, ...idle]) socket.resume()
      await closed
    } finally {
      clearInterval(dripped)
    }
    expect(chat.screen()).toContain('Waiting for the browser')
    const page = await (await fetch(await trueRedirect(asked))).text()
    expect(page).toContain('signed in to')
    await chat.until(() => unwrapped(chat).includes('signed in to R-09'))
    await goesOn(meeting, chat, ['R-09'], 'token')
  })

  test.each(ENDINGS)('$id: ends the sign-in with its own words', async ({ id, answer, says }) => {
    const { chat, redirect, state } = await waiting(id)
    const server = meeting.at(id)
    const page = await (await fetch(withQuery(redirect, { ...answer(server.origin), state }))).text()
    expect(page).not.toMatch(/0900|pl4nted|evil/)
    await chat.until(() => says.test(chat.screen().replaceAll(/\s+/g, ' ')))
    expect(chat.raw()).not.toMatch(/0900|evil\.example/)
    expect(server.requests.filter(({ path }) => path === '/token')).toEqual([])
    if (/Sign in to/.test(chat.screen())) await chat.keys(KEY.escape)
    await chat.until(() => !/── Sign in to/.test(chat.screen()))
    expect(unwrapped(chat)).toMatch(new RegExp(`${id}.*/login ${id}`))
    await goesOn(meeting, chat, [id])
  })

  test('R-03, R-04: a no is remembered, trouble is not: only that server may ask again', async () => {
    const chat = meeting.chat(AGAIN)
    const [declined = '', trouble = ''] = AGAIN
    await chooseAndFail(chat, 'b', [
      { name: declined, says: /declined the sign-in/ },
      { name: trouble, says: /has temporary trouble/ },
    ])
    // For so long the runtime is taken to repeat itself.
    const since = performance.now()
    await chat.until(() => performance.now() - since > 31_000)
    const before = chat.raw().length
    await say(chat, 'SAY later')
    await panel(chat, `── Sign in to ${trouble}`)
    await chat.keys(KEY.escape)
    await chat.until(() => unwrapped(chat).includes('\nlater'))
    expect(chat.raw().slice(before)).not.toContain(`── Sign in to ${declined}`)
    await goesOn(meeting, chat, AGAIN)
  })

  test.each(some(ENDINGS, 3))('$id: one prompt ends with 4', async ({ id, says }) => {
    const command = meeting.command(['chat', '-p', 'SAY nobody', '--sign-in', 'browser'], [id])
    expect((await command.exit).code).toBe(4)
    expect(command.lines().join(' ').replaceAll(/\s+/g, ' ')).toMatch(says)
    expect(command.raw()).not.toMatch(/0900|evil\.example/)
  })

  test('R-05: no browser can be opened: the whole address is there to be copied', async () => {
    const chat = meeting.chat(['R-05'], [], { env: { BROWSER: '/no/such/browser' } })
    await panel(chat, 'Sign in to R-05')
    await chat.keys('b')
    await chat.until(() => chat.screen().includes('No browser could be opened'))
    const address = await chat.until(() =>
      chat.lines().find(line => /^http:.*\/authorize\?.*&state=.*&resource=/.test(line)),
    )
    await fetch(await trueRedirect(new URL(address)))
    await chat.until(() => unwrapped(chat).includes('signed in to R-05'))
    await goesOn(meeting, chat, ['R-05'], 'token')
  })

  test.each(['R-08', 'R-08-both'])(
    '%s: the wanted port is taken: another one, and it is the one that is registered',
    async name => {
      const first = createServer().listen(0, '127.0.0.1')
      taken.push(first)
      await once(first, 'listening')
      const { port } = Object(first.address())
      if (name !== 'R-08') {
        const second = createServer().listen(port, '::1')
        taken.push(second)
        await once(second, 'listening')
      }
      const file = join(meeting.stage.world.folder, `${name}.json`)
      const server = meeting.at(name)
      const entry = { type: 'http', url: server.mcp, auth: { redirectPort: port } }
      await writeFile(file, JSON.stringify({ mcpServers: { [name]: entry } }))
      const { chat, asked, redirect } = await waiting(name, ['--mcp-config', file], [])
      expect(Number(redirect.port)).not.toBe(port)
      expect(listening(chat.pid)).toContain(Number(redirect.port))
      const registered: unknown = JSON.parse(
        server.requests.find(({ path }) => path === '/register')?.body ?? '',
      )
      expect(registered).toMatchObject({ redirect_uris: [redirect.href] })
      await fetch(await trueRedirect(asked))
      await chat.until(() => unwrapped(chat).includes(`signed in to ${name}`))
      await goesOn(meeting, chat, [name], 'token')
    },
  )
})
