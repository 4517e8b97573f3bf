import { readdir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openStore } from '../../../src/auth/store/store.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { keyOf } from '../../support/grants.ts'
import { storeOptions } from '../../support/open-store.ts'
import { startStoreProcess } from '../../support/store-process.ts'
import { FEW_TRIALS, LONGEST_TRIAL } from '../../support/trials.ts'

/** The life of one process: what it does to its end, and how long after the last command it is killed. */
const life = fc.record({
  commands: fc.array(fc.constantFrom('write', 'write', 'write', 'forget', 'read'), {
    minLength: 1,
    maxLength: 4,
  }),
  /** Milliseconds. */
  killedAfter: fc.integer({ min: 0, max: 25 }),
})

/** The owner of a lock is gone: its heartbeat is older than any that counts. */
async function ageLocks(folder: string): Promise<void> {
  const locks = join(folder, 'locks')
  const old = new Date(Date.now() - 60_000)
  for (const name of await readdir(locks).catch(() => [])) {
    await utimes(join(locks, name), old, old).catch(() => {})
  }
}

/** A lock of one who was killed stays, an empty folder, until somebody needs that very lock. */
async function heldLocks(folder: string): Promise<string[]> {
  const locks = join(folder, 'locks')
  const names = await readdir(locks)
  const ages = await Promise.all(
    names.map(async name => Date.now() - (await stat(join(locks, name))).mtimeMs),
  )
  return names.filter((_, at) => (ages[at] ?? 0) < 30_000)
}

async function readAnew(folder: string): Promise<{ token: string | undefined; warnings: string[] }> {
  const warnings: string[] = []
  const store = openStore({
    ...storeOptions(folder),
    kind: 'file',
    warn: line => warnings.push(line),
    now: () => 1,
  })
  try {
    return { token: (await store.read(keyOf('one')))?.access.reveal(), warnings }
  } finally {
    await store.close()
  }
}

test(
  'killed at any moment: what was stored is what is read, the last write is there whole or not at all',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 2, maxLength: 4 }), async lives => {
        const folder = await temporaryFolder()
        let stored: string | undefined
        let count = 0
        for (const { commands, killedAfter } of lives) {
          const process = await startStoreProcess({ ...storeOptions(folder), kind: 'file' })
          let unanswered: string | undefined
          let expected = stored
          for (const [at, command] of commands.entries()) {
            count += 1
            expected = command === 'write' ? `token-${count}` : command === 'forget' ? undefined : stored
            const answer = process.ask(command === 'write' ? `write token-${count}` : command)
            if (at === commands.length - 1) {
              unanswered = command
              answer.catch(() => {})
              await sleep(killedAfter)
            } else {
              const said = await answer
              if (command === 'read') expect(said ?? undefined).toBe(stored)
              else stored = expected
            }
          }
          await process.kill('SIGKILL')
          await ageLocks(folder)
          const { token, warnings } = await readAnew(folder)
          expect({ unanswered, token: [stored, expected].includes(token), warnings }).toEqual({
            ...{ unanswered, token: true, warnings: [] },
          })
          stored = token
        }

        // The next one works as if nothing had been, and nothing is left lying about.
        const last = await startStoreProcess({ ...storeOptions(folder), kind: 'file' })
        expect(await last.ask('write last')).toBe('file')
        await last.close()
        expect((await readAnew(folder)).token).toBe('last')
        expect(await readdir(join(folder, 'tokens'))).toEqual(['tokens.json'])
        expect(await heldLocks(folder)).toEqual([])
      }),
      { ...FEW_TRIALS, endOnFailure: true },
    )
  },
  LONGEST_TRIAL,
)
