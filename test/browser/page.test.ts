import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Listener, listen } from '../../src/auth/flows/listener.ts'
import { type About, type PageName, page as render } from '../../src/auth/flows/page.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean, hostOf } from '../../src/text.ts'
import { type BrowserTab, openTab, startChromium } from './chromium.ts'

let browser: Browser
beforeAll(async () => {
  browser = await startChromium()
})
afterAll(() => browser.close())

const listeners: Listener[] = []
let tab: BrowserTab
afterEach(async () => {
  await tab.context.close()
  for (const listener of listeners.splice(0)) await listener.close()
})

/** The page as the program serves it; gives its address. */
async function serve(name: PageName, about: About = {}): Promise<string> {
  const listener = await listen({}, async () => render(name, about))
  listeners.push(listener)
  return `${listener.redirectUri}?code=1&state=2`
}

const billing = { server: clean('billing'), place: clean('copilot-host in ~/src/shop on devbox') }
function next(text: string, server = 'linear', more = 0): About {
  const url = webUrl(text, 'the test')
  return { ...billing, after: { kind: 'next', server: clean(server), host: hostOf(url), url, more } }
}

const PAGES: readonly [PageName, About, string][] = [
  ['signed-in', billing, 'You are signed in to billing'],
  ['signed-in', { ...billing, after: { kind: 'last' } }, 'You are signed in to billing'],
  ['signed-in', { ...billing, after: { kind: 'unready', server: clean('linear') } }, 'linear is next'],
  ['signed-in', next('https://login.example.com/', 'linear', 2), '2 more after it'],
  ['declined', next('https://login.example.com/'), 'The sign-in to billing was declined'],
  ['failed', billing, 'Your terminal says why'],
  ['used', billing, 'has already been answered'],
  ['refused', {}, 'Not part of this sign-in'],
  ['unknown', {}, 'Nothing here'],
]

describe.each([
  ['light', 'rgb(0, 0, 0)'],
  ['dark', 'rgb(255, 255, 255)'],
] as const)('in %s', (colorScheme, ink) => {
  test.each(PAGES)('%s: quiet, nothing loaded, fits a phone', async (name, about, text) => {
    tab = await openTab(browser, { colorScheme, viewport: { width: 320, height: 560 } })
    const { page, complaints, requests } = tab
    const address = await serve(name, about)
    await page.goto(address)
    expect(await page.locator('main').textContent()).toContain(text)
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
    expect(await page.title()).toBe(await page.getByRole('heading').textContent())
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe(ink)
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(complaints).toEqual([])
    expect(requests).toEqual([address])
  })
})

test.each([
  '<script>complain("ran")</script>',
  '"><img src=x onerror=complain(1)>',
  "'-complain(1)-'",
  '</title></style><script>complain(1)</script>',
  '&lt;b&gt;',
  '\u202eevil\u2066\u200b',
  'שלום عربى',
  'n'.repeat(10_000),
])('a hostile name is text, wherever it stands: %s', async name => {
  tab = await openTab(browser, { viewport: { width: 320, height: 560 } })
  const { page, complaints } = tab
  const server = clean(name)
  const about = { ...next('https://login.example.com/', name), server, place: clean(name, 240) }
  await page.goto(await serve('signed-in', about))
  expect(await page.getByRole('heading').textContent()).toBe(`You are signed in to ${server}`)
  expect(await page.title()).toBe(`You are signed in to ${server}`)
  const link = page.getByRole('link')
  expect(await link.count()).toBe(1)
  expect(await link.textContent()).toContain(`Sign in to ${server}`)
  expect(await link.getAttribute('href')).toBe('https://login.example.com/')
  const tags = await page.evaluate("[...document.querySelectorAll('main *')].map(one => one.tagName).join()")
  expect(tags).toBe('H1,BDI,P,P,A,B,BDI,BDI,P,SMALL,BDI')
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  expect(complaints).toEqual([])
})

test('markup that got in by a mistake of ours would be blocked by the policy', async () => {
  tab = await openTab(browser)
  const { page, complaints } = tab
  await page.goto(await serve('signed-in', billing))
  const inject = (html: string) =>
    `document.body.append(document.createRange().createContextualFragment(${html}))`
  await page.evaluate(inject('`<script>complain("ran")</script>`'))
  await page.evaluate(inject('`<img src="https://evil.example/x">`'))
  await page.waitForFunction('performance.now() > 0')
  await expect.poll(() => complaints.filter(text => /^(script|img)-src/.test(text)).length).toBe(2)
  expect(complaints).not.toContain('ran')
})

test('the button: reached by Tab, pressed by Enter, sends no Referer, leads in the same tab', async () => {
  tab = await openTab(browser)
  const { page, context } = tab
  const referers: (string | undefined)[] = []
  await context.route('https://login.example.com/**', route => {
    referers.push(route.request().headers().referer)
    return route.fulfill({ contentType: 'text/html', body: '<title>next</title>' })
  })
  await page.goto(await serve('signed-in', next('https://login.example.com/authorize?a=1&b=%22')))
  await page.keyboard.press('Tab')
  const focused = page.locator('a:focus-visible')
  expect(await focused.textContent()).toMatch(/^Sign in to linear\s+at login\.example\.com$/)
  expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
  // Never by itself, however long it stands there.
  expect(page.url()).toContain('127.0.0.1')
  await page.keyboard.press('Enter')
  await page.waitForURL('https://login.example.com/authorize?a=1&b=%22')
  expect(referers).toEqual([undefined])
  expect(context.pages()).toHaveLength(1)
})

describe('closing itself', () => {
  /** Opens the page by a script of another one, as some programs do: such a tab may close itself. */
  async function popUp(address: string) {
    tab = await openTab(browser)
    await tab.page.goto(await serve('unknown'))
    const opened = tab.context.waitForEvent('page')
    // The policy of the opener does not count for an address that is opened.
    await tab.page.evaluate(`void open(${JSON.stringify(address)})`)
    return opened
  }

  test('where the browser allows it and nothing follows', async () => {
    const page = await popUp(await serve('signed-in', { ...billing, after: { kind: 'last' } }))
    await page.waitForEvent('close')
    expect(tab.complaints).toEqual([])
  })

  test('not where something follows, or something has to be read', async () => {
    for (const [name, about] of PAGES.slice(2)) {
      const page = await popUp(await serve(name, about))
      await page.waitForLoadState()
      expect(await page.locator('script').count()).toBe(0)
      await page.close()
      await tab.context.close()
    }
  })

  test('elsewhere it stays, and says what to do', async () => {
    tab = await openTab(browser)
    const { page, complaints } = tab
    await page.clock.install()
    await page.goto(await serve('unknown'))
    await page.goto(await serve('signed-in', billing))
    await page.clock.runFor(3000)
    expect(await page.locator('main').textContent()).toContain('You can close this page and go back')
    expect(page.isClosed()).toBe(false)
    expect(complaints).toEqual([])
  })
})
