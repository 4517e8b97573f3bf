// Tries every property (fast-check) for so many seconds each, with another seed each time; the seed is printed first, so that
// FUZZ_SEED=<seed> tries the same cases again.
//
//   fuzz.ts [seconds] [file ...]    60 seconds (or FUZZ_SECONDS), all files of test/ that hold a property
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const [first, ...rest] = process.argv.slice(2)
const { FUZZ_SECONDS = '60', FUZZ_SEED = `${Date.now() % 2 ** 31}` } = process.env
const seconds = Number(first ?? FUZZ_SECONDS)
if (!(seconds > 0)) throw new Error('fuzz.ts [seconds] [file ...]')

const files = globSync('test/**/*.test.{ts,tsx}').filter(file => {
  const source = readFileSync(file, 'utf8')
  return /from 'fast-check'/.test(source) && (rest.length === 0 || rest.some(name => file.includes(name)))
})
if (files.length === 0) {
  console.error(`no file of test/ with a property has ${rest.join(' or ')} in its path`)
  process.exit(1)
}
console.log(`${files.length} files with properties, ${seconds} s each property, FUZZ_SEED=${FUZZ_SEED}`)
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--testTimeout', `${60_000 + seconds * 2000}`, ...files],
  { stdio: 'inherit', env: { ...process.env, FUZZ_SECONDS: `${seconds}`, FUZZ_SEED } },
)
process.exitCode = status ?? 1
