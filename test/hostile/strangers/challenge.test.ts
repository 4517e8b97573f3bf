import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fault } from '../../support/faulty-server.ts'
import { panel, prompted, unwrapped } from '../../support/person.ts'
import { wire } from '../../support/raw-answers.ts'
import { goesOn, type Meeting, meet } from '../../support/strangers.ts'

/** A 401 whose headers are these bytes, which no library would send. */
const challenge =
  (...headers: ((origin: string) => string)[]): Fault =>
  (response, at) => {
    const lines = headers.map(header => `WWW-Authenticate: ${header(at.origin)}\r\n`).join('')
    const bytes = Buffer.from(
      `HTTP/1.1 401 No\r\n${lines}Content-Length: 0\r\nConnection: close\r\n\r\n`,
      'latin1',
    )
    wire(bytes)(response, at)
  }
const metadataAt = (origin: string) =>
  `resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`

const CHALLENGES: { name: string; mcp: Fault }[] = [
  {
    name: 'scope-of-50-KB',
    mcp: challenge(at => `Bearer scope="${'notes.read '.repeat(4_500)}", ${metadataAt(at)}`),
  },
  { name: 'one-long-scope', mcp: challenge(at => `Bearer scope="${'a'.repeat(30_000)}", ${metadataAt(at)}`) },
  {
    name: 'escapes',
    mcp: challenge(
      at =>
        `Bearer scope="\x9b2Jx \x1b]52;c;b3duZWQ=\x07", error="\x1b[2J", error_description="\x9d0;owned\x9c call 0900", ${metadataAt(at)}`,
    ),
  },
  {
    name: 'many',
    mcp: challenge(
      ...Array.from({ length: 500 }, () => () => 'Basic realm="x"'),
      at => `Bearer ${metadataAt(at)}`,
    ),
  },
  {
    name: 'two-bearers',
    mcp: challenge(
      () => 'Bearer resource_metadata="https://evil.example/x"',
      at => `Bearer ${metadataAt(at)}`,
    ),
  },
  { name: 'quotes', mcp: challenge(at => `Bearer scope="notes.read, ${metadataAt(at)}, error="`) },
  { name: 'nothing-said', mcp: challenge(() => 'Bearer') },
  { name: 'other-scheme', mcp: challenge(() => 'Negotiate abc') },
  { name: 'no-header', mcp: challenge() },
  { name: 'file', mcp: challenge(() => 'Bearer resource_metadata="file:///etc/passwd"') },
  { name: 'user', mcp: challenge(() => 'Bearer resource_metadata="http://me:pl4nted@127.0.0.1:1/x"') },
]

let meeting: Meeting
beforeAll(async () => {
  meeting = await meet(
    CHALLENGES.map(({ name, mcp }) => ({ name, faults: { '/mcp': mcp } })),
    ['pl4nted'],
  )
})
afterAll(() => meeting.close())

test.each([
  { cols: 120, rows: 40 },
  { cols: 40, rows: 12 },
])(
  'X-02: hostile challenges in a window of $cols x $rows: every panel has its bounds and can be cancelled',
  async size => {
    const chat = meeting.chat(undefined, [], size)
    const front = () => /── Sign in to (\S+)/.exec(chat.screen())?.[1]
    // Those that the runtime can make sense of.
    await chat.until(() => / of 6/.test(chat.screen()))
    await panel(chat, 'Sign in to')
    for (let seen = 0; seen < 6; seen += 1) {
      const before = front()
      expect(chat.screen()).not.toMatch(/0900/)
      expect(chat.screen().split('\n').length).toBeLessThanOrEqual(size.rows)
      await chat.keys('n')
      await chat.until(() => front() !== before)
    }
    await chat.keys('X')
    await prompted(chat)
    expect(chat.raw()).not.toMatch(/\x9b|\x9d|\x1b\]52|pl4nted/)
    for (const name of ['file', 'user']) {
      const told = unwrapped(chat).split(`! ${name}: unsafe address`)
      expect(told).toHaveLength(2)
      expect(told[1]).toMatch(/^[^!]*; whoever runs it has to mend that/)
    }
    const asked = new Set((await meeting.wire.signIns()).map(({ server }) => server))
    await goesOn(meeting, chat, [...asked])
    for (const { name } of CHALLENGES)
      expect(
        meeting.at(name).requests.filter(({ path }) => /^\/(authorize|register|token|device)$/.test(path)),
      ).toEqual([])
  },
)
