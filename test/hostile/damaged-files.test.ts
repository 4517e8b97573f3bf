import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, cp, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'
import { PATIENCE } from '../support/patience.ts'
import { leave, panel, prompted, say } from '../support/person.ts'
import { inSpace, spaceMissing } from '../support/space.ts'

const FILE = ['--token-store', 'file']
const missing = spaceMissing()
if (missing !== undefined)
  process.stderr.write(`damaged files: an endless one is left out, no namespaces here: ${missing}\n`)

let stage: Stage
/** Where everything is kept, and a copy of it as it was. */
let home: string
let whole: string
/** Endless for the program, see `within`. */
let endless: string

beforeAll(async () => {
  stage = await openStage({ keychain: false })
  home = join(stage.world.folder, 'home')
  whole = join(stage.world.folder, 'whole')
  endless = join(stage.world.folder, 'endless')
  await writeFile(endless, '')
  const { state } = stage.place
  await mkdir(join(home, 'copilot'), { recursive: true })
  await mkdir(join(state, 'pending'), { recursive: true, mode: 0o700 })
  const notes = { type: 'http', url: stage.world.mcp.url, tools: ['*'] }
  await writeFile(join(home, 'copilot', 'mcp-config.json'), JSON.stringify({ mcpServers: { notes } }))
  await writeFile(join(state, 'config.json'), JSON.stringify({ title: false }))
  const other = { machine: 'another', pid: 1, socket: '/nowhere', nonce: 'n'.repeat(40) }
  await writeFile(join(state, 'pending', 'x.json'), JSON.stringify(other), { mode: 0o600 })
  await writeFile(join(stage.world.work, '.copilot-host.json'), JSON.stringify({ tokenStore: 'keychain' }))
  const env = { BROWSER: stage.browser() }
  expect(await stage.run(['auth', 'login', 'notes', '--sign-in', 'browser', ...FILE], { env })).toMatchObject(
    {
      code: 0,
    },
  )
  const chat = stage.open(['chat', ...FILE])
  await chat.until(() => chat.screen().includes('[y/N]'))
  await chat.keys('y', '\r')
  await say(chat, '/theme dark')
  await chat.until(() => chat.screen().includes('theme: dark'))
  await leave(chat)
  await cp(home, whole, { recursive: true })
})
afterAll(() => stage.close())

/** What has become of a file. */
const DAMAGES: readonly (readonly [string, (file: string) => unknown])[] = [
  ['empty', file => writeFile(file, '')],
  ['no text', file => writeFile(file, Buffer.concat([randomBytes(4000), Buffer.from([0, 0xff, 10])]))],
  ['half of it', async file => truncate(file, Math.floor((await stat(file)).size / 2))],
  ['50 MB', file => writeFile(file, 'x'.repeat(50_000_000))],
  ['a folder', file => rm(file).then(() => mkdir(join(file, 'in it'), { recursive: true }))],
  ['a pipe', file => rm(file).then(() => execFileSync('mkfifo', [file]))],
  ['a link to nothing', file => rm(file).then(() => symlink('/nowhere/file', file))],
  ...(missing === undefined
    ? [['endless', (file: string) => rm(file).then(() => symlink(endless, file))] as const]
    : []),
  // Modes do not bind everybody.
  ...(process.getuid?.() === 0 ? [] : [['unreadable', (file: string) => chmod(file, 0)] as const]),
]

/** `/dev/zero` under another name: who may do everything could replace the real one by mistake. */
const within = () => (missing === undefined ? inSpace(`mount --bind /dev/zero '${endless}'`) : undefined)

/** One line at most names the file, and nothing of the program's inside is shown. */
function expectCalm({ code, stderr }: { code: number; stderr: string }, file: string, codes = [0]) {
  expect({ code, stderr }).toEqual({ code: expect.toSatisfy(each => codes.includes(each)), stderr })
  expect(stderr).not.toMatch(/^\s+at |Error:|unexpectedly|undefined/m)
  const lines = stderr.split('\n').filter(line => line.includes(file))
  expect(lines.length).toBeLessThanOrEqual(1)
  return lines[0]
}

async function restored(file: string, damage: (file: string) => unknown): Promise<string> {
  await rm(home, { recursive: true, force: true })
  await cp(whole, home, { recursive: true })
  const path = join(home, file)
  await damage(path)
  return path
}

interface Case {
  file: string
  /** What looks at it. */
  look: readonly string[]
  /** What has to be said about it. */
  says?: RegExp
  /** Exit codes of the look, and of a one-shot beside it. */
  codes?: readonly [number, number]
}

