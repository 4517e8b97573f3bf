import { readFileSync } from 'node:fs'
import { useInput } from 'ink'
import { createElement } from 'react'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compose, take } from '../../src/ui/composer/compose.ts'
import { createEditor } from '../../src/ui/composer/editor.ts'
import { press } from '../../src/ui/input.ts'
import { type Key, toKeys } from '../../src/ui/keys.ts'
import { createAsk } from '../../src/ui/panels/ask-state.ts'
import { newView, type Panel, reduce, type View } from '../../src/ui/state.ts'
import { waitFor } from '../support/wait-for.ts'
import { openInk } from './ink.tsx'

const TEXT = readFileSync(new URL('../../docs/chat.md', import.meta.url), 'utf8')

/** What terminals send, for keys whose name does not say it. */
const BYTES: Readonly<Record<string, string>> = {
  Enter: '\r',
  'Alt+Enter': '\u001b\r',
  'Shift+Enter': '\u001b[13;2u',
  '\\': '\\',
  '@': '@',
  '/': '/',
  Tab: '\t',
  Esc: '\u001b[27u',
  Up: '\u001b[A',
  Down: '\u001b[B',
  Right: '\u001b[C',
  Left: '\u001b[D',
  'Ctrl+Left': '\u001b[1;5D',
  'Ctrl+Right': '\u001b[1;5C',
  'Alt+Left': '\u001b[1;3D',
  'Alt+Right': '\u001b[1;3C',
  Home: '\u001b[H',
  End: '\u001b[F',
  Delete: '\u001b[3~',
  Backspace: '\u007f',
  'Alt+Backspace': '\u001b\u007f',
  'Ctrl+Backspace': '\u001b[127;5u',
  'Ctrl+/': '\u001b[47;5u',
}

function bytesOf(name: string): string {
  const known = BYTES[name]
  if (known !== undefined) return known
  const [, modifier, letter = ''] = /^(Ctrl|Alt)\+(.)$/.exec(name) ?? []
  if (modifier === 'Ctrl') return String.fromCharCode(letter.charCodeAt(0) & 0x1f)
  if (modifier === 'Alt') return `\u001b${letter.toLowerCase()}`
  throw new Error(`docs/chat.md names a key that this test does not know: ${name}`)
}

/** The keys of the table behind a sentence. */
function keysBehind(sentence: string): string[] {
  const [, rest = ''] = TEXT.split(sentence)
  const [table = ''] = rest.trimStart().split('\n\n')
  const rows = table.split('\n').slice(2)
  return rows.flatMap(row =>
    Array.from((row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g), ([, name = '']) => name),
  )
}

const key = (name: string): Key => ({ name: 'ctrl', letter: name })
const word = (text: string): Key => ({ name: 'char', text })
const empty = newView({ folder: '~', prompts: ['old', 'older'] })
const folded = [{ title: 'the output of bash', text: 'all of it' }]

const question: Panel = {
  ...{ key: 1, kind: 'ask' },
  state: createAsk({ kind: 'question', id: '1', text: '?', choices: [], freeform: true }),
}
const asked: View = reduce(reduce(empty, { type: 'panel', panel: question }, 0), { type: 'quiet' }, 0)

/** A composer in which every key has something to do. */
const writing: View = {
  ...compose(
    {
      ...empty,
      busy: true,
      folded,
      away: [question],
      editor: createEditor(['old', 'older'], 'one two\nthree four\nfive six'),
    },
    [{ name: 'up' }, word('x'), key('w'), key('y'), key('_'), { name: 'left' }, { name: 'left' }],
    40,
  ).view,
}
const searching: View = compose(
  { ...empty, editor: createEditor(['old a', 'old b', 'old c'], 'x') },
  [key('r'), word('old'), key('r')],
  40,
).view
const choosing: View = compose(
  take(empty, { type: 'files', files: ['a.ts', 'b.ts'] }),
  [word('see @')],
  40,
).view

let keyboard: ReturnType<typeof openInk>
let onKeys: (keys: Key[]) => void = () => undefined

function Listener() {
  useInput((input, key) => onKeys(toKeys(input, key)))
  return null
}

beforeAll(async () => {
  keyboard = openInk(createElement(Listener))
  await waitFor(() => expect(keyboard.keyboard.listenerCount('readable')).toBeGreaterThan(0))
})
afterAll(() => keyboard.ink.unmount())

async function typed(bytes: string): Promise<Key[]> {
  const keys: Key[] = []
  onKeys = read => keys.push(...read)
  keyboard.keyboard.write(bytes)
  await waitFor(() => expect(keys.length).toBeGreaterThan(0))
  return keys
}

test('a key without a meaning does nothing', async () => {
  for (const view of [writing, choosing])
    expect(press(view, await typed(bytesOf('Ctrl+X')), 0, 40)).toEqual({ view, effects: [] })
})

describe.each([
  ['In the composer:', writing, 30],
  ['While prompts are searched:', searching, 8],
  ['While a question is open:', asked, 3],
  ['While the list of files is open (the list of commands has the same keys):', choosing, 4],
])('docs/chat.md: %s', (sentence, view, least) => {
  const names = keysBehind(sentence)
  test('has a table', () => expect(names.length).toBeGreaterThanOrEqual(least))
  test.each(names)('%s does something', async name => {
    const { view: after, effects } = press(view, await typed(bytesOf(name)), 0, 40)
    expect(effects.length > 0 || after !== view, name).toBe(true)
  })
})
