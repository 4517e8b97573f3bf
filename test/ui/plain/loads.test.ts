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

test('the plain chat loads nothing of the screen, and no prompt waits for what reads Markdown', () => {
  const plain = packages(join(SRC, 'commands/plain-chat.ts'))
  const screen = packages(join(SRC, 'commands/screen-chat.ts'))
  for (const name of ['ink', 'react']) {
    expect(plain).not.toContain(name)
    expect(screen).toContain(name)
  }
  expect(packages(join(SRC, 'ui/transcript/stream.ts'))).toContain('marked')
  for (const each of [plain, screen]) expect(each).not.toContain('marked')
  expect(packages(join(SRC, 'commands/prepare.ts'))).toContain('valibot')
})
