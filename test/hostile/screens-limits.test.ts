import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { visit } from '../../demo/visit.ts'
import { openStage } from '../support/chat.ts'
import { type FaultyServer, json, raw, startFaultyServer } from '../support/faulty-server.ts'
import { keepsBounds, liveRegion } from '../support/live-region.ts'
import { count, leave, panel } from '../support/person.ts'
import { readQr } from '../support/qr.ts'
import { openScene, type Scene, type Servers, startServers } from '../support/scene.ts'
import { screenOf, textOf } from '../support/screen.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const LARGE = { cols: 80, rows: 24 }
const SMALL = { cols: 40, rows: 12 }
const DESKTOP = { BROWSER: 'true' }

/** As long as a host name may be. */
const LONG_HOST = `${'sub.'.repeat(60)}example.com`
const WIDE_NAME = '請求書サーバー'.repeat(9)

let servers: Servers
let odd: FaultyServer
let scene: Scene
beforeAll(async () => {
  servers = await startServers()
  odd = await startFaultyServer(
    {
      '/mcp': raw('', { 'www-authenticate': 'Bearer' }, 401),
      '/device': json({
        ...{ device_code: 'device', user_code: 'ＷＤ日本-e\u0301o\u0308', expires_in: 600, interval: 60 },
        verification_uri: `https://${LONG_HOST}/device`,
      }),
    },
    {
      authorization_endpoint: `https://${LONG_HOST}/authorize`,
      grant_types_supported: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
      scopes_supported: ['notes.read'],
    },
  )
})
beforeEach(async context => {
  scene = await openScene(servers, { ...LARGE, name: context.task.id, store: 'file' })
})
afterEach(() => scene.close())
afterAll(async () => {
  await servers.close()
  await odd.close()
})

const flat = (chat: TestTerminal) => chat.screen().replaceAll(/\s+/g, ' ')

test('the QR code, read from the cells of a window of 80 x 24, is the complete address of the device code', async () => {
  const stage = await openStage({ keychain: false })
  try {
    const args = ['chat', '--mcp', `notes=${stage.world.mcp.url}`]
    const chat = stage.open(args, { env: { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' } })
    await panel(chat, 'Sign in to notes')
    await chat.keys(KEY.enter)
    const code = await chat.until(() => /\b[A-Z]{4}-[A-Z]{4}\b/.exec(chat.screen())?.[0])
    await chat.keys('q')
    const address = await chat.until(() => readQr(screenOf(chat.terminal)))
    expect(address).toBe(`${stage.world.authorizationServer.devicePage}?user_code=${code}`)
    keepsBounds(chat, 'QR code')
    await chat.keys('q')
    await chat.until(() => chat.screen().includes('and enter this code:'))
    await visit(address, { as: 'grace@example.com' })
    await chat.until(() => chat.screen().includes('signed in to notes'))
    await leave(chat)
  } finally {
    await stage.close()
  }
})

test('a window that gets narrow and wide again: each size says everything, nothing is printed twice', async () => {
  const chat = scene.chat(['notes'], DESKTOP)
  const to = async ({ cols, rows }: typeof LARGE, words: string) => {
    chat.resize(cols, rows)
    await chat.until(() => liveRegion(chat).some(row => row.includes(words)))
    // A frame that was on its way when the window changed is followed by another one.
    await chat.until(() => liveRegion(chat).length > 0 && liveRegion(chat).every(row => row.length < cols))
    keepsBounds(chat, `${cols} x ${rows}`)
    // Rows of the live region that the terminal wrapped before the program heard of it stay above; settled text does not.
    expect(count(chat.lines().join('\n'), 'copilot-host')).toBe(1)
    return timeless(liveRegion(chat))
  }
  await panel(chat, 'Sign in to notes')
  const first = timeless(liveRegion(chat))
  const narrow = await to(SMALL, '⏎ browser')
  expect(narrow.join(' ')).toMatch(/notes\.example\.com.*login\.example\.com.*first seen.*notes\.read/)
  expect(await to(LARGE, '⏎ open the browser')).toEqual(first)

  await chat.keys('d')
  await chat.until(() => flat(chat).includes('this code: WDJB-MJHT'))
  const code = timeless(liveRegion(chat))
  const small = await to(SMALL, 'On any device enter')
  expect(small.join(' ')).toMatch(/WDJB-MJHT +at https:\/\/login\.example\.com\/device Only if/)
  expect(await to({ cols: 200, rows: 50 }, 'On any device open')).toEqual(code)

  await chat.keys('p')
  await chat.until(() => /Then paste/.test(flat(chat)) && !/Preparing/.test(flat(chat)))
  chat.paste('http://127.0.0.1:40111/?code=1')
  await chat.until(() => flat(chat).includes('(6 characters)'))
  expect((await to(SMALL, 'Tab other ways')).join(' ')).toMatch(/› \S+:40111\/\?… \(6 characters\)/)
  await to(LARGE, 'Tab other ways')
})

test.each([LARGE, SMALL])(
  'wide names, a host of 251 characters, a code of any letters in $cols x $rows',
  async size => {
    await scene.close()
    scene = await openScene(servers, { ...size, name: `wide ${size.cols}`, store: 'file' })
    const chat = scene.chat([`${WIDE_NAME}=${odd.mcp}`], DESKTOP)
    await panel(chat, 'Sign in to 請求書')
    const room = Math.min(60, size.cols - 1)
    const look = (name: string, end: RegExp) => {
      keepsBounds(chat, name)
      // Of a long host the end says whose it is: it stays, and nothing stands behind it.
      expect(liveRegion(chat).join('\n')).toMatch(end)
      for (const row of screenOf(chat.terminal).slice(-liveRegion(chat).length))
        expect(
          row.findLastIndex(cell => cell.text.trim() !== ''),
          textOf(row),
        ).toBeLessThan(room)
    }
    look('first view', /(Sign-in page|Page) +….*sub\.example\.com\n +first seen\n/)
    await chat.keys('b')
    await chat.until(() => flat(chat).includes('printed above'))
    look('browser', /Waiting for the browser at\n….*sub\.example\.com\n/)
    await chat.keys('d')
    await chat.until(() => flat(chat).includes('Only if'))
    expect(chat.screen()).toContain('ＷＤ日本-e\u0301o\u0308')
    look('device code', /Only if you started this yourself/)
    const printed = () => chat.lines().filter(line => line === `https://${LONG_HOST}/device`)
    await chat.until(() => printed().length === 1)
  },
)

test('a host longer than any in the DNS is no address at all', async () => {
  const broken = await startFaultyServer(
    { '/mcp': raw('', { 'www-authenticate': 'Bearer' }, 401) },
    { authorization_endpoint: `https://${'sub.'.repeat(75)}example.com/authorize` },
  )
  try {
    const chat = scene.chat([`notes=${broken.mcp}`], DESKTOP)
    await chat.until(() => chat.screen().includes('unsafe address'))
    expect(chat.screen()).toContain('is not a valid address')
    expect(chat.screen()).not.toContain('sub.sub')
  } finally {
    await broken.close()
  }
})

function timeless(rows: readonly string[]): string[] {
  return rows.map(row => row.replace(/\d:\d\d left/, '9:41 left'))
}
