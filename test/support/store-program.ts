// A process with a token store of its own. First line on stdin: the options. Then one command a line, answered by one
// line: `write <token>`, `read`, `forget`, `hold` (takes the lock), `aborted` (is it lost?), `release`, `close`.
import { createInterface } from 'node:readline'
import { Secret } from '../../src/auth/secret.ts'
import { openStore } from '../../src/auth/store/store.ts'
import type { TokenStore } from '../../src/auth/types.ts'
import { grantOf, keyOf } from './grants.ts'

const key = keyOf('one')
// A write beyond the limit of this process then fails with an error, as on a full disk, and does not end it.
process.on('SIGXFSZ', () => {})
// The test may have ended meanwhile.
process.stdout.on('error', () => process.exit())
let store: TokenStore | undefined
let release = () => {}
let signal: AbortSignal | undefined
let holding: Promise<void> = Promise.resolve()

function say(answer: unknown) {
  process.stdout.write(`${JSON.stringify(answer ?? null)}\n`)
}

async function run(store: TokenStore, command: string, token = ''): Promise<unknown> {
  switch (command) {
    case 'read':
      return (await store.read(key))?.access.reveal()
    case 'write':
      await store.write(key, { ...grantOf(key), access: new Secret(token) })
      return store.kind
    case 'forget':
      return store.forget(key)
    case 'hold':
      return new Promise((resolve, reject) => {
        holding = store.exclusive(key, held => {
          signal = held
          resolve('held')
          return new Promise<void>(done => {
            release = done
          })
        })
        holding.catch(reject)
      })
    case 'aborted':
      return signal?.aborted
    case 'release':
      release()
      return holding
    case 'close':
      return store.close()
  }
}

const lines = createInterface({ input: process.stdin })
for await (const line of lines) {
  if (!store) {
    const options = JSON.parse(line)
    store = openStore({ ...options, warn: text => say({ warning: text }), now: () => 1 })
    say('open')
    continue
  }
  const [command = '', token] = line.split(' ')
  try {
    say(await run(store, command, token))
  } catch (error) {
    say({ error: error instanceof Error ? error.message : 'unknown' })
  }
}
release()
await store?.close()
