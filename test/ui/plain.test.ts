import { describe, expect, test } from 'vitest'
import type { RouteName, SignInView } from '../../src/auth/types.ts'
import { HostError } from '../../src/errors.ts'
import { clean } from '../../src/text.ts'
import { createPlainPrompt } from '../../src/ui/plain.ts'
import { address, signInView } from './panels/view.ts'

const MENU =
  '1 open the browser, 2 code for another device, 3 paste an address, 4 another account, 5 later, 6 cancel'
const FIRST = 'Choice (a number, Enter for 1):'
const never = new AbortController().signal

/** A dialog in front of a person who types `answers` (nobody there without them). */
function open(options: { view?: Partial<SignInView>; answers?: string[]; route?: RouteName } = {}) {
  const lines: string[] = []
  const answers = [...(options.answers ?? [])]
  const prompt = createPlainPrompt({
    again: server => `copilot-host auth login ${server}`,
    write: line => lines.push(line),
    now: () => 0,
    route: options.route,
    read:
      options.answers &&
      (async (_signal, question) => {
        lines.push(question)
        const answer = answers.shift()
        if (answer === undefined) throw new HostError('cancelled', 'the input ended')
        return answer
      }),
  })
  return { lines, dialog: prompt.signIn(signInView(options.view)), prompt }
}

/** What `choice` does while nothing more can come: it ends by its signal. */
async function waits(choice: (signal: AbortSignal) => Promise<unknown>) {
  const controller = new AbortController()
  const waiting = choice(controller.signal)
  controller.abort(new HostError('cancelled', 'over'))
  await expect(waiting).rejects.toThrow('over')
  await expect(choice(controller.signal)).rejects.toThrow('over')
}

test('says who, why, where and which rights before anything happens', async () => {
  const view = {
    tool: clean('list_invoices'),
    grantedScopes: [clean('a.b')],
    account: clean('you@example.com'),
  }
  const { dialog, lines } = open({ view, route: 'browser' })
  await dialog.choice(never)
  expect(lines).toEqual([
    'Sign in to billing (billing.example.com). The server asks for a sign-in before its first use. For list_invoices.',
    'Sign-in page: login.example.com, first seen. Rights: invoices.read. Already given: a.b. Signed in as you@example.com. Kept in the system keychain. 10:00 left.',
  ])
})

test('says which account is to sign in, where one was named', async () => {
  const { dialog, lines } = open({ view: { wanted: clean('work') }, route: 'browser' })
  await dialog.choice(never)
  expect(lines[1]).toContain(' Sign in as work. ')
})

describe('the route', () => {
  test('named on the command line: taken once without a question, then it waits', async () => {
    const { dialog, lines } = open({ route: 'device', answers: ['unused'] })
    expect(await dialog.choice(never)).toEqual({ kind: 'route', route: 'device' })
    expect(lines).toHaveLength(2)
    await waits(dialog.choice)
  })

  test('named, but not possible: cancelled, with a line', async () => {
    const { dialog, lines } = open({ route: 'device', view: { routes: ['browser'] } })
    expect(await dialog.choice(never)).toEqual({ kind: 'cancel' })
    expect(lines.at(-1)).toBe('billing does not allow this way to sign in here: code for another device')
  })

  test('neither named nor anybody there: nothing is started', async () => {
    const { dialog, lines } = open()
    expect(await dialog.choice(never)).toEqual({ kind: 'cancel' })
    expect(lines.at(-1)).toContain('--sign-in browser or --sign-in device')
  })

  test.each<[string, string[], object]>([
    ['a number', ['2'], { kind: 'route', route: 'device' }],
    ['Enter', [''], { kind: 'route', route: 'browser' }],
    ['nonsense first', ['x', '0', '-1', '1.5', '99', ' 3 '], { kind: 'route', route: 'paste' }],
    ['another account', ['4'], { kind: 'account' }],
    ['later', ['5'], { kind: 'later' }],
    ['cancel', ['6'], { kind: 'cancel' }],
  ])('asked of a person: %s', async (_name, answers, choice) => {
    const { dialog, lines } = open({ answers })
    expect(await dialog.choice(never)).toEqual(choice)
    expect(lines).toContain(MENU)
  })

  test('no more input ends the question', async () => {
    await expect(open({ answers: ['x'] }).dialog.choice(never)).rejects.toThrow('the input ended')
  })
})

