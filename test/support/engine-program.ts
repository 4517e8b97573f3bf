// A process with an authorization engine of its own, on a token store in a folder that others use too. First line on stdin:
// `{ folder, mcp, issuer, person }`. Then one command a line, answered by one line: `ask <reason>` (the token's hash, or why
// there is none), `close`. With `person` somebody is there, who signs in by browser at once.
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { createAuthenticator } from '../../src/auth/authenticator.ts'
import { createHttp } from '../../src/auth/http.ts'
import { openStore } from '../../src/auth/store/store.ts'
import type { Reason } from '../../src/auth/types.ts'
import { scriptedBrowser } from './browser.ts'
import { BROWSER, requestFor } from './engine.ts'
import { scriptedPrompt } from './prompt.ts'
import { realClock } from './real-clock.ts'
import { CHILD } from './store-process.ts'

const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { folder, mcp, issuer, person = false } = JSON.parse((await lines.next()).value ?? '')
const store = openStore({
  kind: 'file',
  folder,
  service: 'copilot-host-test',
  execPath: process.execPath,
  childPath: CHILD,
  env: {},
  warn: warning => say({ warning }),
  now: Date.now,
})
const engine = createAuthenticator({
  store,
  prompt: scriptedPrompt(BROWSER),
  browser: scriptedBrowser(),
  clock: realClock,
  http: createHttp(fetch),
  policy: { ask: person },
})
let calls = 0
say('open')
for await (const line of lines) {
  const [command, reason] = line.split(' ')
  if (command === 'close') break
  calls += 1
  const request = requestFor({ mcp, issuer }, reasonOf(reason), { calls: [`call-${calls}`] })
  const answer = await engine.authenticate(request, new AbortController().signal)
  if (answer.kind === 'token') say({ token: hashOf(answer.token.reveal()) })
  else say({ refused: answer.error?.kind })
}
await store.close()
process.exit()

function reasonOf(text: string | undefined): Reason {
  return text === 'refresh' ? 'refresh' : 'initial'
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
