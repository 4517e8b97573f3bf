import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toKeys } from '../../src/ui/keys.ts'
import { createPasteReader } from '../../src/ui/paste-reader.ts'
import { TRIALS } from '../support/trials.ts'

fc.configureGlobal(TRIALS)

const NAMES = [
  ...(['upArrow', 'downArrow', 'leftArrow', 'rightArrow', 'pageDown', 'pageUp', 'home', 'end'] as const),
  ...(['return', 'escape', 'ctrl', 'shift', 'tab', 'backspace', 'delete', 'meta'] as const),
  ...(['super', 'hyper', 'capsLock', 'numLock'] as const),
]
const NO_KEY = Object.fromEntries(NAMES.map(name => [name, false])) as Record<(typeof NAMES)[number], boolean>
const START = '\u001b[200~'
const END = '\u001b[201~'

/** A megabyte of all that is awkward: escapes, halves of the marks, control characters, wide characters. */
function megabyte(): string {
  const row = 'Ünïcode 日本 👨‍👩‍👧 \u001b[2J \u001b[20 \u001b[201 \u001b[200x\r\n\0\u0003\t'
  return row.repeat(Math.ceil((1024 * 1024) / row.length))
}

function pieces(text: string, size: number): string[] {
  const out: string[] = []
  for (let at = 0; at < text.length; at += size) out.push(text.slice(at, at + size))
  return out
}

/** What is handed on, piece by piece. */
function read(chunks: readonly string[], ms = 0): string[] {
  const reader = createPasteReader()
  return chunks.map((chunk, at) => reader.push(chunk, at * ms)).filter(text => text !== '')
}

test('a megabyte, cut into pieces of 1 to 64, comes in one piece and exactly', () => {
  const text = megabyte()
  const sent = `a${START}${text}${END}b`
  for (let size = 1; size <= 64; size += 1) {
    const given = read(pieces(sent, size))
    expect(given.join('') === sent, `pieces of ${size}`).toBe(true)
    expect(given.length, `pieces of ${size}`).toBeLessThan(20)
    expect(given.some(piece => piece.includes(text.slice(0, 1000)) && piece.includes(END))).toBe(true)
  }
})

test('whatever is sent, cut anywhere, is handed on in order', () => {
  const part = fc.oneof(fc.constantFrom(START, END, '\u001b', '\u001b[', '200~', '\r'), fc.string())
  fc.assert(
    fc.property(
      fc.array(part),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (parts, sizes) => {
        const sent = [...parts, END].join('')
        const chunks: string[] = []
        for (let at = 0, turn = 0; at < sent.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1
          chunks.push(sent.slice(at, at + size))
          at += size
        }
        expect(read(chunks).join('')).toBe(sent)
      },
    ),
  )
})

test('whatever Ink makes of a read is keys, and no control character is text', () => {
  const flags = fc.dictionary(
    fc.constantFrom('ctrl', 'meta', 'shift', 'escape', 'return', 'tab', 'super', 'upArrow', 'delete'),
    fc.boolean(),
  )
  const input = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('\r', '\n', '\u001b', '\u0003', '\u007f', 'a', '日本'))
      .map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(input, flags, (text, key) => {
      for (const each of toKeys(text, { ...NO_KEY, ...key }))
        if (each.name === 'char') expect(each.text).not.toMatch(/[\x00-\x1f\x7f]/)
    }),
  )
})

test('keys are handed on at once', () => {
  expect(read(['a', '\u001b', '[A', '\r'])).toEqual(['a', '\u001b', '[A', '\r'])
})

test('two pastes and keys in one read', () => {
  const sent = `${START}one${END}x${START}two${END}\r`
  expect(read([sent]).join('')).toBe(sent)
})

test('Shift+Enter of xterm (modifyOtherKeys) is that of the kitty protocol; in a paste it is text', () => {
  expect(read(['\u001b[27;2;13~a'])).toEqual(['\u001b[13;2ua'])
  expect(read([`${START}\u001b[27;2;13~${END}`]).join('')).toBe(`${START}\u001b[27;2;13~${END}`)
})

test('a paste that never ends gives Ctrl+C back: alone, and after a pause', () => {
  const lost = [START, 'text', '\u0003']
  expect(read(lost, 10)).toEqual([START])
  expect(read(lost, 1000)).toEqual([START, `text${END}\u0003`])
  expect(read([...lost, 'a', '\u001b[A'], 1000).slice(2)).toEqual(['a', '\u001b[A'])
})