describe('steps', () => {
  const url = address(`https://login.example.com/authorize?state=${'x'.repeat(500)}`)

  test('the address stands whole and alone on its line', () => {
    const { dialog, lines } = open()
    dialog.show({ kind: 'browser', url, opened: true })
    dialog.show({ kind: 'browser', url, opened: false })
    dialog.show({ kind: 'paste', url })
    expect(lines.filter(line => line === url)).toHaveLength(3)
    expect(lines).toContain('No browser could be opened. Open this address:')
  })

  test('the code, its page and its time', () => {
    const { dialog, lines } = open()
    dialog.show({
      kind: 'device',
      page: address('https://login.example.com/device'),
      code: clean('WDJB-MJHT'),
      expiresAt: 300_000,
    })
    expect(lines.slice(-2)).toEqual([
      'On any device open https://login.example.com/device and enter the code WDJB-MJHT',
      'Only if you started this yourself. 5:00 left.',
    ])
  })

  test('pasted addresses, as often as needed; blank lines are none', async () => {
    const { dialog } = open({
      route: 'paste',
      answers: ['', ' http://127.0.0.1/?code=1 ', 'http://127.0.0.1/?code=2'],
    })
    await dialog.choice(never)
    dialog.show({ kind: 'paste', url })
    expect(await dialog.choice(never)).toEqual({ kind: 'pasted', address: 'http://127.0.0.1/?code=1' })
    const again = dialog.choice(never)
    dialog.show({ kind: 'trouble', route: 'paste', error: new HostError('usage', 'that is not it') })
    expect(await again).toEqual({ kind: 'pasted', address: 'http://127.0.0.1/?code=2' })
  })

  test('a client id is asked for while a route was being tried, and one line answers it', async () => {
    const error = new HostError('no-client', 'login.example.com does not register apps')
    for (const route of ['browser', 'paste'] as const) {
      const { dialog, lines } = open({ route, answers: ['', 'мой', 'x'.repeat(1025), 'my-app', 'http://a/'] })
      await dialog.choice(never)
      const typed = dialog.choice(never)
      dialog.show({ kind: 'client', error })
      expect(await typed).toEqual({ kind: 'client', id: 'my-app' })
      const asked = 'Client id (or a number):'
      expect(lines.slice(2)).toEqual([
        'login.example.com does not register apps',
        'Register an app at login.example.com with the redirect address http://127.0.0.1/ and paste its client id here:',
        ...[MENU, asked, 'That is none of these. ? lists them.'],
        ...[asked, 'That is no client id: letters, digits and signs only.'],
        ...[asked, 'That is no client id: letters, digits and signs only.', asked],
      ])
      // With that client the route goes on, and an address can be pasted.
      const pasted = dialog.choice(never)
      dialog.show({ kind: 'paste', url })
      expect(await pasted).toEqual({ kind: 'pasted', address: 'http://a/' })
    }
  })

  test('a client id is not waited for where nobody can type', async () => {
    const { dialog, lines } = open({ route: 'browser' })
    await dialog.choice(never)
    dialog.show({ kind: 'client', error: new HostError('no-client', 'login.example.com registers nobody') })
    expect(await dialog.choice(never)).toEqual({ kind: 'cancel' })
    expect(lines).toContain('login.example.com registers nobody')
  })

  test('over SSH: the command that brings a browser back stands alone on its line', () => {
    const { dialog, lines } = open()
    const forward = clean('ssh -L 4011:127.0.0.1:4011 you@devbox')
    dialog.show({ kind: 'browser', url, opened: true, forward })
    dialog.show({ kind: 'paste', url, forward })
    expect(lines.filter(line => line === forward)).toHaveLength(2)
  })

  test('a sign-in server that has changed is said first; another one can be chosen', async () => {
    const others = [{ issuer: 'https://c.example', host: clean('c.example') }]
    const view = { formerHost: clean('a.example'), pageHost: clean('b.example'), others }
    const { dialog, lines } = open({ view, answers: ['', 'a.example', '3', 'B.Example', '7', '1'] })
    expect(await dialog.choice(never)).toEqual({ kind: 'issuer', issuer: 'https://c.example' })
    expect(lines[0]).toBe('! billing: Sign-in server CHANGED: was a.example, now b.example.')
    dialog.update(signInView({ pageHost: clean('c.example') }))
    expect(await dialog.choice(never)).toEqual({ kind: 'route', route: 'browser' })
    expect(lines.join('\n')).toContain('Sign-in page: c.example, first seen.')
    expect(lines.filter(line => line === 'That is not b.example.')).toHaveLength(3)
    expect(lines).toContain('If that is right, type b.example to go on; 1 later, 2 cancel:')
    expect(await open({ view, answers: ['1'] }).dialog.choice(never)).toEqual({ kind: 'later' })
    expect(await open({ view, answers: ['2'] }).dialog.choice(never)).toEqual({ kind: 'cancel' })
  })

  test('trouble and the end, cleaned and with the next step', () => {
    const { dialog, lines, prompt } = open()
    const error = new HostError('sign-in-failed', 'it\u001b[31m failed')
    dialog.show({ kind: 'trouble', route: 'browser', error })
    dialog.close({ kind: 'failed', error })
    prompt.tell({ level: 'warning', text: 'a line' })
    expect(lines.slice(-3)).toEqual([
      'billing: it failed',
      'billing: it failed. copilot-host auth login billing tries again',
      'a line',
    ])
  })
})

