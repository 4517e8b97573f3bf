import fc from 'fast-check'
import { expect } from 'vitest'
import { HostError } from '../../src/errors.ts'
import { TRIALS } from './trials.ts'

/** The same cases in every run; `npm run fuzz` changes the seed and takes more runs. */
fc.configureGlobal(process.env.FUZZ_SECONDS === undefined ? { seed: 20260728, numRuns: 300 } : TRIALS)

/** Planted where a secret may be: no error may name it. */
export const PLANTED = 'pl4nted-s3cret'

/** The longest error text: two host names of full length, and words. */
const LONGEST_TEXT = 600

/** What must never be in a line for the terminal: control characters, line ends, invisible and reordering characters. */
const UNCLEAN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u

const STRINGS = [
  '',
  ' ',
  '\u0000',
  '\u001b]52;c;YQ==\u0007\u001b[2J',
  '\u202egnp.exe\u2066',
  '\ud800',
  '\u2028',
  '\ufeff{}',
  '<html>',
  '__proto__',
  'constructor',
  'null',
  '1e309',
  '-1',
  '$(id)`id`&calc.exe|x',
  'x'.repeat(70_000),
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  'S256',
  'Bearer',
  'access_denied',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'http://[::ffff:10.0.0.1]/',
  'https://169.254.169.254/latest',
  'https://127.0.0.1../',
  'https://a..b/',
  `https://me:${PLANTED}@mcp.example/${PLANTED}`,
  `https://mcp.example/${PLANTED}?code=${PLANTED}#${PLANTED}`,
  `https://${'a.'.repeat(900)}example/`,
  `https://mcp.example/${'a'.repeat(3000)}`,
  'https://mcp.example',
  'https://mcp.example/mcp',
  'https://auth.example',
]

/** Text as nobody sane would send it, and some that is right. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...STRINGS),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc
    .tuple(fc.constantFrom('https://', 'http://', 'blob:https://', ''), fc.string())
    .map(parts => parts.join('')),
)

/** Any value at all, that text among it. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: hostileText },
  { weight: 1, arbitrary: fc.array(hostileText, { maxLength: 5 }) },
  {
    weight: 2,
    arbitrary: fc.anything({
      values: [hostileText, fc.integer(), fc.double(), fc.boolean()],
      withNullPrototype: true,
      withSparseArray: true,
      maxDepth: 3,
    }),
  },
)

/** True for text without what was planted: what a server gives as the code of an error is shown to the person. */
export function isCode(value: unknown): boolean {
  return typeof value !== 'string' || !value.includes(PLANTED)
}

/** An object with these fields: most of them as given, others missing or replaced by anything. */
export function mostly(fields: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> {
  const arbitraries = Object.entries(fields).map(([name, value]) => [
    name,
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(value) },
      { weight: 1, arbitrary: name === 'error' ? hostileValue.filter(isCode) : hostileValue },
    ),
  ])
  return fc.record(Object.fromEntries(arbitraries), { requiredKeys: [] })
}

/** The JSON of such an object, or text that is none. */
export function mostlyJson(fields: Record<string, unknown>): fc.Arbitrary<string> {
  const written = mostly(fields).map(value => {
    try {
      return JSON.stringify(value) ?? ''
    } catch {
      return ''
    }
  })
  return fc.oneof({ weight: 6, arbitrary: written }, { weight: 1, arbitrary: hostileText })
}

/** The result of a judge, or undefined when it refused; what it throws is an error for the person. */
export function judged<T>(judge: () => T): T | undefined {
  try {
    return judge()
  } catch (thrown) {
    expectTellable(thrown)
    return undefined
  }
}

/** The same for a judge that takes its time. */
export async function judgedLater<T>(judge: () => Promise<T>): Promise<T | undefined> {
  try {
    return await judge()
  } catch (thrown) {
    expectTellable(thrown)
    return undefined
  }
}

/** One line of bearable length, safe for a terminal, without anything that was planted. */
function expectTellable(thrown: unknown): void {
  if (!(thrown instanceof HostError)) throw thrown
  const { message } = thrown
  expect(message).not.toMatch(UNCLEAN)
  expect(message).not.toContain(PLANTED)
  expect(message.length).toBeLessThanOrEqual(LONGEST_TEXT)
}
