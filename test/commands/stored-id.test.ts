import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { storedId } from '../../src/commands/stored-id.ts'
import { temporaryFolder } from '../support/folder.ts'

const ONE = '0a1b2c3d-1111-4222-8333-444444444444'
const OTHER = '0a1b9999-1111-4222-8333-444444444444'
const EMPTY = 'ffff0000-1111-4222-8333-444444444444'

test('an id, or the beginning of one, that the folder alone makes clear', async () => {
  const home = await temporaryFolder()
  for (const id of [ONE, OTHER, EMPTY]) await mkdir(join(home, 'session-state', id), { recursive: true })
  for (const id of [ONE, OTHER]) await writeFile(join(home, 'session-state', id, 'events.jsonl'), '')
  expect(await storedId(home, ONE)).toBe(ONE)
  expect(await storedId(home, '0A1B2')).toBe(ONE)
  // Anything else is for the runtime to say: several, none, one that never began, names, no folder at all.
  for (const given of ['0a1b', 'beef', EMPTY, 'latest', 'first talk', '../..', '', undefined])
    expect(await storedId(home, given)).toBeUndefined()
  expect(await storedId(join(home, 'nowhere'), ONE)).toBeUndefined()
})
