import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SignInView } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'
import { buildProgram, type Program, type TestChat } from './fixture/open.ts'

let program: Program
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(() => program.remove())

const view = (id: string, server: string): SignInView => ({
  id,
  server: clean(server),
  serverHost: clean(`${server}.example.com`),
  pageHost: clean('login.example.com'),
  others: [],
  reason: 'initial',
  newScopes: [clean('invoices.read')],
  grantedScopes: [],
  keptIn: 'keychain',
  routes: ['browser', 'device'],
  deadline: Date.now() + 600_000,
})
const ask = (id: string, body: string) =>
  ({ id, kind: 'command', title: clean('Run a command?'), body, names: [], approval: {} }) as const
const PROMPT = /^›$/m
const found = (terminal: TestTerminal, text: string | RegExp) =>
  typeof text === 'string' ? terminal.screen().includes(text) : text.test(terminal.screen())
const shows = ({ terminal }: TestChat, text: string | RegExp) => terminal.until(() => found(terminal, text))
const hides = ({ terminal }: TestChat, text: string | RegExp) => terminal.until(() => !found(terminal, text))
const told = ({ terminal, reports }: TestChat, report: object) =>
  terminal.until(() => reports.some(each => JSON.stringify(each) === JSON.stringify(report)))

function expectRestored(terminal: TestTerminal): void {
  expect(terminal.modes()).toEqual({ cursorHidden: false, bracketedPaste: false, alternateScreen: false })
  expect(terminal.cursor().x).toBe(0)
}

describe('the first screen', () => {
  test('can be typed into at once; the header is printed once', async () => {
    const chat = await program.start()
    expect(chat.terminal.lines()[0]).toBe('copilot-host 0.1.0 · demo-model · ~/src/shop')
    await chat.terminal.keys('hello', KEY.enter)
    await told(chat, { submit: 'hello' })
    await chat.show({ type: 'sent', text: 'hello' })
    await shows(chat, 'working')
    expect(chat.terminal.lines().filter(line => line.includes('copilot-host'))).toHaveLength(1)
    expect(chat.terminal.lines().filter(line => line === '› hello')).toHaveLength(1)
  })
  test('the cursor stands behind what is written', async () => {
    const chat = await program.start()
    await chat.show({ type: 'line', level: 'info', text: 'something above' })
    await chat.terminal.keys('a漢b')
    await chat.terminal.until(() => {
      const { x, y } = chat.terminal.cursor()
      return x === 6 && chat.terminal.rows()[y] === '› a漢b'
    })
  })
  test('is quiet at rest', async () => {
    const chat = await program.start()
    await chat.show({ type: 'sent', text: 'x' }, { type: 'idle', aborted: false })
    await shows(chat, '› x')
    await hides(chat, 'working')
    // Empty replies that take more than two periods of the spinner: after the first one, the last frame is drawn.
    const played = (count: number) =>
      chat.terminal.until(() => chat.reports.filter(report => 'played' in report).length === count)
    await chat.order({ do: 'play', id: '1', deltas: ['', ''], ms: 300 })
    await played(1)
    const before = chat.terminal.raw().length
    await chat.order({ do: 'play', id: '2', deltas: ['', ''], ms: 300 })
    await played(2)
    expect(chat.terminal.raw().length).toBe(before)
  })
})

