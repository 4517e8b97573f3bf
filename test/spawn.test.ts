import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { feedProgram, startProgram } from '../src/spawn.ts'
import { waitFor } from './support/wait-for.ts'

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
    const pid = await waitFor(async () => Number(await readFile(file, 'utf8')))
    process.kill(pid)
  })
})

describe('feedProgram', () => {
  const read = `let all = ''; process.stdin.on('data', part => { all += part }).on('end', () => `

  it('gives a text byte for byte, and the environment that it was given', async () => {
    const file = join(folder, 'read')
    const script = `${read} require('fs').writeFileSync(process.argv[1], process.env.ONLY + all))`
    const text = `$(x) 日本 \u0000\n${'long '.repeat(50_000)}`
    const child = { program: process.execPath, args: node(script, file), env: { ONLY: 'this ' } }
    expect(await feedProgram(child, text, 20_000)).toBe(true)
    expect(await readFile(file, 'utf8')).toBe(`this ${text}`)
  })

  it.each([
    ['a missing program', 'no-such-program-anywhere', []],
    ['an argument with NUL', process.execPath, ['a\0b']],
    ['a program that fails', process.execPath, node('process.exit(3)')],
    ['one that does not read', process.execPath, node('process.stdin.destroy(); process.exit(1)')],
    ['one that does not end', process.execPath, node('setInterval(() => {}, 1000)')],
  ])('%s is false', async (_what, program, args) => {
    expect(await feedProgram({ program, args, env: {} }, 'text'.repeat(100_000), 1000)).toBe(false)
  })
})
