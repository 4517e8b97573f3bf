import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { openConnection } from '../../src/runtime/connection.ts'
import { LIMITS } from '../../src/runtime/limits.ts'
import { methods } from '../../src/runtime/protocol.ts'
import { SOON } from '../support/patience.ts'

/** A connection whose other end sends these bodies when it is asked something; `ID` stands for what it was asked under. */
function connected(...bodies: readonly string[]) {
  const [toHost, toRuntime] = [new PassThrough(), new PassThrough()]
  const logged: string[] = []
  const connection = openConnection({
    ...{ input: toHost, output: toRuntime, limits: LIMITS },
    ...{ onNotification() {}, onLost() {}, log: line => logged.push(line) },
  })
  toRuntime.on('data', (chunk: Buffer) => {
    const id = /"id":(\d+)/.exec(chunk.toString('utf8'))?.[1] ?? ''
    for (const body of bodies.map(each => each.replaceAll('ID', id)))
      toHost.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  })
  return { connection, logged }
}

const answer = '{"jsonrpc":"2.0","id":ID,"result":{"sessions":[]}}'

test.each([
  ['that answers nothing', '{"jsonrpc":"2.0","id":ID}', 'the answer is empty'],
  ['with a code of a lost connection', '{"id":ID,"error":{"code":-32097,"message":"gone"}}', 'gone'],
  ['with a code of a failed write', '{"id":ID,"error":{"code":-32099,"message":"full"}}', 'full'],
  ['with no code', '{"id":ID,"error":{"message":"odd"}}', 'odd'],
  ['that is no object', '{"id":ID,"error":true}', 'session.list'],
])('an error %s rejects its call at once', async (_what, body, detail) => {
  const { connection } = connected(body)
  await expect(connection.call(methods.list, {})).rejects.toMatchObject({ kind: 'runtime-refused', detail })
})

test('what is no message is skipped without a look at what is in it', async () => {
  const deep = `${'['.repeat(3500)}${']'.repeat(3500)}`
  const wide = `[${Array(30).fill(deep).join()}]`
  const error = `{"id":null,"error":${wide}}`
  const { connection, logged } = connected(wide, error, `{"x":${wide}}`, 'null', '5', '{"id":"ID"}', answer)
  const began = performance.now()
  expect(await connection.call(methods.list, {})).toEqual({ sessions: [] })
  expect(performance.now() - began).toBeLessThan(SOON)
  expect(logged).toEqual(['runtime: what is neither a request nor a notification nor an answer was skipped'])
})
