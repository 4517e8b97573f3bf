import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { HostError } from '../../../src/errors.ts'
import type { PermissionAsk } from '../../../src/runtime/types.ts'
import { clean } from '../../../src/text.ts'
import { openPlainChat } from '../../../src/ui/plain/chat.ts'
import { fakeClock } from '../../support/clock.ts'
import { signInView } from '../panels/view.ts'

const never = new AbortController().signal
const CHOICE = 'Choice (a number):'

const ask: PermissionAsk = {
  id: '1',
  kind: 'command',
  title: clean('Run a command?'),
  body: 'npm test\n1 allow once, 2 no',
  intention: clean('to see'),
  warning: clean('careful'),
  names: ['shell'],
  approval: { kind: 'commands' },
}

/** A chat in front of a person who types. */
function open() {
  const stdin = new PassThrough()
  const clock = fakeClock()
  let written = ''
  let ctrlC: (() => void) | undefined
  const submitted: string[] = []
  const count = { interrupts: 0 }
  const chat = openPlainChat({
    ...{ stdin, clock, version: '1.0', model: 'model', folder: '~', prompts: [] },
    stdout: { write: text => (written += text) },
    interrupts(handler) {
      ctrlC = handler
      return () => {
        ctrlC = undefined
      }
    },
    onSubmit: text => submitted.push(text),
    onInterrupt: () => {
      count.interrupts += 1
    },
  })
  const pass = async (ms: number) => {
    await turn()
    clock.advance(ms)
    await turn()
    await turn()
  }
  return {
    ...{ chat, stdin, submitted, count, pass },
    lines: () => written.split('\n').slice(2, -1),
    last: () => written.split('\n').at(-2),
    raw: () => written,
    async type(text: string) {
      stdin.write(text)
      await pass(40)
    },
    /** Types once the question takes answers. */
    async answer(text: string) {
      await pass(500)
      stdin.write(`${text}\n`)
      await pass(40)
    },
    async press(after = 1000) {
      await pass(after)
      ctrlC?.()
      await pass(0)
    },
    holdsCtrlC: () => ctrlC !== undefined,
  }
}

test('a greeting; what is typed is a message', async () => {
  const { submitted, type, raw } = open()
  expect(raw()).toBe(
    'copilot-host 1.0, model, ~\nType a message and press Enter. /help lists commands. Ctrl+C stops, twice it leaves.\n',
  )
  await type('hello\n')
  await type('/login notes\n')
  await type('1\n')
  expect(submitted).toEqual(['hello', '/login notes', '1'])
})

test('permission: everything that will happen stands in from our own lines; one number answers', async () => {
  const { chat, lines, answer } = open()
  const decision = chat.askPermission(ask, never)
  await answer('1')
  expect(await decision).toEqual({ kind: 'once' })
  expect(lines()).toEqual([
    'Run a command?',
    '! careful',
    '  npm test',
    '  1 allow once, 2 no',
    '  (to see)',
    '1 allow once, 2 no, 3 no and say why, 4 allow for this session, 5 allow for this project',
    CHOICE,
    'allowed once',
  ])
})

test.each<[string, string[], object]>([
  ['no', ['2'], { kind: 'no' }],
  ['a reason', ['3', ' not today '], { kind: 'no', reason: 'not today' }],
  ['no reason', ['3', ''], { kind: 'no' }],
  ['this session', ['4'], { kind: 'session' }],
  ['this project', ['5'], { kind: 'project' }],
  [
    'everything that is no number of the list',
    ['', ' ', 'y', 'yes', '0', '6', '-1', '1.0', '1 2', '01x', '١', '1\n1', '2'],
    { kind: 'no' },
  ],
])('permission: %s', async (_name, answers, expected) => {
  const { chat, submitted, answer } = open()
  const decision = chat.askPermission(ask, never)
  for (const text of answers) await answer(text)
  expect(await decision).toEqual(expected)
  expect(submitted).toEqual([])
})

test('permission: where the runtime knows no "this session", there is no number for it', async () => {
  const { chat, lines, answer } = open()
  const decision = chat.askPermission({ ...ask, approval: undefined }, never)
  await answer('4')
  await answer('2')
  expect(await decision).toEqual({ kind: 'no' })
  expect(lines()).toContain('1 allow once, 2 no, 3 no and say why')
})