describe('while a route runs', () => {
  const url = address('https://login.example.com/authorize')
  const running = async (answers: string[]) => {
    const opened = open({ answers: ['1', ...answers] })
    await opened.dialog.choice(never)
    const next = opened.dialog.choice(never)
    // Nothing is asked before there is something to say.
    await Promise.resolve()
    expect(opened.lines.at(-1)).toBe(FIRST)
    opened.dialog.show({ kind: 'browser', url, opened: true })
    return { ...opened, next }
  }

  test.each<[string, object]>([
    ['1', { kind: 'route', route: 'browser' }],
    ['2', { kind: 'route', route: 'device' }],
    ['3', { kind: 'route', route: 'paste' }],
    ['4', { kind: 'account' }],
    ['5', { kind: 'later' }],
    ['6', { kind: 'cancel' }],
    [
      'http://127.0.0.1:4011/?code=1&state=2',
      { kind: 'pasted', address: 'http://127.0.0.1:4011/?code=1&state=2' },
    ],
    ['http://127.0.0.1:4011/?co\nde=1', { kind: 'pasted', address: 'http://127.0.0.1:4011/?code=1' }],
    ['127.0.0.1/?code=1', { kind: 'pasted', address: '127.0.0.1/?code=1' }],
  ])('%j', async (answer, choice) => {
    const { next, lines } = await running([answer])
    expect(await next).toEqual(choice)
    expect(lines.slice(-2)).toEqual([MENU, 'Choice (a number, or a pasted address):'])
  })

  test('what is neither is asked for again', async () => {
    const { next, lines } = await running(['', '7', '0', 'hello', '1\n2', '5'])
    expect(await next).toEqual({ kind: 'later' })
    expect(lines.filter(line => line === 'That is none of these. ? lists them.')).toHaveLength(5)
  })

  test('the list is told once more to who asks for it', async () => {
    const { next, lines } = await running(['?', '6'])
    expect(await next).toEqual({ kind: 'cancel' })
    expect(lines.filter(line => line === MENU)).toHaveLength(3)
  })

  test('another sign-in server can be chosen only before', async () => {
    const others = [{ issuer: 'https://c.example', host: clean('c.example') }]
    const { dialog, lines } = open({ view: { others }, answers: ['1', '7', '6'] })
    await dialog.choice(never)
    dialog.show({ kind: 'browser', url, opened: true })
    expect(await dialog.choice(never)).toEqual({ kind: 'cancel' })
    expect(lines[2]).toBe(`${MENU}, 7 sign in at c.example`)
    expect(lines.at(-2)).toBe('That is none of these. ? lists them.')
  })

  test('another sign-in server that does not answer: nothing was opened, so it can be chosen again', async () => {
    const others = [{ issuer: 'https://c.example', host: clean('c.example') }]
    const { dialog } = open({ view: { others }, answers: ['7', '7'] })
    await dialog.choice(never)
    dialog.show({ kind: 'trouble', route: 'browser', error: new HostError('http-network', 'c.example') })
    expect(await dialog.choice(never)).toEqual({ kind: 'issuer', issuer: 'https://c.example' })
  })

  test('a number is never taken for an address', async () => {
    const { dialog } = open({ answers: ['3', '9', '6'] })
    await dialog.choice(never)
    dialog.show({ kind: 'paste', url })
    expect(await dialog.choice(never)).toEqual({ kind: 'cancel' })
  })
})

