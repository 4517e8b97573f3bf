import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SRC = fileURLToPath(new URL('../../../src', import.meta.url))

/** Every package that a file of ours loads, by itself or by what it imports; types are not loaded. */
function packages(file: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>()
  if (seen.has(file)) return found
  seen.add(file)
  const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const pattern = /\b(?:import|export)\s+(?!type\s)(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/g
  for (const [, from = ''] of code.matchAll(pattern)) {
    const path = join(dirname(file), from)
    if (!from.startsWith('.')) found.add(from)
    else if (existsSync(path)) for (const name of packages(path, seen)) found.add(name)
  }
  return found
}

test('the plain chat loads nothing of the screen', () => {
  const screen = ['ink', 'react', 'marked']
  const plain = packages(join(SRC, 'commands/plain-chat.ts'))
  for (const name of screen) {
    expect(plain).not.toContain(name)
    expect(packages(join(SRC, 'commands/screen-chat.ts'))).toContain(name)
  }
  expect(plain).toContain('valibot')
})
