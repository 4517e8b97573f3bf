import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fault, html, json, raw } from '../../support/faulty-server.ts'
import { MOST_MEMORY } from '../../support/leaks.ts'
import { some } from '../../support/more.ts'
import { SOON } from '../../support/patience.ts'
import { panel, unwrapped } from '../../support/person.ts'
import { chooseAndFail, goesOn, type Meeting, meet } from '../../support/strangers.ts'
import { KEY } from '../../support/terminal.ts'

const PLANTED = 'pl4nted-d3vice'
const START = {
  device_code: PLANTED,
  user_code: 'BCDF-GHJK',
  verification_uri: 'https://login.example.com/device',
  expires_in: 600,
  interval: 0,
}
const TOKENS = { access_token: `${PLANTED}-token`, token_type: 'Bearer', expires_in: 600 }

interface Case {
  id: string
  what: string
  faults: Record<string, Fault>
  says: RegExp
}

const start = (id: string, what: string, answer: unknown, says: RegExp): Case => ({
  ...{ id, what, says, faults: { '/device': json(answer) } },
})
const poll = (id: string, what: string, answer: Fault, says: RegExp): Case => ({
  ...{ id, what, says, faults: { '/device': json(START), '/token': answer } },
})
const UNREADABLE = /unreadable answer from the sign-in server/

const REFUSED: Case[] = [
  poll(
    'D-01',
    'access_denied',
    json({ error: 'access_denied', error_description: PLANTED }, 400),
    /declined the sign-in/,
  ),
  poll('D-02', 'expired_token', json({ error: 'expired_token' }, 400), /ran out, start again for a new one/),
  poll(
    'D-02-unknown',
    'a code that is forgotten',
    json({ error: 'invalid_grant' }, 400),
    /ran out, start again/,
  ),
  poll(
    'D-01-odd',
    'an error with escapes',
    json({ error: 'odd\u001b[2J\u202e' }, 400),
    /refused the sign-in \(odd\)/,
  ),
  poll('D-01-page', 'a web page', html(), UNREADABLE),
  ...[
    ['with escapes', 'BCDF\u001b[2J'],
    ['with line ends', 'BCDF\r\nGHJK'],
    ['of 10 KiB', 'B'.repeat(10_240)],
    ['that turns round', 'BCDF\u202eGHJK'],
    ['of spaces only', '     '],
    ['of spaces of elsewhere', '\u3000\u2003'],
    ['of letters that nobody sees', '\u3164\u115f'],
    ['that is a number', 7],
    ['that is not there', undefined],
  ].map(([what, user_code], at) =>
    start(`D-code-${at}`, `a code ${what}`, { ...START, user_code }, UNREADABLE),
  ),
  ...[
    ['javascript:', 'javascript:alert(1)'],
    ['of http', 'http://login.example.com/'],
    ['with a user', 'https://me@login.example.com/'],
    ['with a line end', 'https://login.example.com/\nx'],
    ['of 3 KiB', `https://login.example.com/${'a'.repeat(3000)}`],
    ['that is a list', ['https://login.example.com/']],
    ['that is not there', undefined],
  ].map(([what, verification_uri], at) =>
    start(
      `D-page-${at}`,
      `a page ${what}`,
      { ...START, verification_uri },
      /unsafe address: the page for the code/,
    ),
  ),
  start(
    'D-whole',
    'a complete page javascript:',
    { ...START, verification_uri_complete: 'javascript:alert(1)' },
    /unsafe address: the page for the code has the scheme javascript:/,
  ),
  start('D-list', 'a list', [START], UNREADABLE),
  { id: 'D-html', what: 'a web page', faults: { '/device': html() }, says: UNREADABLE },
  { id: 'D-500', what: 'trouble', faults: { '/device': raw('', {}, 500) }, says: /has temporary trouble/ },
]

/** Answers to the polls, one after the other; the last one stays. */
function inTurn(...answers: Fault[]): Fault {
  let at = 0
  return (...call) => {
    const answer = answers[Math.min(at, answers.length - 1)]
    at += 1
    answer?.(...call)
  }
}
/** When the polls of D-03 came. */
const seen: number[] = []
const noted =
  (answer: Fault): Fault =>
  (...call) => {
    seen.push(performance.now())
    answer(...call)
  }
/** Longer than the pause that is the least, in seconds. */
const LATER = 4

const PENDING = { error: 'authorization_pending' }
const GOOD: Omit<Case, 'says'>[] = [
  {
    ...{ id: 'D-03', what: 'pending with 200, and a 429' },
    faults: {
      '/device': json(START),
      '/token': noted(
        inTurn(json(PENDING), raw('', { 'retry-after': `${LATER}` }, 429), json(PENDING, 400), json(TOKENS)),
      ),
    },
  },
  {
    ...{ id: 'D-04', what: 'no pause, and a life in text' },
    faults: {
      '/device': json({ ...START, expires_in: '60' }),
      '/token': inTurn(json(PENDING, 400), json(TOKENS)),
    },
  },
]

/** A server that knows nothing but codes. */
const metadata = {
  authorization_endpoint: undefined,
  grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code'],
}