describe('leaving', () => {
  test('Ctrl+C twice: the first takes the text, the second leaves', async () => {
    const chat = await program.start()
    await chat.terminal.keys('draft', KEY.ctrlC)
    await shows(chat, '^C again to leave')
    expect(chat.terminal.screen()).not.toContain('draft')
    await chat.terminal.keys(KEY.ctrlC)
    await told(chat, { left: { by: 'interrupt', draft: 'draft' } })
    expect(await chat.terminal.exit).toEqual({ code: 0, signal: 0 })
    expectRestored(chat.terminal)
    expect(chat.terminal.lines().filter(line => line !== '')).toEqual([
      'copilot-host 0.1.0 · demo-model · ~/src/shop',
    ])
  })
  test('twice is told by the clock of the keys, not by that of a session that is drawn again', async () => {
    const chat = await program.start()
    await chat.terminal.keys('draft')
    await shows(chat, '› draft')
    await chat.terminal.keys(KEY.ctrlC)
    await shows(chat, '^C again to leave')
    await chat.order({ do: 'ahead', ms: 60_000 })
    await chat.terminal.keys(KEY.ctrlC)
    await told(chat, { left: { by: 'interrupt', draft: 'draft' } })
  })
  test('Ctrl+D on an empty line', async () => {
    const chat = await program.start()
    await chat.terminal.keys(KEY.ctrlD)
    await told(chat, { left: { by: 'end', draft: '' } })
    await chat.terminal.exit
    expectRestored(chat.terminal)
  })
  test('a signal in the middle of a reply: what was said stays, the live rows go', async () => {
    const chat = await program.start()
    await chat.show(
      { type: 'sent', text: 'go' },
      { type: 'reply-delta', messageId: 'a', text: 'one\nhalf a li' },
    )
    await shows(chat, 'half a li')
    await chat.order({ do: 'ask', ask: ask('p', 'npm test') })
    await shows(chat, 'Run a command?')
    chat.terminal.kill('SIGTERM')
    expect((await chat.terminal.exit).code).toBe(143)
    expectRestored(chat.terminal)
    expect(
      chat.terminal
        .lines()
        .slice(1)
        .filter(line => line !== ''),
    ).toEqual(['› go', 'one', 'half a li'])
  })
  test('an error in a component restores the terminal and is a HostError', async () => {
    const chat = await program.start()
    await chat.show({ type: 'line', level: 'info', text: 'before' })
    await shows(chat, 'before')
    // A model whose name is no text: what a fault in our own code would look like.
    await chat
      .order({ do: 'show', events: [JSON.parse('{"type":"started","model":{},"alreadyInUse":false}')] })
      .catch(() => undefined)
    expect((await chat.terminal.exit).code).toBe(1)
    expect(chat.reports.at(-1)).toEqual({ failed: expect.stringMatching(/^the chat screen failed: \S+/) })
    expectRestored(chat.terminal)
    expect(chat.terminal.lines().join('\n')).not.toMatch(/ at .*:\d+:\d+|file:\/\//)
  })
  test('the modes of the terminal are as they were', async () => {
    const settings = (text: string) => text.split('\n').filter(line => /icanon|echo/.test(line))
    const chat = await program.start({ shell: 'stty -a; CHAT; stty -a; exit' })
    await chat.terminal.keys(KEY.ctrlD)
    await chat.terminal.exit
    const all = settings(chat.terminal.lines().join('\n'))
    expect(all.length).toBeGreaterThan(1)
    expect(all.slice(all.length / 2)).toEqual(all.slice(0, all.length / 2))
  })
})

describe('Esc', () => {
  test('interrupts a running turn; the partial reply is kept and marked', async () => {
    const chat = await program.start()
    await chat.show(
      { type: 'sent', text: 'go' },
      { type: 'reply-delta', messageId: 'a', text: 'half an ans' },
    )
    await shows(chat, 'Esc stops')
    await chat.terminal.keys(KEY.escape)
    await told(chat, { interrupt: true })
    await chat.show({ type: 'interrupted' }, { type: 'idle', aborted: true })
    await shows(chat, '○ interrupted')
    await hides(chat, 'Esc stops')
    expect(chat.terminal.lines().filter(line => line === 'half an ans')).toHaveLength(1)
  })
})

describe('panels', () => {
  test('a panel that appears while somebody types takes no key, and the text is kept', async () => {
    const chat = await program.start()
    await chat.terminal.keys('d', 'o ')
    await chat.order({ do: 'sign-in', view: view('1', 'billing') })
    await chat.terminal.keys('d', 'd', 'y', ' it')
    await shows(chat, 'Sign in to billing')
    await shows(chat, '› do ddy it')
    expect(chat.reports).toEqual([])
    // Left in peace, it takes the composer's place, and then its keys.
    await hides(chat, '› do ddy it')
    await chat.terminal.keys('d')
    await told(chat, { choice: { kind: 'route', route: 'device' } })
    await chat.order({
      do: 'result',
      id: '1',
      result: { kind: 'signed-in', account: clean('me'), keptIn: 'keychain' },
    })
    await shows(chat, '› do ddy it')
    expect(chat.terminal.screen()).not.toContain('Sign in to billing')
    expect(chat.terminal.screen()).toContain('✓ signed in to billing as me')
  })
  test.each([
    ['vt220', 'Not copied: this terminal has no clipboard.'],
    ['xterm-256color', 'The code was copied.'],
  ])('on a %s, a key that copies says: %s', async (term, note) => {
    const chat = await program.start({ term })
    await chat.order({ do: 'sign-in', view: view('1', 'billing') })
    await shows(chat, 'd code for another device')
    await hides(chat, PROMPT)
    await chat.terminal.keys('d')
    await told(chat, { choice: { kind: 'route', route: 'device' } })
    const page = webUrl('https://login.example.com/device', 'the test')
    const code = { kind: 'device', page, code: clean('WDJB-MJHT'), expiresAt: Date.now() + 60_000 } as const
    await chat.order({ do: 'step', id: '1', step: code })
    await shows(chat, 'WDJB-MJHT')
    await chat.terminal.keys('c')
    await shows(chat, note)
  })
  test('a QR code that is wider than the window is not drawn, and the panel says how wide it is', async () => {
    const chat = await program.start({ cols: 40 })
    await chat.order({ do: 'sign-in', view: view('1', 'billing') })
    await shows(chat, 'd code')
    await hides(chat, PROMPT)
    await chat.terminal.keys('d')
    await told(chat, { choice: { kind: 'route', route: 'device' } })
    const page = webUrl(`https://login.example.com/device?user_code=${'X'.repeat(40)}`, 'the test')
    const code = { kind: 'device', page, code: clean('WDJB-MJHT'), expiresAt: Date.now() + 60_000 } as const
    await chat.order({ do: 'step', id: '1', step: code })
    await shows(chat, 'WDJB-MJHT')
    await chat.terminal.keys('q')
    await shows(chat, 'The QR code needs 41 columns.')
    expect(chat.terminal.screen()).not.toMatch(/[▀▄█]{3}|Scan the code/)
  })
  test('Esc is taken at once', async () => {
    const chat = await program.start()
    await chat.order({ do: 'sign-in', view: view('1', 'billing') })
    await chat.terminal.keys(KEY.escape)
    await told(chat, { choice: { kind: 'cancel' } })
  })
  test('one at a time, the others wait; a withdrawn one disappears', async () => {
    const chat = await program.start()
    await chat.order({ do: 'ask', ask: ask('p1', 'first command') })
    await chat.order({ do: 'sign-in', view: view('2', 'billing') })
    await chat.order({ do: 'ask', ask: ask('p3', 'third command') })
    await shows(chat, '1 of 3')
    await shows(chat, 'first command')
    await chat.order({ do: 'withdraw', id: 'p1' })
    await told(chat, { withdrawn: 'p1' })
    await shows(chat, 'Sign in to billing')
    await chat.order({ do: 'result', id: '2', result: { kind: 'withdrawn' } })
    await shows(chat, 'third command')
    await hides(chat, '1 of')
    await hides(chat, PROMPT)
    await chat.terminal.keys('s')
    await told(chat, { decision: { kind: 'session' } })
    await shows(chat, PROMPT)
  })
  test('fits a small window, with the reply and the tools above it', async () => {
    const chat = await program.start({ cols: 40, rows: 12 })
    await chat.show(
      { type: 'sent', text: 'go' },
      { type: 'reply-delta', messageId: 'a', text: 'words '.repeat(200) },
    )
    await chat.show({ type: 'tool-start', id: 't', name: clean('list'), summary: clean('a=1') })
    await chat.order({ do: 'sign-in', view: view('1', 'billing') })
    await chat.order({ do: 'ask', ask: ask('p', 'x\n'.repeat(50)) })
    await shows(chat, 'billing')
    await hides(chat, PROMPT)
    await chat.terminal.keys(KEY.escape)
    await told(chat, { choice: { kind: 'cancel' } })
    await chat.order({ do: 'result', id: '1', result: { kind: 'cancelled' } })
    await shows(chat, 'Run a command?')
    expect(chat.terminal.raw()).not.toMatch(/\u001b\[1;1H|\u001b\[H|\u001b\[[23]J/)
    for (const row of chat.terminal.rows().slice(-12)) expect(row.length).toBeLessThanOrEqual(40)
  })
})

test('a tiny window is no reason to fail', async () => {
  const chat = await program.start({ cols: 12, rows: 5 })
  await chat.show(
    { type: 'sent', text: 'go' },
    { type: 'reply-delta', messageId: 'a', text: 'words '.repeat(50) },
  )
  await chat.order({ do: 'sign-in', view: view('1', 'billing') })
  await chat.terminal.keys(KEY.escape)
  await told(chat, { choice: { kind: 'cancel' } })
  await chat.order({ do: 'close' })
  expect((await chat.terminal.exit).code).toBe(0)
})

describe('the past', () => {
  test('is printed in one go, below the header and above what follows', async () => {
    const chat = await program.start()
    await chat.order({
      do: 'history',
      events: [
        { type: 'user', messageId: '1', text: 'old question' },
        { type: 'tool-start', id: 't', name: clean('list'), summary: clean('a=1') },
        { type: 'tool-end', id: 't', end: 'ok', text: '5 issues' },
        { type: 'reply', messageId: '2', text: 'old **answer**' },
      ],
    })
    await chat.show({ type: 'sent', text: 'new question' })
    await shows(chat, 'new question')
    expect(chat.terminal.lines().slice(0, 11)).toEqual([
      'copilot-host 0.1.0 · demo-model · ~/src/shop',
      '',
      '› old question',
      '',
      '● list  a=1',
      '  5 issues',
      '',
      'old answer',
      '',
      '› new question',
      '',
    ])
  })
  test('Ctrl+O prints what is folded in it: the newest first', async () => {
    const chat = await program.start()
    const long = Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n')
    await chat.order({
      do: 'history',
      events: [
        { type: 'user', messageId: '1', text: `${long}\nasked` },
        { type: 'tool-start', id: 't', name: clean('list'), summary: clean('a=1') },
        { type: 'tool-end', id: 't', end: 'ok', text: `${long}\ngiven` },
        { type: 'reply', messageId: '2', text: 'old answer' },
      ],
    })
    await shows(chat, 'old answer')
    const text = () => chat.terminal.lines().join('\n')
    expect(text()).toMatch(
      /line 19\n {2}… 11 more lines \(Ctrl\+O\)\n[\s\S]*\n {2}… 26 more lines \(Ctrl\+O\)\n/,
    )
    await chat.terminal.keys('\u000f')
    await shows(chat, '  given')
    expect(text()).toContain('\n○ all of the output of list:\n  line 0\n')
    await chat.terminal.keys('\u000f')
    await shows(chat, '  asked')
    expect(text()).toContain('\n○ all of your message:\n  line 0\n')
  })
})

test('the end of the runtime is told, and the screen stays', async () => {
  const chat = await program.start()
  await chat.show({ type: 'sent', text: 'go' })
  await chat.order({ do: 'stop' })
  await shows(chat, '✗ the Copilot runtime stopped (SIGKILL)')
  await chat.terminal.keys('still here')
  await shows(chat, '› still here')
})

test('Ctrl+Z stops the program, fg brings it back with its text', async () => {
  const chat = await program.start({ shell: 'CHAT' })
  await chat.terminal.keys('before ')
  await shows(chat, '› before')
  await chat.terminal.keys(KEY.ctrlZ)
  await shows(chat, 'Stopped')
  expect(chat.terminal.modes()).toMatchObject({ cursorHidden: false, bracketedPaste: false })
  await chat.terminal.keys('fg\r')
  await chat.terminal.until(() => chat.terminal.modes().bracketedPaste)
  await chat.terminal.keys('after')
  await shows(chat, '› before after')
  await chat.terminal.keys(KEY.ctrlC, KEY.ctrlC)
  await told(chat, { left: { by: 'interrupt', draft: 'before after' } })
})

test('a terminal without colour gets none', async () => {
  const chat = await program.start({ env: { ...process.env, NO_COLOR: '1' } })
  await chat.show({ type: 'line', level: 'warning', text: 'careful' }, { type: 'sent', text: 'x' })
  await shows(chat, 'careful')
  expect(chat.terminal.raw()).not.toMatch(/\u001b\[(3|4|9|10)\d[;m]/)
})
