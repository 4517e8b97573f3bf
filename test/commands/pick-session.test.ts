import { expect, test } from 'vitest'
import { pickSession } from '../../src/commands/pick-session.ts'
import type { HostError } from '../../src/errors.ts'
import type { SessionSummary } from '../../src/runtime/types.ts'
import { clean } from '../../src/text.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

const session = (id: string, minutes: number, folder: string, summary = ''): SessionSummary => ({
  id,
  started: '',
  modified: new Date(NOW - minutes * 60_000).toISOString(),
  folder,
  summary: clean(summary),
})

const SESSIONS = [
  session('7f3c21ab-0000', 0, '/shop', 'Fix the login page'),
  session('7f3c99cd-0000', 5, '/home', 'Write a letter'),
  session('aaaa0000-0000', 60, '/shop'),
  session('b', 60 * 49, '/other', 'Old'),
]

function failure(sessions: readonly SessionSummary[], id: string | undefined, folder = '/shop'): HostError {
  try {
    pickSession(sessions, id, folder, NOW)
  } catch (error) {
    return error as HostError
  }
  return expect.fail('should have been refused')
}

test('without an id it is the latest one of this folder', () => {
  expect(pickSession(SESSIONS, undefined, '/shop', NOW).id).toBe('7f3c21ab-0000')
  expect(pickSession(SESSIONS, undefined, '/other', NOW).id).toBe('b')
})

test.each(['7f3c21ab-0000', '7f3c2', '7F3C2', ' 7f3c2 '])('%j names one session, of whatever folder', id => {
  expect(pickSession(SESSIONS, id, '/elsewhere', NOW).id).toBe('7f3c21ab-0000')
})

test('a whole id goes before the same text as a beginning', () => {
  const sessions = [session('bb', 1, '/shop'), ...SESSIONS]
  expect(pickSession(sessions, 'b', '/shop', NOW).id).toBe('b')
})

test.each([
  ['x'.repeat(81), 'longer than what is listed of it'],
  ['two  words\tof mine', 'white space as it was typed'],
  ['the \u{1f469}\u200d\u{1f4bb} one', 'joined signs'],
])('%j is found by the name it was given: %s', name => {
  const named = session('cccc', 30, '/shop', name)
  expect(pickSession([...SESSIONS, named], name, '/elsewhere', NOW)).toBe(named)
  expect(pickSession([...SESSIONS, named], ` ${name.toUpperCase()} `, '/elsewhere', NOW)).toBe(named)
})

test('of several of one name the latest is meant, and none where something is changed', () => {
  const several = [session('cccc', 30, '/shop', 'Old'), ...SESSIONS]
  expect(pickSession(several, 'old', '/shop', NOW).id).toBe('cccc')
  expect(() => pickSession(several, 'old', '/shop', NOW, { one: true })).toThrow(/^"old" names 2 sessions:\n/)
  expect(pickSession(several, 'b', '/shop', NOW, { one: true }).id).toBe('b')
})

test('an ambiguous beginning lists what it names, long enough to choose', () => {
  const error = failure(SESSIONS, '7f3c')
  expect(error.kind).toBe('session-ambiguous')
  expect(error.message).toBe(
    [
      '"7f3c" names 2 sessions:',
      '  7f3c21a  just now       Fix the login page',
      '  7f3c99c  5 minutes ago  Write a letter',
    ].join('\n'),
  )
  expect(error.exitCode).toBe(1)
})

test('ids that begin alike are shown as far as they differ', () => {
  const error = failure([session('aaaaaaaaaaaa1', 1, '/'), session('aaaaaaaaaaaa2', 1, '/')], 'a')
  expect(error.message).toContain('aaaaaaaaaaaa1')
  expect(error.message).toContain('aaaaaaaaaaaa2')
})

test.each(['zzz', '', '  ', '7f3c21ab-0000-more'])('the unknown id %j lists what there is', id => {
  const error = failure(SESSIONS, id)
  expect(error.kind).toBe('session-unknown')
  expect(error.message.split('\n')).toHaveLength(5)
  expect(error.message).toContain('aaaa000  1 hour ago')
  expect(error.message).toContain('b        2 days ago')
})

test('a folder without sessions lists those of others', () => {
  expect(failure(SESSIONS, undefined, '/nowhere').message).toMatch(
    /^no session was started in this folder; .*\n {2}7f3c21a/,
  )
})

test('no session at all', () => {
  for (const id of [undefined, 'abc']) {
    expect(failure([], id).message).toBe('there is no session to resume yet: copilot-host chat starts one')
  }
})

test('a long list ends after ten lines', () => {
  const many = Array.from({ length: 25 }, (_, index) => session(`id${index}-0000`, index, '/x'))
  const lines = failure(many, 'nope').message.split('\n').slice(1)
  expect(lines).toHaveLength(10)
  expect(lines.at(-1)).toBe('  and 16 more')
})

test('hostile ids and times harm nothing', () => {
  const [first] = SESSIONS
  if (!first) return expect.fail()
  const error = failure(
    [{ ...first, id: '\u001b[2Jx\ny', modified: 'never', summary: undefined }],
    'q\u001b[31m\nq',
  )
  expect(error.message).toBe('no session is called "q q" or has an id that begins so; there are\n  x y')
})
