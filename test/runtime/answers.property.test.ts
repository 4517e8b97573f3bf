// Whatever the runtime answers on the wire, a call ends in what its schema allows or in an error for the person, and what is
// told of servers is theirs.
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openConnection } from '../../src/runtime/connection.ts'
import { askAgain, createControls } from '../../src/runtime/controls.ts'
import { LIMITS } from '../../src/runtime/limits.ts'
import { methods } from '../../src/runtime/protocol.ts'
import { createServers, type Servers } from '../../src/runtime/servers.ts'
import type { HostEvent, ServerStatus } from '../../src/runtime/types.ts'
import { clean } from '../../src/text.ts'
import { uncleanIn } from '../support/headless.ts'
import { hostileText, hostileValue, isCode, judgedLater, mostly } from '../support/hostile.ts'
import { SLOW_TRIALS } from '../support/trials.ts'

/** An answer that is none is not waited for. */
const NOW = { ...LIMITS, call: 50, slow: 50, ready: 50, brief: 20, quiet: 1 }

/** Some right answers in one: each call finds there what it asks for, damaged or not. */
const answer = fc.oneof(
  mostly({
    ...{ mode: 'manual', list: [{ id: 'gpt', name: 'GPT', supportedReasoningEfforts: ['low'] }] },
    tools: [{ name: 'a', description: '\u001b[2J' }, null],
    ...{ messagesRemoved: 1, tokensRemoved: 1, changes: [{ diff: '@@' }], movedToBackground: true },
    commands: [{ name: 'compact', description: 'x' }, { name: '\u001b' }],
    ...{ kind: 'agent-prompt', prompt: 'p', message: 'm', text: 't' },
    modelMetrics: { gpt: { requests: { count: 1 }, usage: {} } },
    servers: [{ name: 'notes', status: 'connected' }, 7],
    host: { pendingConnections: ['notes'] },
  }),
  hostileValue,
)
const reply = fc.oneof(
  { weight: 4, arbitrary: answer.map(result => ({ result })) },
  // Neither a result nor an error that is one.
  { weight: 1, arbitrary: fc.constantFrom<object[]>({}, { error: null }, { error: 5 }) },
  {
    weight: 1,
    arbitrary: fc.record({
      error: fc.record({
        code: fc.oneof(fc.integer({ min: -32_000, max: -1 }), fc.constantFrom(-32_097, -32_099)),
        message: hostileText.filter(isCode),
        data: hostileValue,
      }),
    }),
  },
)

/** A connection whose other end answers each call with the next of these. */
function connected(replies: readonly object[]) {
  const [toHost, toRuntime] = [new PassThrough(), new PassThrough()]
  const logged: string[] = []
  const connection = openConnection({
    ...{ input: toHost, output: toRuntime, limits: NOW },
    ...{ onNotification() {}, onLost() {}, log: line => logged.push(line) },
  })
  let count = 0
  toRuntime.on('data', (chunk: Buffer) => {
    for (const [, id] of chunk.toString('utf8').matchAll(/"id":(\d+)/g)) {
      const body = Buffer.from(
        written({ jsonrpc: '2.0', id: Number(id), ...replies[count % replies.length] }),
      )
      count += 1
      toHost.write(`Content-Length: ${body.length}\r\n\r\n`)
      toHost.write(body)
    }
  })
  return { connection, logged, asked: () => count }
}

/** As JSON; what has no JSON is an answer without a result. */
function written(message: { jsonrpc: string; id: number }): string {
  try {
    return JSON.stringify(message)
  } catch {
    return JSON.stringify({ jsonrpc: '2.0', id: message.id, result: null })
  }
}

test('calls and controls', async () => {
  const replies = fc.array(reply, { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(replies, async all => {
      const { connection, asked } = connected(all)
      const controls = createControls(connection, 's')
      for (const model of (await judgedLater(() => controls.models())) ?? [])
        expect(uncleanIn(model.name)).toBeUndefined()
      for (const { name, description } of (await judgedLater(() => controls.tools('notes'))) ?? [])
        expect(uncleanIn(name + description)).toBeUndefined()
      for (const { name, description } of (await judgedLater(() => controls.commands())) ?? [])
        expect(uncleanIn(name + description)).toBeUndefined()
      for (const { model } of (await judgedLater(() => controls.usage()))?.models ?? [])
        expect(uncleanIn(model)).toBeUndefined()
      for (const diff of (await judgedLater(() => controls.changes())) ?? [])
        expect(typeof diff).toBe('string')
      for (const call of [
        () => controls.setMode('plan'),
        () => controls.permissions(),
        () => controls.setPermissions('manual'),
        () => controls.setModel('gpt', undefined),
        () => controls.compact(undefined),
        () => controls.stopCompacting(),
        () => controls.invoke('x', ''),
        () => askAgain(controls, () => {}),
        () => connection.call(methods.list, {}),
      ])
        await judgedLater<unknown>(call)
      expect(asked()).toBeGreaterThanOrEqual(14)
    }),
    SLOW_TRIALS,
  )
})

const name = fc.constantFrom(...['notes', 'local', 'other', '__proto__'].map(each => clean(each)))
const status = fc.constantFrom<ServerStatus[]>('connected', 'failed', 'pending', 'needs-auth', 'disabled')
const said = fc.oneof(
  fc.record({
    type: fc.constant('server' as const),
    name,
    status,
    error: fc.constantFrom(undefined, clean('did not complete within 60000 ms')),
  }),
  fc.constant<HostEvent>({ type: 'idle', aborted: false }),
)

test('servers: whatever is said of them and answered, waiting ends, and only servers that were named are told', async () => {
  const replies = fc.array(reply, { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(replies, fc.array(said, { maxLength: 12 }), async (all, events) => {
      const { connection } = connected(all)
      const told: HostEvent[] = []
      const servers: Servers = createServers({
        ...{ sessionId: 's', connection, patient: true, limits: NOW, log() {}, asking: () => false },
        servers: {
          notes: { type: 'http', url: 'https://mcp.example/mcp' },
          local: { type: 'stdio', command: 'x', args: [] },
        },
        // As a session does: what is told comes round.
        tell: event => void told.push(servers.note(event)),
      })
      const ready = servers.ready(AbortSignal.timeout(2000))
      for (const each of events) {
        const { type } = servers.note(each)
        expect(type).toBe(each.type)
        await new Promise(setImmediate)
      }
      for (const late of await ready) expect(['notes', 'local']).toContain(late)
      await servers.leaveBehind(() => true)
      await judgedLater(() => servers.stop('notes'))
      const known = new Set<string>([
        'notes',
        'local',
        ...events.flatMap(each => (each.type === 'server' ? [each.name] : [])),
      ])
      for (const event of told) {
        if (event.type === 'server') expect(known).toContain(event.name)
        else if (event.type === 'notice') expect(uncleanIn(event.text)).toBeUndefined()
      }
    }),
    SLOW_TRIALS,
  )
})
