import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { startAuthorizationServer } from '../../../demo/authorization-server.ts'
import { createAuthenticator } from '../../../src/auth/authenticator.ts'
import { createHttp } from '../../../src/auth/http.ts'
import { callDesk } from '../../../src/desk/connect.ts'
import { createDesk } from '../../../src/desk/desk.ts'
import { findWaiting } from '../../../src/desk/find.ts'
import { sharedPrompt } from '../../../src/desk/shared-prompt.ts'
import { clean } from '../../../src/text.ts'
import { createPlainPrompt } from '../../../src/ui/plain.ts'
import { deskPlace } from '../../desk/open-desk.ts'
import { requestFor } from '../../support/engine.ts'
import { testStore } from '../../support/token-store.ts'
import { waitFor } from '../../support/wait-for.ts'
import { address, signInView } from '../panels/view.ts'

const never = new AbortController().signal
const changed = signInView({ pageHost: clean('other.example.net'), formerHost: clean('login.example.com') })

/** A person whom each question waits for. */
function person() {
  const lines: string[] = []
  const questions: { prompt: string; signal: AbortSignal; answer: (line: string) => void }[] = []
  const prompt = createPlainPrompt({
    ...{ again: server => server, write: line => lines.push(line), now: Date.now },
    read: (signal, prompt) =>
      new Promise((resolve, reject) => {
        questions.push({ prompt, signal, answer: resolve })
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
  })
  const question = (nth: number) =>
    waitFor(() => questions[nth - 1] ?? Promise.reject(new Error(`no question ${nth}`)), { interval: 2 })
  return { lines, questions, prompt, question }
}

test('a question about one sign-in server is no longer open when another one was chosen elsewhere', async () => {
  const { prompt, question, lines } = person()
  const dialog = prompt.signIn(signInView())
  const choice = dialog.choice(never)
  const first = await question(1)
  dialog.update(changed)
  expect(first.signal.aborted).toBe(true)
  const second = await question(2)
  expect(second.prompt).toContain('type other.example.net to go on')
  expect(lines.join('\n')).toContain('CHANGED: was login.example.com, now other.example.net')
  second.answer('other.example.net')
  const third = await question(3)
  third.answer('2')
  expect(await choice).toEqual({ kind: 'route', route: 'device' })
})

test('an answer of the moment in which the server changes does not count', async () => {
  const { prompt, question } = person()
  const dialog = prompt.signIn(signInView())
  const choice = dialog.choice(never)
  const first = await question(1)
  first.answer('1')
  dialog.update(changed)
  const second = await question(2)
  second.answer('2')
  expect(await choice).toEqual({ kind: 'cancel' })
})

test('what was chosen for the server before is chosen anew', async () => {
  const { prompt, question, lines } = person()
  const dialog = prompt.signIn(signInView())
  const chosen = dialog.choice(never)
  const first = await question(1)
  first.answer('3')
  await chosen
  dialog.show({ kind: 'paste', url: address('https://login.example.com/auth') })
  const choice = dialog.choice(never)
  const second = await question(2)
  expect(second.prompt).toContain('Address')
  dialog.update(signInView({ pageHost: clean('other.example.net') }))
  const third = await question(3)
  expect(third.prompt).toBe('Choice (a number, Enter for 1):')
  expect(lines.at(-1)).toContain('1 open the browser')
  third.answer('')
  expect(await choice).toEqual({ kind: 'route', route: 'browser' })
})

test('who agrees here after another server was chosen in another terminal has read of that one', async () => {
  const [one, two] = await Promise.all([startAuthorizationServer(), startAuthorizationServer()])
  onTestFinished(async () => void (await Promise.all([one.close(), two.close()])))
  const { prompt, question, lines } = person()
  const place = await deskPlace()
  const desk = createDesk({
    ...{ place, now: Date.now },
    program: { kind: 'chat', folder: clean('~'), pid: process.pid },
  })
  const opened: string[] = []
  const engine = createAuthenticator({
    store: testStore(),
    prompt: sharedPrompt(prompt, desk),
    http: createHttp(fetch),
    clock: { now: Date.now, sleep: (ms, signal) => sleep(ms, undefined, { signal }) },
    browser: { available: true, open: async url => opened.push(url) > 0 },
    policy: { ask: true },
  })
  const mcp = 'http://127.0.0.1:1/mcp'
  const over = new AbortController()
  const metadata = JSON.stringify({ resource: mcp, authorization_servers: [one.issuer, two.issuer] })
  const request = requestFor({ mcp, issuer: one.issuer }, 'initial', { metadata })
  const answer = engine.authenticate(request, over.signal)
  await question(1)
  const found = await waitFor(async () => {
    const { waiting } = await findWaiting(place, never)
    return waiting[0] ?? Promise.reject(new Error('nothing waits yet'))
  })
  const call = await callDesk(found.descriptor, place, never)
  call.send({ type: 'attach', id: found.id })
  call.send({ type: 'choose', choice: { kind: 'issuer', issuer: two.issuer } })
  const second = await question(2)
  expect(lines.at(-2)).toContain(`Sign-in page: ${new URL(two.issuer).host}`)
  second.answer('1')
  await waitFor(() => expect(opened.map(url => new URL(url).host)).toEqual([new URL(two.issuer).host]))
  over.abort()
  await answer
  call.close()
})