test('permission: who asks, why once more, and what it would allow for longer', async () => {
  const { chat, lines, answer } = open()
  const more = { agent: clean('helper'), signedIn: clean('notes'), lasting: clean('npm test') }
  const decision = chat.askPermission({ ...ask, ...more }, never)
  await answer('5')
  expect(await decision).toEqual({ kind: 'project' })
  expect(lines().slice(4)).toEqual([
    '  (asked again: the sign-in to notes was renewed, so the call begins anew)',
    '  (asked by the sub-agent helper)',
    '  (to see)',
    '  (session and project allow from now on: npm test)',
    '1 allow once, 2 no, 3 no and say why, 4 allow for this session, 5 allow for this project',
    CHOICE,
    'allowed in this project from now on: npm test (/reset-allowed-tools ends it)',
  ])
})

test('a line from before the question is a message, its number is nothing; what is typed behind it is an answer', async () => {
  const { chat, submitted, lines, type, answer, pass } = open()
  await pass(1000)
  const decision = chat.askPermission(ask, never)
  await type('and then\n')
  await type('1\n')
  expect(submitted).toEqual(['and then'])
  expect(lines()).not.toContain(CHOICE)
  expect(lines()).toContain('That came before the question. It was not taken.')
  await answer('please stop')
  // The person is answering by now: what comes too early is no message either.
  await type('oh well\n')
  await type('1\n')
  expect(
    lines().filter(line => line === 'That came before it was asked for. It was not taken.'),
  ).toHaveLength(2)
  await answer('2')
  expect(await decision).toEqual({ kind: 'no' })
  expect(submitted).toEqual(['and then'])
})

test('one question at a time: the next one does not take the answer of the first', async () => {
  const { chat, lines, answer, type, pass } = open()
  const first = chat.askPermission(ask, never)
  const second = chat.askPermission({ ...ask, title: clean('Write a file?') }, never)
  const dialog = chat.signIn(signInView())
  const third = dialog.choice(never)
  await answer('1')
  expect(await first).toEqual({ kind: 'once' })
  expect(lines().filter(line => line === CHOICE)).toHaveLength(1)
  expect(lines().join('\n')).not.toContain('Sign in to billing')
  await type('1\n')
  await answer('2')
  expect(await second).toEqual({ kind: 'no' })
  await pass(0)
  expect(lines().join('\n')).toContain('Sign in to billing')
  await answer('5')
  expect(await third).toEqual({ kind: 'later' })
  dialog.close({ kind: 'later' })
  await pass(0)
  expect(lines().at(-1)).toBe('billing: sign-in later (/login billing)')
})

test('a withdrawn question is told, and the answer to it goes nowhere', async () => {
  const { chat, submitted, lines, last, type, pass } = open()
  const controller = new AbortController()
  const decision = chat.askPermission(ask, controller.signal)
  const waiting = chat.askPermission({ ...ask, title: clean('Never shown?') }, controller.signal)
  waiting.catch(() => {})
  await pass(500)
  controller.abort(new HostError('cancelled', 'withdrawn'))
  // Before whatever comes of it: a turn that is over says "ready" next.
  expect(last()).toBe('no longer asked: Run a command?')
  await expect(decision).rejects.toThrow('withdrawn')
  await expect(waiting).rejects.toThrow('withdrawn')
  expect(last()).toBe('no longer asked: Run a command?')
  expect(lines().join('\n')).not.toContain('Never shown')
  await type('1\n')
  expect(submitted).toEqual([])
  expect(last()).toBe('That question is closed. Nothing was sent.')
})

test('the address of a sign-in that is over is never sent to the model', async () => {
  const { submitted, last, type } = open()
  await type('http://127.0.0.1:4011/callback?code=secret&state=abc\n')
  expect(submitted).toEqual([])
  expect(last()).toBe('That is the address of a sign-in that is not open. It was not sent.')
  await type('why does http://127.0.0.1/?code=1&state=2 fail?\n')
  expect(submitted).toHaveLength(1)
})