let meeting: Meeting
let before: string
beforeAll(async () => {
  meeting = await meet(
    [
      ...[...REFUSED, ...GOOD].map(({ id: name, faults }) => ({ name, faults, metadata })),
      { ...{ name: 'D-06', metadata }, faults: { '/device': json(START), '/token': json(PENDING, 400) } },
      ...['D-05', 'D-07'].map(name => ({
        ...{ name, metadata },
        faults: {
          '/device': json({
            ...START,
            ...(name === 'D-05' ? { interval: 86_400, expires_in: 31_536_000 } : {}),
            verification_uri_complete: 'https://evil.example/device?user_code=BCDF-GHJK',
          }),
          '/token': json(PENDING, 400),
        },
      })),
    ],
    [PLANTED],
  )
  before = await meeting.kept()
})
afterAll(() => meeting.close())

const polls = (name: string) => meeting.at(name).requests.filter(({ path }) => path === '/token').length

/** The cases in so many chats. */
const CHATS = Array.from({ length: 5 }, (_, at) => REFUSED.filter((_each, index) => index % 5 === at))

describe.concurrent('a device code that cannot be used', () => {
  test.each(CHATS)('in a chat: $id and others', async (...cases) => {
    const chat = meeting.chat(cases.map(({ id }) => id))
    const named = cases.map(({ id: name, says }) => ({ name, says }))
    await chooseAndFail(chat, 'd', named)
    // Nothing is asked any more about a code that is over.
    for (const { id, faults } of cases) if (faults['/token']) expect(polls(id)).toBe(1)
    await goesOn(
      meeting,
      chat,
      named.map(({ name }) => name),
    )
  })

  test.each(some(REFUSED, 3))('$id $what: one prompt ends with 4', async ({ id, says }) => {
    const command = meeting.command(['chat', '-p', 'SAY nobody', '--sign-in', 'device'], [id])
    expect((await command.exit).code).toBe(4)
    expect(command.lines().join(' ').replaceAll(/\s+/g, ' ')).toMatch(says)
    expect(command.peak()).toBeLessThan(MOST_MEMORY)
  })
})

describe.concurrent('a device code', () => {
  test.each(GOOD)('$id $what: signed in, at most one poll in a second', async ({ id }) => {
    const began = performance.now()
    const command = meeting.command(['auth', 'login', id, '--sign-in', 'device'], [id])
    expect((await command.exit).code, command.lines().join('\n')).toBe(0)
    expect((performance.now() - began) / 1000).toBeGreaterThan(polls(id))
    if (id !== 'D-03') return
    const [, first = 0, second = 0, third = 0] = seen
    expect((second - first) / 1000).toBeGreaterThan(LATER - 0.1)
    expect(third).toBeGreaterThan(second)
  })

  test('D-05: pause and life have a bound, which is told; the QR code leads to no other host', async () => {
    const chat = meeting.chat(['D-05'])
    await panel(chat, 'Sign in to D-05')
    await chat.keys('d')
    await chat.until(() => chat.screen().includes('BCDF-GHJK'))
    // What runs out first is said: the time for the sign-in, here.
    expect(chat.screen()).toMatch(/9:5\d left|10:00 left/)
    expect(chat.screen()).toContain('login.example.com')
    await chat.keys('q')
    await chat.until(() => !chat.screen().includes('and enter this code'))
    expect(chat.raw()).not.toContain('evil.example')
    await chat.keys('q')
    await chat.keys(KEY.escape)
    await chat.until(() => chat.screen().includes('sign-in cancelled'))
    expect(polls('D-05')).toBe(0)
    await goesOn(meeting, chat, ['D-05'])
  })

  test('D-06: a code that ran out while the program slept: one poll as it wakes up, and the server decides', async () => {
    const chat = meeting.chat(['D-06'])
    await panel(chat, 'Sign in to D-06')
    await chat.keys('d')
    await chat.until(() => polls('D-06') >= 1)
    chat.kill('SIGSTOP')
    // It has a pause of a second: so many are over, and the code is.
    const asked = polls('D-06')
    const since = performance.now()
    await expect.poll(() => performance.now() - since).toBeGreaterThan(5_000)
    expect(polls('D-06') - asked).toBeLessThanOrEqual(1)
    meeting.at('D-06').break('/token', json({ error: 'expired_token' }, 400))
    const before = polls('D-06')
    chat.kill('SIGCONT')
    await chat.until(() => /D-06: .*ran out/.test(unwrapped(chat)))
    await goesOn(meeting, chat, ['D-06'])
    expect(polls('D-06') - before).toBe(1)
  })

  test('D-07: Esc ends the polls', async () => {
    const chat = meeting.chat(['D-07'])
    await panel(chat, 'Sign in to D-07')
    await chat.keys('d')
    await chat.until(() => polls('D-07') >= 2)
    const began = performance.now()
    await chat.keys(KEY.escape)
    await chat.until(() => chat.screen().includes('sign-in cancelled'))
    expect(performance.now() - began).toBeLessThan(SOON)
    await chat.until(() => !chat.screen().includes('── Sign in to D-07'))
    const asked = polls('D-07')
    await goesOn(meeting, chat, ['D-07'])
    expect(polls('D-07')).toBe(asked)
  })
})

test('what was kept before is kept', async () => {
  const entries = (text: string) => Object.keys(JSON.parse(text).entries)
  expect(entries(await meeting.kept())).toEqual(expect.arrayContaining(entries(before)))
})
