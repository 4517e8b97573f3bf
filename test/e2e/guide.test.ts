import { globSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { clean } from '../../src/text.ts'
import { signInHints } from '../../src/ui/panels/sign-in-hints.ts'
import { createSignIn } from '../../src/ui/panels/sign-in-state.ts'
import { plain } from '../../src/ui/transcript/line.ts'
import { links, ROOT, read, rows } from '../support/pages.ts'
import { signInView } from '../ui/panels/view.ts'

const GUIDE = read('docs/sign-in.md')
const GOLDEN = read('test/e2e/golden/80x24.txt')
const PICTURES = globSync('docs/screens/*.svg', { cwd: ROOT }).filter(file => !file.includes('/chat-'))

/** The first column of the table below this heading of the guide. */
const column = (heading: string) => rows(GUIDE, heading).map(([cell = '']) => cell)

describe('what the guide to signing in names is there', () => {
  test('keys', () => {
    const view = signInView({ others: [{ issuer: 'https://b.example', host: clean('b.example') }] })
    const size = { index: 1, total: 1, width: 60, maxRows: 20, waiting: [] }
    const hints = signInHints(createSignIn(view), size, 0)
      .map(row => plain(row.line))
      .join('\n')
    const keys = column('Keys').map(cell => cell.replaceAll('`', '').replace('Enter', '⏎'))
    expect(keys).toHaveLength(15)
    for (const key of keys) expect(`${GOLDEN}\n${hints}`).toMatch(new RegExp(`(^| {3})${key} [a-z]`, 'm'))
  })

  test('exit codes', () => {
    const architecture = read('docs/architecture.md')
    for (const code of column('Exit codes')) expect(architecture).toContain(`| ${code} |`)
  })

  test('every picture', () => {
    for (const picture of PICTURES) expect(links(GUIDE)).toContain(picture.replace('docs/', ''))
  })
})

test.each(PICTURES)('%s shows what the program shows now', picture => {
  const name = picture.replace(/.*\//, '').replace('.svg', '')
  const screens = GOLDEN.split(/^=== (.*) ===$/m)
  const at = screens.findIndex(
    (part, index) => index % 2 === 1 && part.toLowerCase().replaceAll(/\W+/g, '-') === name,
  )
  // Pictures are taken with a keychain; the golden screens without, so that any machine can take them.
  const screen = screens[at + 1]?.replaceAll('a file of your own (0600)', 'the system keychain')
  const texts = [...read(picture).matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text ?? '')
  expect(texts.length).toBeGreaterThan(2)
  for (const text of texts)
    expect(screen).toContain(text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'))
})
