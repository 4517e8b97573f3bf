import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { visit } from '../../demo/visit.ts'
import type { SignInPolicy } from '../../src/auth/authenticator.ts'
import { listen } from '../../src/auth/flows/listener.ts'
import { createHttp } from '../../src/auth/http.ts'
import { createTab } from '../../src/auth/tab.ts'
import type { Answer, Choice } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import { fakeClock } from '../support/clock.ts'
import { BROWSER, createEngine, requestFor, tokenOf, whyOf } from '../support/engine.ts'
import type { Panel } from '../support/prompt.ts'
import { waitFor } from '../support/wait-for.ts'

const FOLLOW: Choice = { kind: 'follow' }

let one: AuthorizationServer
let two: AuthorizationServer
beforeEach(async () => {
  ;[one, two] = await Promise.all([startAuthorizationServer(), startAuthorizationServer()])
})
afterEach(() => Promise.all([one.close(), two.close()]))

const hostOf = (server: AuthorizationServer) => new URL(server.issuer).host

/** Requests of several servers at once; what the program opens is only noted. */
async function waiting(
  names: Record<string, AuthorizationServer>,
  policy: Partial<SignInPolicy> = {},
  http = createHttp(fetch),
) {
  const opened: string[] = []
  const browser = {
    ...{ available: true, opened, titles: [], broken: false },
    open: async (url: string) => opened.push(url) > 0,
  }
  const engine = createEngine({ browser, policy, http })
  const panels: Panel[] = []
  const answers: Promise<Answer>[] = []
  const controllers: AbortController[] = []
  for (const [at, [name, { issuer }]] of Object.entries(names).entries()) {
    const mcp = `http://127.0.0.1:${at + 1}/mcp`
    const server = { name: clean(name), url: webUrl(mcp, 'the test') }
    const controller = new AbortController()
    controllers.push(controller)
    answers.push(engine.ask(requestFor({ mcp, issuer }, 'initial', { server }), controller.signal))
    panels.push(await engine.prompt.panel(at + 1))
  }
  /** The first is opened, the others follow; resolves when they are ready. */
  async function doAll(): Promise<void> {
    for (const [at, panel] of panels.entries()) panel.choose(at === 0 ? BROWSER : FOLLOW)
    for (const panel of panels) await panel.step('browser')
  }
  return { engine, panels, answers, controllers, opened, doAll }
}

/** What a page leads to, by the query of its link. */
const resourceOf = (link: string | undefined) => new URL(link ?? 'none:').searchParams.get('resource')