test('Ctrl+C: cancels the question; stops the turn; twice it leaves', async () => {
  const { chat, count, lines, press, pass, holdsCtrlC } = open()
  const decision = chat.askPermission(ask, never)
  const dialog = chat.signIn(signInView())
  const choice = dialog.choice(never)
  await pass(500)
  await press()
  expect(await decision).toEqual({ kind: 'no' })
  await press(3000)
  expect(await choice).toEqual({ kind: 'cancel' })
  expect(await dialog.choice(never)).toEqual({ kind: 'cancel' })
  dialog.close({ kind: 'cancelled' })
  await press(3000)
  expect(count.interrupts).toBe(0)
  chat.show({ type: 'sent', text: 'x' })
  await press(3000)
  expect(count.interrupts).toBe(1)
  chat.show({ type: 'idle', aborted: true })
  // One key press that is told twice is one.
  await press(3000)
  await press(10)
  await press(500)
  expect(await chat.left).toEqual({ by: 'interrupt', draft: '' })
  expect(lines()).toContain('Ctrl+C again leaves.')
  await chat.close()
  await chat.close()
  expect(holdsCtrlC()).toBe(false)
})

test('the end of the input leaves: a question that is open is a no', async () => {
  const { chat, stdin, type } = open()
  const decision = chat.askPermission(ask, never)
  const dialog = chat.signIn(signInView())
  const choice = dialog.choice(never)
  choice.catch(() => {})
  await type('half')
  stdin.end()
  expect(await decision).toEqual({ kind: 'no' })
  await expect(choice).rejects.toThrow('standard input has ended')
  expect(await chat.left).toEqual({ by: 'end', draft: 'half' })
})

test('what is given back is sent by /send, once', async () => {
  const { chat, submitted, lines, last, type } = open()
  chat.show({ type: 'draft', text: 'second' })
  chat.show({ type: 'draft', text: 'first' })
  await type('/send\n')
  expect(submitted).toEqual(['first\nsecond'])
  chat.show({ type: 'sent', text: 'first\nsecond' })
  expect(lines()).toContain('you: first second')
  await type('/send\n')
  expect(submitted).toHaveLength(1)
  expect(last()).toBe('There is nothing to send.')
})

test('replies come in whole lines and once; the past is told by how it ended', async () => {
  const { chat, lines } = open()
  const reply = (text: string) => ({ type: 'reply-delta', messageId: '1', text }) as const
  chat.showHistory([
    { type: 'user', messageId: '0', text: 'hello\nthere' },
    { type: 'tool-start', id: 't', name: clean('whoami'), summary: clean('') },
    { type: 'server', name: clean('notes'), status: 'connected' },
    { type: 'tool-end', id: 't', end: 'ok', text: 'Ada' },
    { type: 'tool-start', id: 'u', name: clean('bash'), summary: clean('') },
    { type: 'reply', messageId: '0', text: 'An **answer**\n\nof two parts' },
    { type: 'idle', aborted: false },
  ])
  for (const text of ['Hel', 'lo\nwor', 'ld']) chat.show(reply(text))
  chat.show({ type: 'notice', level: 'info', text: clean('by the way') })
  chat.show({ type: 'reply', messageId: '1', text: 'Hello\nworld!' })
  chat.show(reply('late'))
  chat.show({ type: 'reply', messageId: '1', text: 'Hello\nworld!' })
  chat.show({ ...reply('cut o'), messageId: '2' })
  await chat.close()
  chat.show({ type: 'interrupted' })
  expect(lines()).toEqual([
    'Earlier in this session:',
    'you: hello',
    '  there',
    'tool whoami is done: Ada',
    'An **answer**',
    '',
    'of two parts',
    'Now:',
    'Hello',
    'by the way',
    'world!',
    'cut o',
  ])
})

test('no byte but text and line feeds is written, whatever comes', async () => {
  const { chat, raw, answer, type } = open()
  const evil = 'a\u001b]0;owned\u0007\u001b[2J\r\u009b31m\u202e\u0000'
  const decision = chat.askPermission({ ...ask, body: `${evil}\n${evil}` }, never)
  await answer(`\u001b[A1\u001b[B${evil.slice(1)}`)
  await decision
  chat.show({ type: 'reply', messageId: '1', text: evil })
  chat.tell({ level: 'warning', text: evil })
  await type(`${evil}\n`)
  expect(raw()).not.toMatch(/[^\n\P{C}]/u)
})

