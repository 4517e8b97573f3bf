import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startProgram } from '../src/spawn.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spawn-'))
})
afterEach(() => rm(folder, { recursive: true }))

const node = (script: string, ...args: string[]) => ['-e', script, ...args]

describe('startProgram', () => {
  it('P-07: gives arguments as they are, the environment it was given and nothing else, and no streams', async () => {
    const file = join(folder, 'seen.json')
    const script = `require('fs').writeFileSync(process.argv[1], JSON.stringify({
      args: process.argv.slice(2), env: Object.keys(process.env), out: require('fs').fstatSync(1).isCharacterDevice() }))`
    const args = ['$(touch x)', '%VAR%', "a'b", 'c"d', '&', '']
    const env = { ONLY: 'this', NOT: undefined }
    expect(await startProgram({ program: process.execPath, args: node(script, file, ...args), env })).toBe(
      true,
    )
    const seen = JSON.parse(await readFile(file, 'utf8'))
    expect(seen.args).toEqual(args)
    expect(seen.env.filter((name: string) => !name.startsWith('__'))).toEqual(['ONLY'])
    expect(seen.out).toBe(true)
  })

  it.each([
    ['a missing program', 'no-such-program-anywhere', []],
    ['an empty name', '', []],
    ['a folder', tmpdir(), []],
    ['an argument with NUL', process.execPath, ['a\0b']],
    ['a program that fails at once', process.execPath, node('process.exit(3)')],
  ])('%s is false', async (_what, program, args) => {
    expect(await startProgram({ program, args, env: {} })).toBe(false)
  })

  it('does not wait for a program that goes on', async () => {
    const file = join(folder, 'pid')
    const script = `require('fs').writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000)`
    expect(await startProgram({ program: process.execPath, args: node(script, file), env: {} })).toBe(true)
    const pid = await vi.waitFor(async () => Number(await readFile(file, 'utf8')))
    process.kill(pid)
  })
})
