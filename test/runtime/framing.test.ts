import { once } from 'node:events'
import { expect, test } from 'vitest'
import { BoundedFrames, FRAME_LIMITS } from '../../src/runtime/framing.ts'

const SMALL = { header: 64, notification: 600, message: 2000, credible: 100_000 }

function frame(value: unknown): string {
  const body = JSON.stringify(value)
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

const notification = (size: number) => ({
  jsonrpc: '2.0',
  method: 'session.event',
  params: { text: 'x'.repeat(size) },
})
const reply = (id: number, size: number) => ({ jsonrpc: '2.0', id, result: { text: 'y'.repeat(size) } })

interface Passed {
  messages: unknown[]
  logged: string[]
  error: unknown
}

/** Pushes the text through in pieces of this size and reads what comes out with a plain parser. */
async function pass(text: string | Buffer, size = 7, limits = SMALL): Promise<Passed> {
  const logged: string[] = []
  const frames = new BoundedFrames(line => logged.push(line), limits)
  const out: Buffer[] = []
  let error: unknown
  frames.on('data', chunk => out.push(chunk))
  frames.on('error', thrown => {
    error = thrown
  })
  const closed = once(frames, 'close').catch(() => {})
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) frames.write(bytes.subarray(at, at + size))
  frames.end()
  await closed
  return { messages: parse(Buffer.concat(out)), logged, error }
}

function parse(bytes: Buffer): unknown[] {
  const messages: unknown[] = []
  for (let rest = bytes; rest.length > 0; ) {
    const end = rest.indexOf('\r\n\r\n')
    const length = Number(/^Content-Length: (\d+)$/.exec(rest.toString('latin1', 0, end))?.[1])
    messages.push(JSON.parse(rest.toString('utf8', end + 4, end + 4 + length)))
    rest = rest.subarray(end + 4 + length)
  }
  return messages
}

const ONE = { jsonrpc: '2.0', id: 1, result: 'über 中文 🙂' }
const TWO = { jsonrpc: '2.0', method: 'b', params: {} }

test('passes frames on whatever the chunks are', async () => {
  const text = frame(ONE) + frame(notification(100)) + frame(TWO) + frame(reply(3, 1500))
  for (let size = 1; size <= Buffer.byteLength(text); size += 1) {
    expect(await pass(text, size)).toEqual({
      messages: [ONE, notification(100), TWO, reply(3, 1500)],
      logged: [],
      error: undefined,
    })
  }
})

test('takes other header fields and other letters', async () => {
  const body = JSON.stringify(TWO)
  const text = `content-type: application/json\r\nCONTENT-LENGTH:${body.length} \r\n\r\n${body}`
  expect((await pass(text)).messages).toEqual([TWO])
})

test.each([
  'Content-Length: -5',
  'Content-Length: many',
  'Content-Length: 1e3',
  'Content-Length: 0x10',
  'Content-Length:',
  'Content-Length: 999999999999999',
  'Content-Length: 99999999999999999999999999',
  'Content-Type: application/json',
  'no header at all',
  `X-Long: ${'x'.repeat(500)}`,
])('skips a message with the broken header %j, whatever the chunks are', async header => {
  const text = `${frame(ONE)}${header}\r\n\r\n{"jsonrpc":"2.0","broken":true}${frame(TWO)}`
  for (let size = 1; size <= 60; size += 1) {
    const { messages, logged, error } = await pass(text, size)
    expect({ size, messages, error }).toEqual({ size, messages: [ONE, TWO], error: undefined })
    expect(logged).toHaveLength(1)
  }
})

test('skips empty messages', async () => {
  expect((await pass(`${frame(ONE)}Content-Length: 0\r\n\r\n${frame(TWO)}`)).messages).toEqual([ONE, TWO])
})

test('throws large notifications away while they are read', async () => {
  for (const size of [1, 13, 4096]) {
    const { messages, logged } = await pass(frame(ONE) + frame(notification(700)) + frame(TWO), size)
    expect(messages).toEqual([ONE, TWO])
    expect(logged).toHaveLength(1)
  }
})

test('answers for a reply that is too large, so that its call does not wait', async () => {
  for (const size of [1, 13, 4096]) {
    const { messages } = await pass(frame(reply(42, 3000)) + frame(TWO), size)
    expect(messages).toEqual([
      { jsonrpc: '2.0', id: 42, error: { code: -32603, message: 'the answer is too large' } },
      TWO,
    ])
  }
})

test('takes no id from inside a message', async () => {
  const { messages } = await pass(
    frame({ jsonrpc: '2.0', method: 'session.event', params: { id: 42, text: 'x'.repeat(3000) } }),
  )
  expect(messages).toEqual([])
})

test('holds on to nothing of a huge message', async () => {
  const frames = new BoundedFrames(() => {}, FRAME_LIMITS)
  const passed: Buffer[] = []
  frames.on('data', chunk => passed.push(chunk))
  const size = 1024 * 1024
  frames.write(`Content-Length: ${512 * size}\r\n\r\n{"jsonrpc":"2.0","method":"m","params":{"`)
  for (let count = 0; count < 256; count += 1) {
    await new Promise(resolve => frames.write(Buffer.alloc(size), resolve))
  }
  expect(passed).toEqual([])
  expect(frames.writableLength + frames.readableLength).toBe(0)
  frames.destroy()
})

test.each(['Welcome!\n', '{"jsonrpc":"2.0"}\n', '\r\n\r\n', 'C', 'Contents\r\n'])(
  'fails when the first bytes are no header: %j',
  async noise => {
    const { error } = await pass(`${noise}${frame(ONE)}`, 3)
    expect(error).toMatchObject({
      kind: 'runtime-start',
      detail: expect.stringContaining('not a Copilot runtime'),
    })
  },
)
