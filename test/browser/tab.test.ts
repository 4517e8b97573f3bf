import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { leave, panel } from '../support/person.ts'
import { type PracticeServer, startPracticeServer } from '../support/practice-server.ts'
import { type BrowserTab, openTab, startChromium } from './chromium.ts'

const RECORDER = fileURLToPath(new URL('../support/record-address.js', import.meta.url))

let browser: Browser
let stage: Stage
let servers: Record<'billing' | 'linear' | 'docs', PracticeServer>
let tab: BrowserTab
beforeAll(async () => {
  browser = await startChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  const [billing, linear, docs] = await Promise.all([
    startPracticeServer(),
    startPracticeServer(),
    startPracticeServer(),
  ])
  servers = { billing, linear, docs }
  stage = await openStage()
  tab = await openTab(browser)
})
afterEach(async () => {
  await tab.context.close()
  await stage.close()
  await Promise.all(Object.values(servers).map(server => server.close()))
})

/** What the program has opened so far. */
async function opened(): Promise<string[]> {
  const text = await readFile(join(stage.world.folder, 'opened'), 'utf8').catch(() => '')
  return text.split('\n').filter(line => line !== '')
}

function start() {
  const env = { BROWSER: `${process.execPath} ${RECORDER} ${join(stage.world.folder, 'opened')} %s` }
  const flags = Object.entries(servers).flatMap(([name, { mcp }]) => ['--mcp', `${name}=${mcp.url}`])
  return stage.open(['chat', ...flags], { env, rows: 30 })
}

/** The sign-in page and the one that asks for consent, as a person goes through them. */
async function signIn(page: Page, answer: 'Allow' | 'Deny' = 'Allow'): Promise<void> {
  await page.getByRole('textbox').fill('ada@example.com')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: answer }).click()
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 })

test('one tab leads through three servers: opened once, its button pressed twice', async () => {
  const chat = start()
  await panel(chat, '1 of 3')
  expect(await opened()).toEqual([])
  await chat.keys('a')
  await chat.until(() => chat.screen().split('follows in the same tab').length === 3)
  await expect.poll(opened).toHaveLength(1)

  const { page, context, complaints } = tab
  const order = [/^› (\w+)/m, /^ {2}(\w+) .*follows/m, /^ {2}\w+ .*follows.*\n {2}(\w+) .*follows/m].map(
    row => row.exec(chat.screen())?.[1] ?? '',
  )
  expect([...order].sort()).toEqual(['billing', 'docs', 'linear'])
  const [address = ''] = await opened()
  await page.goto(address)
  for (const [at, name] of order.entries()) {
    await signIn(page)
    await heading(page).getByText(`You are signed in to ${name}`).waitFor()
    const text = (await page.locator('main').textContent()) ?? ''
    expect(text).toContain('copilot-host in')
    await chat.until(() => chat.lines().join('\n').includes(`signed in to ${name}`))
    const link = page.getByRole('link')
    const following = order[at + 1]
    if (following === undefined) {
      expect(text).toContain('That was the last one in this tab.')
      expect(await link.count()).toBe(0)
      break
    }
    const host = Object.entries(servers).find(([server]) => server === following)?.[1].host ?? ''
    expect(await link.textContent()).toBe(`Sign in to ${following} at ${host}`)
    await link.click()
  }
  expect(await opened()).toHaveLength(1)
  expect(context.pages()).toHaveLength(1)
  expect(complaints).toEqual([])
  await leave(chat)
})

test('a sign-in that is declined leads on all the same', async () => {
  const chat = start()
  await panel(chat, '1 of 3')
  await chat.keys('a')
  await chat.until(() => chat.screen().split('follows in the same tab').length === 3)
  await expect.poll(opened).toHaveLength(1)
  const { page, complaints } = tab
  const [address = ''] = await opened()
  await page.goto(address)
  await signIn(page, 'Deny')
  await heading(page).getByText('was declined').waitFor()
  expect(await page.locator('main').textContent()).toContain('Nothing was granted. The next sign-in waits:')
  await page.getByRole('link').click()
  await signIn(page)
  await heading(page).getByText('You are signed in to').waitFor()
  await chat.until(() => chat.lines().join('\n').includes('signed in to'))
  expect(complaints).toEqual([])
  await leave(chat)
})
