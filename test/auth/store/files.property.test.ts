// No content of a file in the state folder makes its reader throw anything but an error for the person: other programs, an
// older version and crashes write there.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse, safeParse } from 'valibot'
import { expect, test } from 'vitest'
import { openTokenFile } from '../../../src/auth/store/file.ts'
import { openJournal } from '../../../src/auth/store/journal.ts'
import { answerSchema, requestSchema } from '../../../src/auth/store/keychain-protocol.ts'
import { createLock } from '../../../src/auth/store/lock.ts'
import { judgeSlot } from '../../../src/auth/store/slot.ts'
import { openPromptHistory } from '../../../src/commands/prompt-history.ts'
import { openTrusted } from '../../../src/commands/trusted.ts'
import { readDescriptors } from '../../../src/desk/descriptor.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { hostileText, hostileValue, judgedLater, mostlyJson } from '../../support/hostile.ts'
import { TRIALS } from '../../support/trials.ts'

test('the token file: any text', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'tokens'), { mode: 0o700 })
  const vault = openTokenFile({ folder, lock: createLock({ warn: () => {} }), warn: () => {} })
  const content = mostlyJson({ v: 1, entries: { one: 'text', __proto__: 'x' } })
  await fc.assert(
    fc.asyncProperty(content, fc.oneof(fc.constant('one'), hostileText), async (text, name) => {
      await writeFile(join(folder, 'tokens', 'tokens.json'), text, { mode: 0o600 })
      const found = await judgedLater(() => vault.get(name))
      expect(['string', 'undefined']).toContain(typeof found)
    }),
    TRIALS,
  )
})

test('journal, prompts, consents: what cannot be read is left out', async () => {
  const folder = await temporaryFolder()
  const lines = fc.array(
    fc.oneof(
      mostlyJson({ v: 1, at: 1, server: 'https://a.example/', issuer: 'https://b.example', what: 'renewed' }),
      mostlyJson({ text: 'a prompt' }),
      mostlyJson({ version: 1, folders: { '/': { at: '', content: [] } } }),
    ),
    { maxLength: 5 },
  )
  await fc.assert(
    fc.asyncProperty(lines, async all => {
      for (const name of ['journal.jsonl', 'prompts.jsonl', 'trusted.json']) {
        await writeFile(join(folder, name), all.join('\n'), { mode: 0o600 })
      }
      expect((await openJournal(folder).read(100)).length).toBeLessThanOrEqual(100)
      for (const prompt of await openPromptHistory(folder).read()) expect(prompt).not.toBe('')
      for (const root of await openTrusted(folder).folders()) await openTrusted(folder).for(root)
    }),
    TRIALS,
  )
})

test('descriptors of waiting sign-ins: none is believed that is not whole', async () => {
  const state = await temporaryFolder()
  const folder = join(state, 'pending')
  await mkdir(folder, { mode: 0o700 })
  const content = mostlyJson({ machine: 'here', pid: 1, socket: '/x.sock', nonce: 'n'.repeat(32) })
  await fc.assert(
    fc.asyncProperty(content, async text => {
      const place = { state, env: {}, platform: 'linux' as const, machine: 'here', isRunning: () => true }
      await writeFile(join(folder, 'a.json'), text, { mode: 0o600 })
      await judgedLater(() => readDescriptors(place))
    }),
    TRIALS,
  )
})

test('the keychain child and its parent; names of accounts', () => {
  fc.assert(
    fc.property(hostileValue, hostileText, (value, text) => {
      const request = safeParse(requestSchema, value)
      if (request.success) expect(parse(requestSchema, request.output)).toEqual(request.output)
      safeParse(answerSchema, value)
      const slot = judgeSlot(text)
      if (slot !== undefined) expect(judgeSlot(slot)).toBe(slot)
    }),
    TRIALS,
  )
})
