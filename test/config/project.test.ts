import { expect, test } from 'vitest'
import { type Brought, digestOf, findProject, isTaken } from '../../src/config/project.ts'

const project = (folder: string, ...there: string[]) =>
  findProject(folder, async path => there.includes(path))

test('a project is the repository that the folder is in, or the folder alone', async () => {
  expect(await project('/r/a/b', '/r/.git')).toEqual({
    root: '/r',
    file: '/r/.copilot-host.json',
    serverFiles: ['/r/.github/mcp.json', '/r/.mcp.json', '/r/a/.mcp.json', '/r/a/b/.mcp.json'],
  })
  expect(await project('/r/a', '/r/.git', '/r/a/.git')).toMatchObject({ root: '/r/a' })
  expect(await project('/r/a')).toEqual({
    root: '/r/a',
    file: '/r/a/.copilot-host.json',
    serverFiles: ['/r/a/.github/mcp.json', '/r/a/.mcp.json'],
  })
  expect(await project('/')).toMatchObject({ root: '/' })
})

const item = (over: Partial<Brought>): Brought => ({
  ...{ file: '.mcp.json', kind: 'server', key: 'a', value: { command: 'x' } },
  ...over,
})

test('without consent nothing counts but what cannot harm', () => {
  const taken = (over: Partial<Brought>) => isTaken(item(over), () => false)
  const setting = (key: string) => taken({ kind: 'setting', key })
  for (const key of ['model', 'plain', 'title', 'notify', 'denyTools', 'denyUrls'])
    expect(setting(key)).toBe(true)
  for (const key of [
    'allowTools',
    'allowUrls',
    'addDirs',
    'signIn',
    'signInTimeout',
    'tokenStore',
    'callbackUrl',
    'debugLog',
  ])
    expect(setting(key)).toBe(false)
  for (const key of [
    'clientMetadataUrl',
    'servers.a.clientId',
    'servers.a.account',
    'servers.a.route',
    'nothing',
  ])
    expect(setting(key)).toBe(false)
  expect(taken({ key: 'model' })).toBe(false)
  expect(isTaken(item({}), () => true)).toBe(true)
})

test('consent is for exactly this content, in whatever order its keys stand', () => {
  const digest = digestOf(item({ value: { command: 'x', args: ['a', 'b'], env: { A: '1' } } }))
  expect(digestOf(item({ value: { env: { A: '1' }, args: ['a', 'b'], command: 'x' } }))).toBe(digest)
  const others = [
    item({ value: { command: 'x', args: ['b', 'a'], env: { A: '1' } } }),
    item({ value: { command: 'x', args: ['a', 'b'], env: { A: 1 } } }),
    item({ value: { command: 'x', args: ['a', 'b'], env: { A: '1' }, cwd: '/' } }),
    item({ value: { command: 'x', args: ['a', 'b'], env: [['A', '1']] } }),
    item({ value: { command: 'x', args: ['a', 'b'], env: ['object', ['A', '1']] } }),
    item({ value: { command: 'x', args: ['a b'], env: { A: '1' } } }),
    item({ key: 'b', value: { command: 'x', args: ['a', 'b'], env: { A: '1' } } }),
    item({ file: 'sub/.mcp.json', value: { command: 'x', args: ['a', 'b'], env: { A: '1' } } }),
    item({ kind: 'setting', value: { command: 'x', args: ['a', 'b'], env: { A: '1' } } }),
  ].map(digestOf)
  expect(new Set([digest, ...others]).size).toBe(others.length + 1)
})
