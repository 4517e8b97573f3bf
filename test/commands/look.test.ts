import { expect, test } from 'vitest'
import { Secret } from '../../src/auth/secret.ts'
import { type JournalEntry, openJournal } from '../../src/auth/store/journal.ts'
import type { Grant, StoredEntry } from '../../src/auth/types.ts'
import { renewalOf } from '../../src/commands/look.ts'
import { clean } from '../../src/text.ts'
import { temporaryFolder } from '../support/folder.ts'

const NOON = Date.parse('2026-01-01T12:00:00Z')
const entry: StoredEntry = {
  server: 'https://a.example/mcp',
  issuer: 'https://i.example',
  store: 'file',
  since: NOON - 86_400_000,
}
const grant: Grant = {
  ...{ issuer: 'https://i.example', resource: 'https://a.example/mcp', account: clean('ada') },
  ...{ client: { id: 'app', source: 'registered' }, access: new Secret('x'), receivedAt: NOON },
}

test.each<[string, Partial<JournalEntry>, number | undefined]>([
  ['the sign-in itself', {}, undefined],
  ['another server of the same sign-in server', { url: 'https://b.example/mcp' }, NOON],
  ['another account', { account: 'bob' }, NOON],
  ['another sign-in server', { issuer: 'https://j.example' }, NOON],
  ['a program that did not know the account', { account: undefined }, undefined],
])('when a token was renewed, by a journal that tells of %s', async (_what, more, renewed) => {
  const journal = openJournal(await temporaryFolder())
  const time = new Date(NOON - 1000).toISOString()
  const base = { time, ms: 2000, server: 'a', reason: 'refresh', outcome: 'signed-in' } as const
  await journal.write({ ...base, url: entry.server, issuer: entry.issuer, account: 'ada', ...more })
  expect(renewalOf(grant, entry, await journal.read(10))).toBe(renewed)
})
