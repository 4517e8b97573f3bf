import { expect, test } from 'vitest'
import { faultOf } from './verdict.ts'

const PLAIN = 'auth/metadata-default'
const REFUSED = 'auth/resource-mismatch'
const LOOP = 'auth/scope-retry-limit'

const why = 'the metadata is for another server (evil.example.com instead of localhost:1)\n'
const asked = (times: number) => 'Sign-in page: localhost:1. Rights: mcp:admin. 10:00 left.\n'.repeat(times)

test.each([
  ['a tool that answered', PLAIN, 0, 'signed in to suite\ntest\n'],
  ['a refusal with its reason', REFUSED, 4, why],
  ['three rounds, and on without the tool', LOOP, 0, asked(3)],
  ['two rounds, and given up', LOOP, 4, asked(2)],
])('accepts %s', (_, scenario, code, text) => {
  expect(faultOf(scenario, { code, text })).toBeUndefined()
})

test.each([
  ['a failure', PLAIN, 1, 'test\n', 'exit code 1, not 0'],
  ['a tool that was not called', PLAIN, 0, 'I have no tool whose name ends in test-tool.\n', 'not called'],
  ['a program that does nothing', REFUSED, 0, '', 'exit code 0, not 4'],
  ['a refusal that is no sign-in failure', REFUSED, 1, why, 'exit code 1, not 4'],
  ['a refusal without a reason', REFUSED, 4, '', 'did not say why'],
  ['a refusal for another reason', REFUSED, 4, 'the answer did not come from x\n', 'did not say why'],
  ['one round only', LOOP, 0, asked(1), 'asked 1 times'],
  ['a fourth round', LOOP, 4, asked(4), 'asked 4 times'],
  ['rounds that were ended from outside', LOOP, 143, asked(3), 'exit code 143'],
])('does not accept %s', (_, scenario, code, text, fault) => {
  expect(faultOf(scenario, { code, text })).toContain(fault)
})
