import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { clean } from '../../src/text.ts'
import { signInHints } from '../../src/ui/panels/sign-in-hints.ts'
import { createSignIn } from '../../src/ui/panels/sign-in-state.ts'
import { plain } from '../../src/ui/transcript/line.ts'
import { signInView } from '../ui/panels/view.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(`${ROOT}/${path}`, 'utf8')
const GUIDE = read('docs/sign-in.md')
const GOLDEN = read('test/e2e/golden/80x24.txt')
const PICTURES = globSync('docs/screens/*.svg', { cwd: ROOT })

/** The first column of the table below this heading of the guide. */
function column(heading: string): string[] {
  const section = GUIDE.split(/^##+ /m).find(part => part.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/^\| (.+?) \|/gm)].slice(1).map(([, cell]) => cell ?? '')
}

/** What stands between backticks. */
function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '')
}

describe('what the guide to signing in names is there', () => {
  const lines = GUIDE.split('\n').flatMap(line => [
    ...quoted(line),
    line.startsWith('copilot-host ') ? line : '',
  ])
  const commands = lines
    .map(line => line.replace(/^copilot-host /, '').replace(/ +[#<] .*/, ''))
    .filter(line => /^(chat|resume|demo|login|auth)( |$)/.test(line))

  test.concurrent.each([...new Set(commands)])('copilot-host %s', async line => {
    const words = line.split(' ')
    const depth = words[0] !== 'auth' ? 1 : words[1] === 'client' ? 3 : 2
    const { stdout } = await promisify(execFile)(process.execPath, [
      `${ROOT}/bin/copilot-host.js`,
      ...[...words.slice(0, depth), '--help'],
    ])
    expect(stdout).toContain(`Usage: copilot-host ${words.slice(0, depth).join(' ')}`)
    for (const [option] of line.matchAll(/(?<= )--?[a-z][a-z-]*/g))
      expect(stdout).toMatch(new RegExp(`${option}\\b`))
  })

  test('options', () => {
    const sources = read('src/commands/options.ts') + read('src/commands/program.ts')
    const options = GUIDE.match(/(?<=`)--[a-z-]+/g) ?? []
    expect(options.filter(option => !sources.includes(option))).toEqual([])
  })

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

  test('lines of the program', () => {
    const sources = globSync('src/**/*.{ts,tsx}', { cwd: ROOT }).map(read).join('\n')
    const rows = column('When something goes wrong')
    expect(rows.length).toBeGreaterThan(10)
    const parts = rows.flatMap(quoted).flatMap(line => line.split(/<\w+>/))
    expect(parts.filter(part => !sources.includes(part.trim()))).toEqual([])
  })

  test('exit codes', () => {
    const architecture = read('docs/architecture.md')
    for (const code of column('Exit codes')) expect(architecture).toContain(`| ${code} |`)
  })

  test('pictures, pages and headings', () => {
    const targets = [...GUIDE.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? '')
    const headings = [...GUIDE.matchAll(/^#+ (.*)$/gm)].map(
      ([, text]) =>
        `#${(text ?? '')
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, '')
          .replaceAll(' ', '-')}`,
    )
    for (const target of targets) {
      if (target.startsWith('#')) expect(headings).toContain(target)
      else expect(existsSync(`${ROOT}/docs/${target}`), target).toBe(true)
    }
    for (const picture of PICTURES) expect(targets).toContain(picture.replace('docs/', ''))
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
