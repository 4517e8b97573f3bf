import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Choice, RouteName } from '../../src/auth/types.ts'
import { answerFromHere } from '../../src/commands/answering.ts'
import { createQueue } from '../../src/desk/queue.ts'
import type { Report, Request } from '../../src/desk/wire.ts'
import { HostError } from '../../src/errors.ts'
import { clean } from '../../src/text.ts'
import { createPlainPrompt } from '../../src/ui/plain.ts'
import { scriptedPrompt } from '../support/prompt.ts'
import { waitFor } from '../support/wait-for.ts'
import { address, signInView } from '../ui/panels/view.ts'

const url = address('https://login.example.com/auth?redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2F&state=x')

/** A person who answers; the test is the process that waits. */
function open(opens: boolean | 'nowhere' | 'unknown' = true) {
  const prompt = scriptedPrompt()
  const reports = createQueue<Report>()
  const sent: Request[] = []
  const opened: string[] = []
  const browser = {
    available: opens !== 'nowhere',
    open: async (page: string) => {
      opened.push(page)
      return opens === 'unknown' ? new Promise<boolean>(() => {}) : opens === true
    },
  }
  const forward = (port: number) => clean(`ssh -L ${port}`)
  const call = { send: (request: Request) => void sent.push(request), next: reports.take }
  const answering = { call, view: signInView(), prompt, browser, forward }
  const over = new AbortController()
  const ending = answerFromHere(answering, over.signal)
  ending.catch(() => {})
  const choices = () => sent.map(request => (request.type === 'choose' ? request.choice : undefined))
  const choose = async (choice: Choice) => {
    const before = sent.length
    const panel = await prompt.panel()
    panel.choose(choice)
    await waitFor(() => expect(sent.length).toBe(before + 1))
    return panel
  }
  return { prompt, reports, sent, opened, ending, over, choices, choose }
}

const route = (name: RouteName): Choice => ({ kind: 'route', route: name })
const end = (result: Extract<Report, { type: 'end' }>['result']): Report => ({
  type: 'end',
  result,
  yours: true,
})

test('the browser opens here, once, for the page that the other process gives', async () => {
  const { reports, opened, choose, choices, ending } = open()
  const panel = await choose(route('browser'))
  expect(choices()).toEqual([route('paste')])
  reports.put({ type: 'step', step: { kind: 'paste', url, forward: clean('ssh there') } })
  reports.put({ type: 'step', step: { kind: 'paste', url } })
  expect(await panel.step('browser')).toEqual({ kind: 'browser', url, opened: true, forward: 'ssh -L 4711' })
  reports.put(end({ kind: 'signed-in', keptIn: 'file' }))
  expect(await ending).toMatchObject({ result: { kind: 'signed-in' } })
  expect(opened).toEqual([url])
  expect(panel.result).toEqual({ kind: 'signed-in', keptIn: 'file' })
})

test.each([
  ['http://127.0.0.1/', 'ssh -L 80'],
  ['http://localhost:3118/back', 'ssh -L 3118'],
  ['http://[::1]:3118/', 'ssh -L 3118'],
  ['https://box.example.com/', undefined],
  ['nowhere', undefined],
])('the way to %s: %s', async (redirect, forward) => {
  const { reports, choose } = open()
  const panel = await choose(route('paste'))
  const page = address(`https://login.example.com/auth?redirect_uri=${encodeURIComponent(redirect)}`)
  reports.put({ type: 'step', step: { kind: 'paste', url: page } })
  expect(await panel.step('paste')).toEqual({ kind: 'paste', url: page, forward })
})

test('the sign-in is over before it is known whether the browser stays: that is the end', async () => {
  const { reports, choose, ending } = open('unknown')
  const panel = await choose(route('browser'))
  reports.put({ type: 'step', step: { kind: 'paste', url } })
  reports.put(end({ kind: 'signed-in', keptIn: 'file' }))
  expect(await ending).toMatchObject({ result: { kind: 'signed-in' } })
  expect(panel.steps).toEqual([])
})

test('no browser here: the address is shown to be opened and pasted, and other routes come first', async () => {
  const { reports, choose, prompt } = open('nowhere')
  expect((await prompt.panel()).view.routes).toEqual(['device', 'paste', 'browser'])
  const panel = await choose(route('browser'))
  reports.put({ type: 'step', step: { kind: 'paste', url } })
  expect(await panel.step('paste')).toMatchObject({ url })
})

