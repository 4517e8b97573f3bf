import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { isCommand } from '../../../src/commands/slash/command.ts'
import { nearest } from '../../../src/commands/slash/nearest.ts'
import { amount } from '../../../src/commands/slash/numbers.ts'
import { COMMANDS, usageOf } from '../../../src/commands/slash.ts'

const GUIDE = readFileSync(fileURLToPath(new URL('../../../docs/commands.md', import.meta.url)), 'utf8')

test('docs/commands.md has every command as it is, and no other', () => {
  const rows = [...GUIDE.matchAll(/^\| `(\/.+)` \| (.+) \|$/gm)].map(([, usage = '', what]) => [
    usage.replaceAll('\\|', '|'),
    what,
  ])
  expect(rows).toEqual(COMMANDS.map(command => [usageOf(command), command.what]))
})

test('a row of /help fits 80 columns, and every name is there once', () => {
  for (const { what } of COMMANDS) expect(what.length).toBeLessThanOrEqual(55)
  const names = COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(isCommand(`/${name}`)).toBe(true)
})

test.each([
  ['/help', true],
  ['/now do it', true],
  ['/etc/hosts', false],
  ['/usr/bin is full', false],
  ['/', false],
  ['/Help', true],
  ['/plan2', true],
  ['/tmp is full', true],
  ['/r/programming', false],
  ['//', false],
  [' /help', false],
])('%j is a command: %s', (text, expected) => {
  expect(isCommand(text)).toBe(expected)
})

describe('the nearest name', () => {
  const names = ['model', 'mode', 'quit', 'queue', 'permissions', 'export']
  test.each([
    ['nwe', undefined],
    ['mod', 'model'],
    ['qiut', 'quit'],
    ['permision', 'permissions'],
    ['exprot', 'export'],
    ['perm', 'permissions'],
    ['xyz', undefined],
    ['', 'model'],
  ])('%j: %j', (word, expected) => {
    expect(nearest(word, names)).toBe(expected)
  })
})

test.each([
  [0, '0'],
  [940, '940'],
  [1000, '1k'],
  [7836, '7.8k'],
  [99_949, '99.9k'],
  [99_960, '100k'],
  [128_000, '128k'],
  [999_600, '1M'],
  [1_250_000, '1.3M'],
  [-1853, '-1.9k'],
])('%d tokens: %s', (tokens, text) => {
  expect(amount(tokens)).toBe(text)
})
