import { once } from 'node:events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HostError } from '../../src/errors.ts'
import { BoundedFrames } from '../../src/runtime/framing.ts'
import { TRIALS } from '../support/trials.ts'

const LIMITS = { header: 64, notification: 600, message: 2000, credible: 5000 }

function frameOf(value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value))
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body])
}

const small = fc
  .record({ id: fc.nat(), result: fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.jsonValue()) })
  .map(({ id, result }) => ({ jsonrpc: '2.0', id, result: JSON.stringify(result)?.slice(0, 90) }))

const large = fc
  .tuple(fc.boolean(), fc.integer({ min: 700, max: 4000 }))
  .map(([call, size]) =>
    frameOf({ jsonrpc: '2.0', ...(call ? { id: 7 } : { method: 'm' }), params: { text: 'x'.repeat(size) } }),
  )

/** What a broken runtime may send between two frames; headers that announce more than comes are not among it. */
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
  fc
    .constantFrom(
      ...[
        'Content-Length: -5\r\n\r\n',
        'Content-Length: 1e3\r\n\r\n',
        'Content-Length:\r\n\r\n',
        '\r\n\r\n\r\n',
      ],
      ...[
        'Content-Length: 99999999999999999999\r\n\r\n',
        'Content-Len',
        'Content-Length: 0\r\n\r\n',
        '\n',
        '{}',
      ],
      ...[`X: ${'y'.repeat(300)}\r\n\r\n`, 'content-length: 5000000\r\n\r\n', '\u0000'.repeat(150)],
    )
    .map(text => Buffer.from(text)),
)

/** Cuts bytes at these places, which may be anywhere. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...places.map(place => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  return at.map((end, index) => bytes.subarray(at[index - 1] ?? 0, end))
}

interface Passed {
  out: Buffer
  error: unknown
  logged: string[]
  /** The most bytes that were ever held between two chunks. */
  held: number
}

/** Writes the chunks and reads what comes; what went in and has neither come out nor been dropped is held. */
async function pass(chunks: readonly Buffer[]): Promise<Passed> {
  const logged: string[] = []
  const frames = new BoundedFrames(line => logged.push(line), LIMITS)
  const out: Buffer[] = []
  let error: unknown
  let held = 0
  frames.on('data', chunk => out.push(chunk))
  frames.on('error', thrown => {
    error = thrown
  })
  const closed = once(frames, 'close').catch(() => {})
  for (const chunk of chunks) {
    frames.write(chunk)
    held = Math.max(held, frames.readableLength + frames.writableLength)
  }
  frames.end()
  await closed
  return { out: Buffer.concat(out), error, logged, held }
}

/** The messages in what came out: always whole frames with a plain header, the last perhaps cut where the input ended. */
function messages(bytes: Buffer): string[] {
  const found: string[] = []
  for (let rest = bytes; rest.length > 0; ) {
    const header = /^Content-Length: (\d{1,4})\r\n\r\n/.exec(rest.toString('latin1', 0, 40))
    if (header === null) throw new Error(`no header: ${rest.toString('latin1', 0, 40)}`)
    const length = Number(header[1])
    expect(length).toBeLessThanOrEqual(LIMITS.message)
    found.push(rest.toString('utf8', header[0].length, header[0].length + length))
    rest = rest.subarray(header[0].length + length)
  }
  return found
}

const places = fc.array(fc.nat(), { maxLength: 40 })

test('valid frames come out unchanged, wherever they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(small, { maxLength: 12 }), places, async (values, at) => {
      const bytes = Buffer.concat(values.map(frameOf))
      const { out, error, logged } = await pass(cut(bytes, at))
      expect({ same: out.equals(bytes), error, logged }).toEqual({ same: true, error: undefined, logged: [] })
    }),
    TRIALS,
  )
})

test('noise and large messages between frames: each frame after them is found again', async () => {
  const between = fc.array(
    fc.oneof(
      large,
      noise.filter(bytes => !/:\s*\d/.test(bytes.toString('latin1'))),
    ),
    {
      maxLength: 4,
    },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(small, between), { minLength: 1 }), places, async (parts, at) => {
      const last = { jsonrpc: '2.0', id: 424242, result: 'the last' }
      const bytes = Buffer.concat([
        ...parts.flatMap(([value, other]) => [frameOf(value), ...other]),
        frameOf(last),
      ])
      const { out, error } = await pass(cut(bytes, at))
      expect(error).toBeUndefined()
      const found = messages(out)
      for (const [value] of parts) expect(found).toContain(JSON.stringify(value))
      expect(found.at(-1)).toBe(JSON.stringify(last))
    }),
    TRIALS,
  )
})

test('any bytes: nothing but whole headers comes out, the same for any chunks; it fails in one way only', async () => {
  const any = fc
    .array(fc.oneof(noise, large, small.map(frameOf)), { maxLength: 12 })
    .map(all => Buffer.concat(all))
  await fc.assert(
    fc.asyncProperty(any, places, async (bytes, at) => {
      const { out, error, logged, held } = await pass(cut(bytes, at))
      if (error !== undefined) expect(error).toMatchObject({ kind: 'runtime-start' })
      expect(error === undefined || error instanceof HostError).toBe(true)
      messages(out)
      expect(held).toBeLessThanOrEqual(bytes.length + 200 * 12)
      expect(logged.length).toBeLessThanOrEqual(bytes.length)
      const whole = await pass([bytes])
      if (error === undefined && whole.error === undefined) expect(out.equals(whole.out)).toBe(true)
    }),
    TRIALS,
  )
})