describe('several sign-ins in one tab', () => {
  it('nothing is registered before a choice; one address is opened, each page leads to the next, the last says so', async () => {
    const { panels, answers, opened, doAll } = await waiting({ billing: one, linear: one, docs: two })
    expect([...one.requests, ...two.requests]).toEqual([])
    await doAll()
    expect(panels.map(({ steps }) => steps)).toMatchObject([
      [{ kind: 'browser', opened: true }],
      [{ kind: 'browser', opened: false, follows: true }],
      [{ kind: 'browser', opened: false, follows: true }],
    ])
    expect([one.count('authorization'), two.count('authorization')]).toEqual([0, 0])

    const first = await visit(opened[0] ?? '')
    expect(first.title).toBe('You are signed in to billing')
    expect(resourceOf(first.link)).toBe('http://127.0.0.1:2/mcp')
    expect(two.count('authorization')).toBe(0)
    const second = await visit(first.link ?? '')
    expect(second.title).toBe('You are signed in to linear')
    expect(new URL(second.link ?? '').host).toBe(hostOf(two))
    const third = await visit(second.link ?? '')
    expect(third).toMatchObject({ title: 'You are signed in to docs' })
    expect(third.link).toBeUndefined()
    for (const answer of answers) expect(tokenOf(await answer)).toMatch(/^ey/)
    expect(opened).toHaveLength(1)
  })

  it('those of one sign-in server come one after the other', async () => {
    const { panels, answers, controllers, doAll, opened } = await waiting({ a: one, b: two, c: one })
    await doAll()
    expect(resourceOf((await visit(opened[0] ?? '')).link)).toBe('http://127.0.0.1:3/mcp')
    for (const controller of controllers) controller.abort()
    await Promise.all(answers)
    expect(panels.map(({ result }) => result?.kind)).toEqual(['signed-in', 'withdrawn', 'withdrawn'])
  })

  it('a sign-in that is declined leads on', async () => {
    const { answers, controllers, doAll, opened } = await waiting({ a: one, b: two })
    await doAll()
    one.denyNext()
    const page = await visit(opened[0] ?? '')
    expect(page.title).toBe('The sign-in to a was declined')
    expect(new URL(page.link ?? '').host).toBe(hostOf(two))
    expect(whyOf(await (answers[0] ?? Promise.reject()))).toBe('sign-in-denied')
    controllers[1]?.abort()
    await answers[1]
  })

  it.each<[string, (panel: Panel, controller: AbortController) => void]>([
    ['cancelled', panel => panel.choose({ kind: 'cancel' })],
    ['put off', panel => panel.choose({ kind: 'later' })],
    ['withdrawn', (_panel, controller) => controller.abort()],
  ])('one that is %s leaves the tab', async (_how, leave) => {
    const { panels, answers, controllers, doAll, opened } = await waiting({ a: one, b: two })
    await doAll()
    const [, panel] = panels
    const [, controller] = controllers
    if (panel && controller) leave(panel, controller)
    await answers[1]
    const page = await visit(opened[0] ?? '')
    expect(page).toMatchObject({ title: 'You are signed in to a' })
    expect(page.link).toBeUndefined()
  })

  it.each<[string, (panel: Panel | undefined, controller: AbortController | undefined) => void]>([
    ['cancels', panel => panel?.choose({ kind: 'cancel' })],
    ['puts off', panel => panel?.choose({ kind: 'later' })],
    ['withdraws', (_panel, controller) => controller?.abort()],
  ])('who %s one whose page waits for the next is signed in all the same', async (_how, leave) => {
    const stuck = createHttp(async (url, init) => {
      if (!url.startsWith(two.issuer) || init.method !== 'POST') return fetch(url, init)
      return new Promise((_, reject) =>
        init.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
      )
    })
    const { engine, panels, answers, controllers, opened } = await waiting({ a: one, b: two }, {}, stuck)
    panels[0]?.choose(BROWSER)
    panels[1]?.choose(FOLLOW)
    await panels[0]?.step('browser')
    const page = visit(opened[0] ?? '')
    await waitFor(() => expect(panels[0]?.result?.kind).toBe('signed-in'))
    expect(engine.store.grants.size).toBe(1)
    leave(panels[0], controllers[0])
    await waitFor(() => {
      engine.clock.advance(1000)
      expect(engine.journal).toHaveLength(1)
    })
    expect((await page).title).toBe('You are signed in to a')
    const answer = await answers[0]
    expect(answer && tokenOf(answer)).toMatch(/^ey/)
    controllers[1]?.abort()
    await answers[1]
  })

  it('one that is done by its code leaves the tab', async () => {
    const { engine, panels, answers, doAll, opened } = await waiting({ a: one, b: two })
    await doAll()
    panels[1]?.choose({ kind: 'route', route: 'device' })
    const step = await panels[1]?.step('device')
    await visit(step?.page ?? '', { code: step?.code })
    await waitFor(() => {
      engine.clock.advance(1000)
      expect(panels[1]?.result?.kind).toBe('signed-in')
    })
    expect(tokenOf(await (answers[1] ?? Promise.reject()))).toMatch(/^ey/)
    expect((await visit(opened[0] ?? '')).link).toBeUndefined()
  })

  it('one that is opened by hand leaves the tab, and its own page leads to those that are left', async () => {
    const { panels, answers, controllers, doAll, opened } = await waiting({ a: one, b: one, c: two })
    await doAll()
    panels[1]?.choose(BROWSER)
    await waitFor(() => expect(opened).toHaveLength(2))
    for (const address of opened) {
      expect(resourceOf((await visit(address)).link)).toBe('http://127.0.0.1:3/mcp')
    }
    controllers[2]?.abort()
    await Promise.all(answers)
  })

  it('one that cannot be prepared ends, and nobody is led to it', async () => {
    const { panels, answers, opened } = await waiting({ a: one, b: two })
    await two.close()
    panels[0]?.choose(BROWSER)
    panels[1]?.choose(FOLLOW)
    expect(whyOf(await (answers[1] ?? Promise.reject()))).toBe('http-network')
    await panels[0]?.step('browser')
    expect((await visit(opened[0] ?? '')).link).toBeUndefined()
    two = await startAuthorizationServer()
  })

  it('behind one callback address they share its port', async () => {
    const probe = await listen({}, async () => undefined)
    await probe.close()
    const callbackUrl = webUrl(`http://localhost:${new URL(probe.redirectUri).port}/cb`, 'the test')
    const { answers, doAll, opened } = await waiting(
      { a: one, b: two },
      { optionsOf: () => ({ callbackUrl }) },
    )
    await doAll()
    const first = await visit(opened[0] ?? '')
    expect(first.url).toContain(callbackUrl)
    expect((await visit(first.link ?? '')).url).toContain(callbackUrl)
    for (const answer of answers) expect(tokenOf(await answer)).toMatch(/^ey/)
    await expect(fetch(callbackUrl)).rejects.toThrow()
  })
})

describe('an address that is not ready yet', () => {
  const url = webUrl('https://login.example.com/', 'the test')
  const never = new AbortController().signal

  it('is waited for', async () => {
    const tab = createTab(fakeClock())
    const [first, second] = [tab.enter(clean('a')), tab.enter(clean('b'))]
    second.follow()
    const after = first.after(never)
    second.ready(url)
    expect(await after).toEqual({ kind: 'next', server: 'b', host: 'login.example.com', url, more: 0 })
  })

  it('for two seconds, then the page leads to the terminal', async () => {
    const clock = fakeClock()
    const tab = createTab(clock)
    const [first, second] = [tab.enter(clean('a')), tab.enter(clean('b'))]
    second.follow()
    const after = first.after(never)
    expect(clock.sleepers).toEqual([2000])
    clock.advance(2000)
    expect(await after).toEqual({ kind: 'unready', server: 'b' })
  })

  it('is forgotten when its sign-in ends meanwhile, and nothing goes on sleeping', async () => {
    const clock = fakeClock()
    const tab = createTab(clock)
    const [first, second] = [tab.enter(clean('a')), tab.enter(clean('b'))]
    first.follow()
    second.follow()
    const after = first.after(never)
    second.leave()
    expect(await after).toEqual({ kind: 'last' })
    expect(clock.sleepers).toEqual([])
  })

  it('is not waited for by somebody who has gone', async () => {
    const tab = createTab(fakeClock())
    const [first, second] = [tab.enter(clean('a')), tab.enter(clean('b'))]
    second.follow()
    const controller = new AbortController()
    const after = first.after(controller.signal)
    controller.abort(new Error('gone'))
    await expect(after).rejects.toThrow('gone')
  })
})
