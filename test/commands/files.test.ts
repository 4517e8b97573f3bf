import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFiles } from '../../src/commands/files.ts'

let root: string
let folder: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'files-'))
  folder = join(root, 'work')
  await mkdir(folder)
})
afterEach(() => rm(root, { recursive: true }))

const env = { PATH: process.env.PATH ?? '', HOME: tmpdir() }
const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { stdio: 'ignore' })

async function write(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), '')
  }
}

const names = async (text: string) =>
  ((await openFiles(folder, env).mentionedIn(text)) ?? []).map(each => each.displayName)

describe('the list', () => {
  test('of a repository leaves out what it ignores', async () => {
    git('init')
    await write('a.ts', 'src/b.ts', '.env', 'dist/out.js', '.github/ci.yml', 'ä ö.md')
    await writeFile(join(folder, '.gitignore'), 'dist\n.env\n')
    git('add', 'a.ts')
    const files = await openFiles(folder, env).list()
    expect([...files].sort()).toEqual(['.github/ci.yml', '.gitignore', 'a.ts', 'src/b.ts', 'ä ö.md'])
  })

  test('of another folder leaves out hidden folders and node_modules, and follows no link', async () => {
    await write('a.ts', 'src/deep/b.ts', '.cache/x', 'node_modules/m/index.js')
    await symlink('/', join(folder, 'everything'))
    expect(await openFiles(folder, { ...env, GIT_DIR: join(root, 'none') }).list()).toEqual([
      'a.ts',
      'src/deep/b.ts',
    ])
  })

  test('has no name that cannot be typed', async () => {
    await write('fine.md', 'two\nlines', 'a"quote', 'esc\u001b[2J')
    expect(await openFiles(folder, env).list()).toEqual(['fine.md'])
  })

  test('of a folder that is gone, or without Git, is empty or walked', async () => {
    expect(await openFiles(join(root, 'gone'), env).list()).toEqual([])
    await write('a.ts')
    expect(await openFiles(folder, { PATH: '' }).list()).toEqual(['a.ts'])
  })

  test('starts no program that the repository names', async () => {
    git('init')
    await write('a.ts')
    git('config', 'core.fsmonitor', `touch ${join(root, 'ran')}; false`)
    expect(await openFiles(folder, env).list()).toEqual(['a.ts'])
    expect(await readdir(root)).toEqual(['work'])
  })
})

describe('what a message names', () => {
  beforeEach(() => write('a.ts', 'src/b c.md', 'dir/x', 'app/@modal/page.tsx'))

  test.each([
    ['@a.ts', ['a.ts']],
    ['look at @a.ts, and (@"src/b c.md").', ['a.ts', 'src/b c.md']],
    ['@a.ts @./a.ts', ['a.ts']],
    ['@"app/@modal/page.tsx"', ['app/@modal/page.tsx']],
    ['is it @a.ts?', ['a.ts']],
    ['nothing: ada@a.ts @missing @dir @ @"" @a.t', []],
    ['@../outside @/etc/passwd @"../outside"', []],
  ])('%s', async (text, expected) => {
    await writeFile(join(root, 'outside'), '')
    expect(await names(text)).toEqual(expected)
  })

  test('is attached with its whole path; a link out of the folder is not', async () => {
    const [attachment] = (await openFiles(folder, env).mentionedIn('@a.ts')) ?? []
    expect(attachment).toEqual({ type: 'file', path: join(folder, 'a.ts'), displayName: 'a.ts' })
    await writeFile(join(root, 'secret'), '')
    git('init')
    await symlink('../secret', join(folder, 'link.md'))
    expect(await openFiles(folder, env).list()).toContain('link.md')
    expect(await names('@link.md')).toEqual([])
  })

  test('in the folder / too', async () => {
    await writeFile(join(root, 'git'), '#!/bin/sh\nprintf "%s\\0" "$LISTED"\n', { mode: 0o755 })
    const listed = join(folder, 'a.ts').slice(1)
    const [attachment] =
      (await openFiles('/', { PATH: root, LISTED: listed }).mentionedIn(`@${listed}`)) ?? []
    expect(attachment).toEqual({ type: 'file', path: join('/', listed), displayName: listed })
  })

  test('not what is ignored, and never more than twenty', async () => {
    git('init')
    await writeFile(join(folder, '.gitignore'), 'a.ts\n')
    expect(await names('@a.ts')).toEqual([])
    const many = Array.from({ length: 30 }, (_, at) => `f${at}`)
    await write(...many)
    expect(await names(many.map(name => `@${name}`).join(' '))).toHaveLength(20)
  })
})