const CASES: readonly Case[] = [
  {
    file: 'host/index.json',
    look: ['auth', 'status', ...FILE],
    says: /cannot be understood: it counts as empty/,
  },
  {
    file: 'host/accounts.json',
    look: ['auth', 'account', 'notes', ...FILE],
    says: /cannot be understood: it counts as empty/,
  },
  { file: 'host/journal.jsonl', look: ['auth', 'log'] },
  { file: 'host/trusted.json', look: ['trust', 'list'] },
  { file: 'host/pending/x.json', look: ['auth', 'pending'] },
  {
    file: 'host/tokens/tokens.json',
    look: ['auth', 'status', ...FILE],
    says: /(cannot be understood: the next sign-in replaces it|is too large|is not a plain file|is a symbolic link|cannot be read)/,
    codes: [0, 4],
  },
  { file: 'host/config.json', look: ['config'], says: /is not valid JSON|cannot read/, codes: [2, 2] },
  {
    file: 'copilot/mcp-config.json',
    look: ['mcp', 'list'],
    says: /(is not valid JSON|cannot read).*; no MCP server is taken from it/,
  },
]

const ROWS = CASES.map((row, at) => ({ ...row, damages: some(DAMAGES, 3, at) }))

describe.each(ROWS)('$file', ({ file, look, says, codes: [first, second] = [0, 0], damages }) => {
  test.each(damages)('%s: works, or one line names it; nothing is waited for', async (what, damage) => {
    const path = await restored(file, damage)
    const began = performance.now()
    const looked = await stage.run(look, { within: within() })
    const linked = what === 'a link to nothing'
    const said = expectCalm(looked, path, linked ? [0, first] : [first])
    // The runtime reads its own file of servers itself, and waits for what has no end.
    if (!(file.startsWith('copilot') && ['endless', 'a pipe'].includes(what))) {
      const answered = await stage.run(['chat', '-p', 'SAY fine', ...FILE], { within: within() })
      expectCalm(answered, path, linked ? [0, second] : [second])
      if (answered.code === 0) expect(answered.stdout).toBe('fine\n')
    }
    expect(performance.now() - began).toBeLessThan(PATIENCE)
    // A link to nothing is no file at all.
    if (says !== undefined && !linked) expect(said).toMatch(says)
    // Nothing was removed that could not be read.
    expect(await readdir(dirname(path))).toContain(basename(path))
  })
})

describe.each([
  ['prompts.jsonl', some(DAMAGES, 4, 0)],
  ['theme', some(DAMAGES, 4, 1)],
  ['trusted.json', some(DAMAGES, 4, 2)],
  ['journal.jsonl', some(DAMAGES, 4, 3)],
] as const)('a chat with host/%s', (name, damages) => {
  test.each(damages)('%s: it talks, keeps what it can, and ends', async (_, damage) => {
    const path = await restored(join('host', name), damage)
    const chat = stage.open(['chat', ...FILE], { within: within() })
    await chat.until(() => /\[y\/N\]|^›/m.test(chat.screen()))
    const asked = chat.screen().includes('[y/N]')
    expect(asked).toBe(name === 'trusted.json')
    if (asked) await chat.keys('y', '\r')
    await say(chat, 'SAY fine')
    await chat.until(() => chat.lines().includes('fine'))
    await say(chat, '/theme light')
    await chat.until(() => chat.lines().join('\n').includes('theme: light'))
    await prompted(chat)
    await leave(chat)
    if (name !== 'trusted.json') return
    const files = await readdir(join(home, 'host'))
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 1 })
    expect(files).toContain('trusted.json.damaged')
  })
})

test('K-06 files of a newer version are left as they are, and one line says so where it matters', async () => {
  await restored('host/theme', () => {})
  const { state } = stage.place
  const newer = JSON.stringify({
    v: 9,
    version: 9,
    entries: 'other',
    folders: 'other',
    grants: [],
    accounts: [],
  })
  const names = ['index.json', 'accounts.json', 'trusted.json', 'tokens/tokens.json']
  for (const name of names) await writeFile(join(state, name), newer)
  const chat = stage.open(['chat', ...FILE], { env: { BROWSER: stage.browser() }, cols: 200 })
  await chat.until(() => chat.screen().includes('[y/N]'))
  await chat.keys('y', '\r')
  await chat.until(() =>
    chat.lines().some(line => /trusted\.json, which a newer version has made.*holds for this run/.test(line)),
  )
  await panel(chat, 'Sign in to notes')
  await chat.keys('b')
  await chat.until(() => chat.screen().includes('signed in to notes'))
  await prompted(chat)
  const lines = chat.lines()
  await leave(chat)
  expect(lines.filter(line => /tokens\.json was made by a newer version/.test(line))).toHaveLength(1)
  for (const name of names) expect(await readFile(join(state, name), 'utf8')).toBe(newer)
})