test('what others choose elsewhere is not shown; trouble is, to who has chosen', async () => {
  const { reports, choose, prompt, opened } = open()
  const panel = await prompt.panel()
  const error = new HostError('sign-in-failed', 'wrong')
  reports.put({ type: 'step', step: { kind: 'browser', url, opened: true } })
  reports.put({ type: 'step', step: { kind: 'paste', url } })
  reports.put({ type: 'step', step: { kind: 'trouble', route: 'paste', error } })
  await waitFor(() => expect(reports.length).toBe(0))
  await choose(route('device'))
  const step = { kind: 'device', page: url, code: clean('ABCD'), expiresAt: 5 } as const
  reports.put({ type: 'step', step })
  reports.put({ type: 'step', step: { kind: 'trouble', route: 'device', error } })
  await panel.step('trouble')
  expect(panel.steps).toEqual([step, { kind: 'trouble', route: 'device', error }])
  expect(opened).toEqual([])
})

test('another account: the page opens here, too, whatever was chosen before', async () => {
  const { reports, choose, choices, opened } = open()
  await choose(route('device'))
  const panel = await choose({ kind: 'account' })
  expect(choices().at(-1)).toEqual({ kind: 'account', route: 'paste' })
  reports.put({ type: 'step', step: { kind: 'paste', url } })
  await panel.step('browser')
  expect(opened).toEqual([url])
})

test('a page at another host than the one that was shown is not opened', async () => {
  const { reports, choose, opened, ending } = open()
  await choose(route('browser'))
  reports.put({ type: 'step', step: { kind: 'paste', url: address('https://evil.example/auth') } })
  await expect(ending).rejects.toMatchObject({ kind: 'unsafe-address' })
  expect(opened).toEqual([])
})

test('another sign-in server than the one that was agreed to: its page opens once it was chosen, too', async () => {
  const { reports, choose, opened, prompt } = open()
  const panel = await choose(route('browser'))
  const other = address('https://other.example.net/auth')
  const pageHost = clean('other.example.net')
  reports.put({ type: 'view', view: signInView({ pageHost, formerHost: clean('login.example.com') }) })
  reports.put({ type: 'step', step: { kind: 'paste', url: other } })
  await waitFor(() => expect(reports.length).toBe(0))
  expect((await prompt.panel()).view.pageHost).toBe(pageHost)
  await choose(route('browser'))
  expect(opened).toEqual([])
  reports.put({ type: 'step', step: { kind: 'paste', url: other } })
  await panel.step('browser')
  expect(opened).toEqual([other])
})

test('the other process is gone: it ends at once, and the panel is not closed as if the sign-in had', async () => {
  const { reports, prompt, ending } = open()
  const panel = await prompt.panel()
  reports.end(new HostError('failure', 'the program that waited is gone'))
  await expect(ending).rejects.toThrow('is gone')
  expect(panel.result).toBeUndefined()
})

test('who leaves sends nothing', async () => {
  const { over, sent, ending } = open()
  over.abort('SIGINT')
  await expect(ending).rejects.toBe('SIGINT')
  expect(sent).toEqual([])
})

test('other answers are relayed as they are', async () => {
  const { choose, choices } = open()
  const others: Choice[] = [{ kind: 'pasted', address: url }, { kind: 'later' }]
  for (const choice of others) await choose(choice)
  expect(choices()).toEqual(others)
})

test('a server that has CHANGED: nothing is sent before its host was typed', async () => {
  const lines: string[] = []
  const sent: Request[] = []
  const answers = ['old.example.com', 'login.example.com', '1']
  const questions: string[] = []
  const prompt = createPlainPrompt({
    write: line => void lines.push(line),
    now: () => 0,
    again: server => server,
    read: async (signal, question) => {
      questions.push(question)
      expect(sent).toEqual([])
      return answers.shift() ?? sleep(60_000, '', { signal })
    },
  })
  const view = signInView({ formerHost: clean('old.example.com') })
  const call = { send: (request: Request) => void sent.push(request), next: createQueue<Report>().take }
  const browser = { available: true, open: async () => true }
  const over = new AbortController()
  const ending = answerFromHere({ call, view, prompt, browser, forward: () => undefined }, over.signal)
  await waitFor(() => expect(sent).toEqual([{ type: 'choose', choice: route('paste') }]))
  over.abort('left')
  await expect(ending).rejects.toBe('left')
  expect(lines.join('\n')).toContain('Sign-in server CHANGED: was old.example.com, now login.example.com')
  expect(questions.slice(0, 2).every(question => question.includes('type login.example.com'))).toBe(true)
})
