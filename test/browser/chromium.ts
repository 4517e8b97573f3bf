import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

export interface BrowserTab {
  page: Page
  context: BrowserContext
  /** Errors on the console, violations of a page's own policy, and scripts that failed: there must be none. */
  complaints: string[]
  /** What was asked for, the pages themselves too. */
  requests: string[]
}

/** The system's Chromium, headless. Fails where there is none: these tests are not left out in silence. */
export function startChromium(): Promise<Browser> {
  const executablePath = (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, 'chromium'))
    .find(file => existsSync(file))
  if (executablePath === undefined) throw new Error('these tests need chromium on the PATH')
  // As root, in containers, Chromium has no sandbox of its own.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

/** An empty tab of a browser without a past. */
export async function openTab(
  browser: Browser,
  options: NonNullable<Parameters<Browser['newContext']>[0]> = {},
): Promise<BrowserTab> {
  const context = await browser.newContext(options)
  const complaints: string[] = []
  const requests: string[] = []
  context.on('console', message => {
    // A page that is served with 400 or 404 is no error of its own.
    const isStatus = /responded with a status of 4\d\d/.test(message.text())
    if (message.type() === 'error' && !isStatus) complaints.push(message.text())
  })
  context.on('weberror', error => complaints.push(error.error().message))
  context.on('request', request => requests.push(request.url()))
  await context.exposeFunction('complain', (text: string) => void complaints.push(text))
  await context.addInitScript(
    "addEventListener('securitypolicyviolation', event => complain(event.violatedDirective + ' ' + event.blockedURI))",
  )
  return { page: await context.newPage(), context, complaints, requests }
}