describe('several servers', () => {
  const url = address('https://login.example.com/authorize')
  const more = { server: clean('more'), pageHost: clean('more.example.com') }

  /** Two sign-ins whose choices are waited for. */
  function two(answers: string[], view: Partial<SignInView> = {}) {
    const opened = open({ answers })
    const other = opened.prompt.signIn(signInView({ ...more, ...view }))
    const choices = [opened.dialog.choice(never), other.choice(never)] as const
    choices[1].catch(() => {})
    return { ...opened, other, choices }
  }

  test('one at a time, the next one is introduced when the first is over', async () => {
    const { dialog, lines, prompt } = open({ route: 'browser' })
    const second = prompt.signIn(signInView(more))
    const waiting = second.choice(never)
    await dialog.choice(never)
    expect(lines.join('\n')).not.toContain('Sign in to more')
    expect(lines).toContain('Waiting behind it: more (sign-in page: more.example.com).')
    dialog.close({ kind: 'cancelled' })
    expect(await waiting).toEqual({ kind: 'route', route: 'browser' })
    expect(lines.join('\n')).toContain('Sign in to more')
  })

  test('all in one tab: the first is opened, the others follow and are told when it is their turn', async () => {
    const { dialog, other, choices, lines } = two(['7', '6'])
    expect(await choices[0]).toEqual({ kind: 'route', route: 'browser' })
    expect(lines).toContain(`${MENU}, 7 all 2 by browser, in one tab, 8 the next one first`)
    expect(await choices[1]).toEqual({ kind: 'follow' })
    const next = other.choice(never)
    other.show({ kind: 'browser', url, opened: false, follows: true })
    expect(lines.join('\n')).not.toContain('Sign in to more')
    dialog.show({ kind: 'browser', url, opened: true })
    dialog.close({ kind: 'signed-in', keptIn: 'keychain' })
    expect(await next).toEqual({ kind: 'cancel' })
    expect(lines.slice(-7)).toEqual([
      'signed in to billing, kept in the system keychain',
      'Sign in to more (billing.example.com). The server asks for a sign-in before its first use.',
      'Sign-in page: more.example.com, first seen. Rights: invoices.read. Kept in the system keychain. 10:00 left.',
      'The page of the sign-in before leads to this one. If it does not, open this address:',
      url,
      MENU,
      'Choice (a number, or a pasted address):',
    ])
  })

  test('one whose sign-in page has changed, or that has no browser, does not follow', async () => {
    for (const view of [{ formerHost: clean('a.example') }, { routes: ['device' as const] }]) {
      const { choices, lines } = two(['7', '6'], view)
      // 7 is the next number: the other one first. It is asked on its own, and `6` is no answer to it.
      await Promise.race([choices[0], choices[1].catch(() => {})])
      expect(lines).toContain(`${MENU}, 7 the next one first`)
      expect(lines.findIndex(line => line.startsWith('Sign in to more'))).toBeGreaterThan(2)
    }
  })

  test('the next one first: this one is introduced again afterwards', async () => {
    const { other, choices, lines } = two(['8', '5', '6'])
    expect(await choices[1]).toEqual({ kind: 'later' })
    other.close({ kind: 'later' })
    expect(await choices[0]).toEqual({ kind: 'cancel' })
    expect(lines.filter(line => line.startsWith('Sign in to billing'))).toHaveLength(2)
  })

  test('a sign-in that was over before its turn leaves one line', async () => {
    const { dialog, other, lines } = two(['1'])
    other.close({ kind: 'withdrawn' })
    dialog.close({ kind: 'cancelled' })
    expect(lines.filter(line => line.includes('more'))).toHaveLength(1)
  })
})
