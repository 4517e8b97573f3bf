import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { temporaryFolder } from './support/folder.ts'

/** How many hostile cases there are of each kind: metadata, redirect, token, device, keychain, text, runtime, neighbours, process. */
const CASES = { M: 20, R: 9, T: 12, D: 7, K: 9, X: 7, J: 15, C: 6, P: 9 }

/** Those that no program meets in a test, where they are instead, and why. */
const APART: Readonly<Record<string, { file: string; because: string }>> = {
  'K-03': {
    file: 'test/auth/store/parts.test.ts',
    because: 'only the keychain of Windows has a limit; this one is played there',
  },
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
const ID = /\b[MRTDKXJCP]-\d\d\b/g
/** A file that runs the built program. */
const RUNS = /\b(open(Stage|Scene|Shop|FakeChats)|meet)\(/
const Listed = v.array(v.object({ name: v.string(), file: v.string() }))

/** The ids in the titles of these tests, rows of tables and groups included: as they would be run. */
async function idsIn(...which: readonly string[]): Promise<{ id: string; file: string }[]> {
  const file = join(await temporaryFolder(), 'titles.json')
  const args = [VITEST, 'list', '--no-static-parse', '--no-isolate', `--json=${file}`, ...which]
  await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: { PATH: process.env.PATH } })
  const listed = v.parse(Listed, JSON.parse(await readFile(file, 'utf8')))
  return listed.flatMap(({ name, file }) => (name.match(ID) ?? []).map(id => ({ id, file })))
}

test('every hostile case has a test with its id, through the built program unless it is named above', async () => {
  const [hostile, others, apart] = await Promise.all([
    idsIn('--config', 'vitest.hostile.config.ts'),
    idsIn('test/e2e'),
    idsIn(...Object.values(APART).map(({ file }) => file)),
  ])
  const running = [...new Set([...hostile, ...others].map(({ file }) => file))].filter(file =>
    RUNS.test(readFileSync(file, 'utf8')),
  )
  const found = new Set([...hostile, ...others].flatMap(({ id, file }) => (running.includes(file) ? id : [])))
  const all = Object.entries(CASES).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, at) => `${kind}-${String(at + 1).padStart(2, '0')}`),
  )
  expect(all.filter(id => !found.has(id))).toEqual(Object.keys(APART))
  expect(apart.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(APART)))
})
