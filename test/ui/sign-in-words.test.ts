import { expect, test } from 'vitest'
import { HostError } from '../../src/errors.ts'
import { clean } from '../../src/text.ts'
import { reasonText, resultLine, timeLeft } from '../../src/ui/sign-in-words.ts'
import { signInView } from './panels/view.ts'

test.each([
  ['initial', 'The server asks for a sign-in before its first use.'],
  ['refresh', 'The server no longer accepts the sign-in that you gave.'],
  ['upscope', 'delete_invoice needs a right that you have not given yet.'],
  ['reauth', 'The server asks you to sign in again.'],
] as const)('why: %s', (reason, text) => {
  expect(reasonText(signInView({ reason, tool: clean('delete_invoice') }))).toBe(text)
})

test('the line that stays', () => {
  const view = signInView()
  expect(
    resultLine(view, { kind: 'signed-in', account: clean('you@example.com'), keptIn: 'keychain' }),
  ).toEqual({
    level: 'done',
    text: 'signed in to billing as you@example.com, kept in the system keychain',
  })
  expect(resultLine(view, { kind: 'signed-in', keptIn: 'memory' }).text).toBe(
    'signed in to billing, kept in memory, until you leave',
  )
  expect(resultLine(view, { kind: 'withdrawn' })).toMatchObject({ level: 'info' })
  expect(resultLine(view, { kind: 'cancelled' })).toEqual({
    level: 'info',
    text: 'billing: sign-in cancelled. /login billing asks again',
  })
  const error = new HostError('sign-in-denied', 'login.example.com declined the sign-in (access_denied)')
  expect(resultLine(view, { kind: 'failed', error })).toEqual({
    level: 'error',
    text: 'billing: login.example.com declined the sign-in (access_denied). /login billing tries again',
  })
})

test.each([
  [581_000, '9:41 left'],
  [580_001, '9:41 left'],
  [60_000, '1:00 left'],
  [1, '0:01 left'],
  [0, '0:00 left'],
  [-5000, '0:00 left'],
  [3_600_000, '60:00 left'],
  [Number.POSITIVE_INFINITY, 'no time limit'],
])('%s ms', (milliseconds, text) => {
  expect(timeLeft(milliseconds + 1000, 1000)).toBe(text)
})
