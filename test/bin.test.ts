import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'rolldown/utils'
import { expect, test } from 'vitest'
import { temporaryFolder } from './support/folder.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** A Node before 22.12 of this machine; where there is none, ours, made to say that it is one. */
const OLD_NODE = (await olderNode()) ?? [
  process.execPath,
  '--import',
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.0.0"}})',
]

const MAIN = {
  report: `
    console.log(JSON.stringify({ argv: process.argv.slice(2), version: process.versions.node }))
    process.stdin.on('data', data => process.stdout.write(data)).on('end', () => process.exit(7))`,
  wait: `
    const told = name => { console.log('told ' + name); process.removeAllListeners(name); process.kill(process.pid, name) }
    for (const name of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.on(name, told)
    setInterval(() => {}, 1000)
    console.log('ready')`,
}

/** A checkout in a folder with an odd name: our starter, a small main, and a Node of its own if one is wanted. */
async function checkout(main: string | undefined, node?: (path: string) => Promise<void>): Promise<string> {
  const root = join(await temporaryFolder(), "Jörg's häuser 日本", 'a b')
  await mkdir(join(root, 'bin'), { recursive: true })
  await copyFile(join(ROOT, 'bin/copilot-host.js'), join(root, 'bin/copilot-host.js'))
  await writeFile(join(root, 'package.json'), '{"type":"module"}')
  if (main !== undefined) {
    await mkdir(join(root, 'dist'))
    await writeFile(join(root, 'dist/main.js'), main)
  }
  if (node !== undefined) {
    await mkdir(join(root, 'node_modules/node/bin'), { recursive: true })
    await node(join(root, 'node_modules/node/bin/node'))
  }
  return root
}

/** Ways to put a Node into the checkout. */
const ours = (path: string) =>
  writeFile(path, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 })
const theOldOne = (path: string) => symlink(OLD_NODE[0] ?? '', path)
const broken = (path: string) => writeFile(path, 'not a program')

function start(
  [node = '', ...options]: readonly string[],
  root: string,
  args: readonly string[] = [],
  env = process.env,
) {
  const child = spawn(node, [...options, join(root, 'bin/copilot-host.js'), ...args], { env, cwd: root })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', data => {
    stdout += data
  })
  child.stderr.on('data', data => {
    stderr += data
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }))
  return { child, ended }
}

test('the Node that is new enough runs the program itself', async () => {
  const root = await checkout(MAIN.report)
  const { child, ended } = start([process.execPath], root, ['chat', '-p', 'ä ö "x"'])
  child.stdin.end('from stdin')
  const { code, stdout, stderr } = await ended
  expect(JSON.parse(stdout.split('\n')[0] ?? '')).toEqual({
    argv: ['chat', '-p', 'ä ö "x"'],
    version: process.versions.node,
  })
  expect([code, stdout.endsWith('from stdin'), stderr]).toEqual([7, true, ''])
})

test('compiled code is kept in a folder of the user, and nowhere if there is none', async () => {
  const root = await checkout(MAIN.report)
  const home = await temporaryFolder()
  const run = async (env: NodeJS.ProcessEnv) => {
    const { child, ended } = start([process.execPath], root, [], { PATH: process.env.PATH, ...env })
    child.stdin.end()
    expect((await ended).code).toBe(7)
  }
  await run({ HOME: home })
  expect(await readdir(join(home, '.cache', 'copilot-host'))).toHaveLength(1)
  await run({ HOME: home, XDG_CACHE_HOME: join(home, 'xdg') })
  expect(await readdir(join(home, 'xdg', 'copilot-host'))).toHaveLength(1)
  await run({ HOME: '', XDG_CACHE_HOME: 'relative' })
  expect((await readdir(root)).sort()).toEqual(['bin', 'dist', 'package.json'])
})

test('a checkout that is not built says so', async () => {
  const root = await checkout(undefined)
  const { code, stdout, stderr } = await start([process.execPath], root).ended
  expect([code, stdout, stderr]).toEqual([1, '', 'copilot-host is not built yet: run npm run build\n'])
})

test('a part that is missing is told in one line', async () => {
  const { code, stdout, stderr } = await start([process.execPath], await checkout("import './gone.js'")).ended
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^copilot-host cannot be loaded, install it again: [^\n]*gone\.js[^\n]*\n$/)
})

test(`an old Node hands over to the Node of the checkout`, async () => {
  const root = await checkout(MAIN.report, ours)
  const { child, ended } = start(OLD_NODE, root, ['--flag', 'a b'])
  child.stdin.end('from stdin')
  const { code, stdout, stderr } = await ended
  expect(JSON.parse(stdout.split('\n')[0] ?? '')).toEqual({
    argv: ['--flag', 'a b'],
    version: process.versions.node,
  })
  expect([code, stdout.endsWith('from stdin'), stderr]).toEqual([7, true, ''])
})

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
  test(`an old Node passes ${signal} on and ends in the same way`, async () => {
    const root = await checkout(MAIN.wait, ours)
    const { child, ended } = start(OLD_NODE, root)
    await once(child.stdout, 'data')
    child.kill(signal)
    const result = await ended
    expect(result).toEqual({ code: null, signal, stdout: `ready\ntold ${signal}\n`, stderr: '' })
  })
}

test(`an old Node without a newer one says what is missing`, async () => {
  const line = /^copilot-host needs Node\.js 22\.12 or newer, and this is [\d.]+ \(.*npm ci.*\)\n$/
  for (const nearby of [undefined, theOldOne]) {
    const { code, stdout, stderr } = await start(OLD_NODE, await checkout(MAIN.report, nearby)).ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(line)
  }
})

test(`a Node of the checkout that cannot be started is named`, async () => {
  const root = await checkout(MAIN.report, broken)
  const { code, stderr } = await start(OLD_NODE, root).ended
  expect([code, stderr]).toEqual([1, `copilot-host cannot run ${join(root, 'node_modules/node/bin/node')}\n`])
})

/** Whether the bundler would leave this as it is for Node 12. */
function isOldEnough(code: string): boolean {
  const [old, newest] = ['node12.22', 'esnext'].map(target => transformSync('starter.js', code, { target }))
  const faults = [old, newest].flatMap(made => [...(made?.errors ?? []), ...(made?.warnings ?? [])])
  return faults.length === 0 && old?.code === newest?.code
}

test('nothing in the starter is newer than what Node 12 can parse', async () => {
  const starter = await readFile(join(ROOT, 'bin/copilot-host.js'), 'utf8')
  expect(isOldEnough(starter)).toBe(true)
  for (const newer of ['a?.b', 'a ?? b', 'a ??= b', 'await a', 'class A { static {} }', '/a/v'])
    expect([newer, isOldEnough(`${starter}\n${newer}\n`)]).toEqual([newer, false])
})

async function olderNode(): Promise<string[] | undefined> {
  const nodes = (process.env.PATH ?? '').split(delimiter).map(folder => join(folder, 'node'))
  for (const node of nodes.filter(existsSync)) {
    const child = spawn(node, ['-p', 'process.versions.node'])
    const [version] = await once(child.stdout, 'data')
    const [major = 0, minor = 0] = String(version).split('.').map(Number)
    if (major >= 14 && (major < 22 || (major === 22 && minor < 12))) return [node]
  }
  return undefined
}