test('what was typed for a question that closes by itself is not sent unless the person says so', async () => {
  const { chat, submitted, pass, stdin, answer, type, last } = open()
  const over = new AbortController()
  const key = { type: 'text', name: 'key', title: clean('API key'), required: true } as const
  const asked = chat.ask(
    { kind: 'form', id: '1', server: clean('vault'), text: 'Key', fields: [key] },
    over.signal,
  )
  asked.catch(() => {})
  await answer('1')
  await pass(500)
  stdin.write('sk-secret\n')
  await pass(0)
  over.abort(new HostError('cancelled', 'withdrawn'))
  await pass(40)
  expect(last()).toBe('That question is closed. Nothing was sent; /send sends it as a message.')
  expect(submitted).toEqual([])
  await type('/send\n')
  expect(submitted).toEqual(['sk-secret'])
})

test('a message after a sign-in that ended by itself, or after Ctrl+C, is one', async () => {
  const { chat, submitted, pass, type, press } = open()
  const over = new AbortController()
  const dialog = chat.signIn(signInView())
  dialog.choice(over.signal).catch(() => {})
  await pass(500)
  over.abort(new HostError('cancelled', 'signed in'))
  dialog.close({ kind: 'signed-in', keptIn: 'file' })
  await type('who am i?\n')
  expect(submitted).toEqual(['who am i?'])
  const decision = chat.askPermission(ask, never)
  decision.catch(() => {})
  await pass(500)
  await press()
  await type('something else\n')
  expect(submitted).toEqual(['who am i?', 'something else'])
})

test('a message typed where a sign-in asks is kept for /send; an address that is none of its own is not', async () => {
  const { chat, submitted, lines, type, answer } = open()
  const dialog = chat.signIn(signInView())
  const choice = dialog.choice(never)
  await answer('who am i?')
  await answer('/send')
  await answer('http://127.0.0.1:1/?code=x&state=y')
  await answer('5')
  expect(await choice).toEqual({ kind: 'later' })
  dialog.close({ kind: 'later' })
  await type('/send\n')
  expect(submitted).toEqual(['who am i?'])
  expect(lines()).toEqual(
    expect.arrayContaining([
      'not sent: who am i?',
      '/send sends it',
      'That is not the address of this sign-in: none is open yet.',
    ]),
  )
})

test('commands sent quickly one after the other are one each; a text with such a line is one message', async () => {
  const { submitted, type } = open()
  await type('/foo\n/mcp now\n\n')
  await type('see\n/mcp\n')
  expect(submitted).toEqual(['/foo', '/mcp now', 'see\n/mcp'])
})

test('a question that is put away waits until it is called back; what is typed meanwhile is a message', async () => {
  const { chat, submitted, lines, type, answer, last } = open()
  const decision = chat.askPermission(ask, never)
  await answer('/later')
  expect(last()).toBe('It waits. /answer asks it again.')
  await type('1\n')
  await type('meanwhile\n')
  expect(submitted).toEqual(['1', 'meanwhile'])
  await type('/answer\n')
  expect(lines().filter(line => line === ask.title)).toHaveLength(2)
  await answer('1')
  expect(await decision).toEqual({ kind: 'once' })
  await type('/answer\n')
  expect(last()).toBe('No question waits.')
  await type('/later\n')
  expect(last()).toBe('No question is open.')
})

test('a question that was put away: the next one is asked, Ctrl+C stops the turn, and a withdrawal ends it', async () => {
  const { chat, lines, answer, count, press, type } = open()
  const withdrawn = new AbortController()
  const first = chat.ask(
    { kind: 'question', id: 'q', text: 'Why?', choices: [], freeform: true },
    withdrawn.signal,
  )
  const second = chat.askPermission(ask, never)
  await answer('/later')
  await answer('2')
  expect(await second).toEqual({ kind: 'no' })
  chat.show({ type: 'turn-start' })
  await press()
  expect(count.interrupts).toBe(1)
  withdrawn.abort(new HostError('cancelled', 'withdrawn'))
  await expect(first).rejects.toThrow('withdrawn')
  expect(lines()).toContain('no longer asked: A question for you:')
  await type('/answer\n')
  expect(lines().at(-1)).toBe('No question waits.')
})
