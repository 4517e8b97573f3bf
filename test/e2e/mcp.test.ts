import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { more, some } from '../support/more.ts'

let stage: Stage
afterEach(() => stage.close())

const mcp = (...args: string[]) => stage.run(['mcp', ...args])
const own = () => join(stage.place.env.COPILOT_HOME ?? '', 'mcp-config.json')
const theirs = () => join(stage.world.work, '.mcp.json')
const read = async (path: string) => JSON.parse(await readFile(path, 'utf8'))

test('add and remove write what Copilot CLI reads, and leave the rest as it is', async () => {
  stage = await openStage({ keychain: false })
  expect(await mcp()).toEqual({
    code: 0,
    stdout: 'no MCP server is configured (copilot-host mcp add <name> <address>)\n',
    stderr: '',
  })
  expect(await mcp('add', 'linear', 'https://mcp.linear.app/mcp', '--timeout', '5000')).toEqual({
    code: 0,
    stdout: `added linear to ${own()}\n`,
    stderr: '',
  })
  expect((await stat(own())).mode & 0o777).toBe(0o600)
  expect(await mcp('add', 'plain', 'http://x.example/mcp')).toEqual({
    code: 0,
    stdout: `added plain to ${own()}\n`,
    stderr:
      'the server at x.example is not https: nobody can sign in to it, and all that is sent there can be read\n',
  })
  expect(await mcp('remove', 'plain')).toMatchObject({ code: 0 })
  expect(await mcp('add', 'here', 'http://127.0.0.1:1/mcp')).toMatchObject({ code: 0, stderr: '' })
  expect(await mcp('remove', 'here')).toMatchObject({ code: 0 })
  const keyed = await mcp(
    'add',
    'keyed',
    'https://k.example.com/sse',
    '--transport',
    'sse',
    '--header',
    'X-Key: abc',
  )
  expect(keyed).toMatchObject({ code: 0, stderr: expect.stringMatching(/^X-Key is in .+ as plain text/) })
  const files = [
    'add',
    'files',
    '-e',
    'LEVEL=a=b',
    '--tools',
    'read,list',
    '--',
    'npx',
    '-y',
    'files',
    '--flag',
  ]
  expect(await mcp(...files)).toMatchObject({ code: 0, stderr: '' })
  const linear = { type: 'http', url: 'https://mcp.linear.app/mcp', tools: ['*'], timeout: 5000 }
  const local = {
    ...{ type: 'local', command: 'npx', args: ['-y', 'files', '--flag'] },
    ...{ env: { LEVEL: 'a=b' }, tools: ['read', 'list'] },
  }
  const all = {
    linear,
    keyed: { type: 'sse', url: 'https://k.example.com/sse', headers: { 'X-Key': 'abc' }, tools: ['*'] },
    files: local,
  }
  expect(await read(own())).toEqual({ mcpServers: all })

  expect(await mcp('add', 'linear', 'https://other.example.com/mcp')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--replace'),
  })
  await writeFile(
    own(),
    JSON.stringify({ other: 1, mcpServers: { ...all, odd: { later: true } } }, null, '\t'),
  )
  expect(await mcp('add', 'linear', 'https://other.example.com/mcp', '--replace')).toMatchObject({ code: 0 })
  expect(await mcp('remove', 'keyed')).toMatchObject({ code: 0, stdout: `removed keyed from ${own()}\n` })
  expect(await read(own())).toEqual({
    other: 1,
    mcpServers: {
      files: local,
      odd: { later: true },
      linear: { type: 'http', url: 'https://other.example.com/mcp', tools: ['*'] },
    },
  })
  expect(await readFile(own(), 'utf8')).toContain('\n\t"other": 1,')
  expect(await mcp('rm', 'keyed')).toMatchObject({ code: 1, stdout: '' })
})

test.each(
  some(
    [
      [['add', 'x', 'ftp://a/b'], /does not begin with https/],
      [['add', 'x'], /an address is missing, or a command/],
      [
        ['add', 'x', 'mcp.example.com/mcp'],
        /an address begins with http \(https:\/\/mcp\.example\.com\/mcp\)/,
      ],
      [['add', 'x', 'localhost:3000'], /an address begins with http \(http:\/\/localhost:3000\)/],
      [['add', '', 'https://a/b'], /the name is empty/],
      [['add', 'x', 'https://a/b', '--header', 'nothing'], /--header must be "Name: value"/],
      [['add', 'x', 'https://a/b', '-e', 'A=b'], /--env is for a server with a command/],
      [['add', 'x', '--header', 'A: b', '--', 'npx'], /--header is for a server with an address/],
      [['add', 'x', 'https://me:hunter2@a/b'], /holds a user name or a password/],
    ],
    3,
    2,
  ),
)('%j is wrong usage, and nothing is written', async (args, message) => {
  stage = await openStage({ keychain: false })
  const { code, stdout, stderr } = await mcp(...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
  expect(stderr).not.toContain('hunter2')
  await expect(stat(own())).rejects.toThrow()
})

more('a file that cannot be read is not written', async () => {
  stage = await openStage({ keychain: false })
  await mkdir(join(own(), '..'), { recursive: true })
  for (const text of ['{"mcpServers": {', '{"mcpServers": []}', '[]']) {
    await writeFile(own(), text)
    expect(await mcp('add', 'x', 'https://a.example.com/mcp')).toMatchObject({ code: 2, stdout: '' })
    expect(await readFile(own(), 'utf8')).toBe(text)
  }
})

const $schema = 'https://x.example/s.json'
const old = { url: 'https://old.example.com/mcp' }
test.each(
  some(
    [
      { content: { $schema }, flags: [] },
      { content: { $schema }, flags: ['--project'] },
      { content: { $schema, old }, flags: ['--project'] },
      // Entries without `mcpServers` around them are read in a project only.
      { content: { old }, flags: [] },
    ],
    2,
  ),
)('what is added to %j is read again', async ({ content, flags }) => {
  stage = await openStage({ keychain: false })
  const file = flags.length > 0 ? theirs() : own()
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, JSON.stringify(content))
  const names = async () => {
    const { stdout, stderr } = await mcp('list', '--json')
    return [stderr, ...JSON.parse(stdout).map(({ name }: { name: string }) => name)]
  }
  expect(await names()).toEqual([expect.stringMatching(/has no \\"mcpServers\\" object/)])
  expect(await mcp('remove', ...flags, 'old')).toMatchObject({ code: 1, stdout: '' })
  for (const name of ['docs', 'more'])
    expect(await mcp('add', ...flags, name, 'https://h.example/mcp')).toMatchObject({ code: 0 })
  const docs = { type: 'http', url: 'https://h.example/mcp', tools: ['*'] }
  expect(await read(file)).toEqual({ ...content, mcpServers: { docs, more: docs } })
  expect(await names()).toEqual(['', 'docs', 'more'])
  expect(await mcp('remove', ...flags, 'more')).toMatchObject({ code: 0 })
  expect(await read(file)).toEqual({ ...content, mcpServers: { docs } })
})

test('list: own, of the project, replaced, disabled, faulty; no value of a header', async () => {
  stage = await openStage({ keychain: false })
  const url = 'https://a.example.com/mcp'
  await mcp('add', 'a', url, '--header', 'Authorization: Bearer hunter2')
  await mcp('add', 'b', url)
  await writeFile(
    own(),
    JSON.stringify({
      mcpServers: { ...(await read(own())).mcpServers, off: { url, disabled: true }, bad: { url: 7 } },
    }),
  )
  // As Copilot CLI takes it too: without `mcpServers` around it.
  await writeFile(theirs(), JSON.stringify({ b: { command: 'echo', args: ['hi'], env: { S: 'hunter2' } } }))
  const states = async () =>
    JSON.parse((await mcp('list', '--json')).stdout).map(
      ({ name, origin, state }: Record<string, string>) => `${origin} ${name} ${state}`,
    )
  expect(await states()).toEqual([
    'person a used',
    'person b used',
    'person off disabled',
    'person bad faulty',
    'project b held',
  ])
  const agreed = stage.open(['trust'])
  await agreed.until(() => agreed.screen().includes('[y/N]'))
  await agreed.keys('y', '\r')
  await agreed.exit
  expect(await states()).toContain('person b replaced')
  expect(await states()).toContain('project b used')
  const { stdout } = await mcp('list')
  expect(stdout).not.toContain('hunter2')
  expect(stdout).toContain('bad  http    (person: ')
  expect(stdout).toContain('LEFT OUT: url must be text')

  expect(await mcp('add', '--project', 'c', url)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('copilot-host trust'),
  })
  expect(Object.keys(await read(theirs()))).toEqual(['b', 'c'])
  expect(await mcp('remove', '--project', 'b')).toMatchObject({ code: 0 })
  expect(Object.keys(await read(theirs()))).toEqual(['c'])
})

test('status: what each server says, with the sign-in that is kept; exit codes for those that are named', async () => {
  stage = await openStage({ keychain: false })
  const { url } = stage.world.mcp
  await mcp('add', 'notes', url)
  await mcp('add', 'gone', 'http://127.0.0.1:9/mcp')
  await mcp('add', 'local', '--', 'npx', 'x')
  const status = async (...names: string[]) => {
    const { code, stdout } = await mcp('status', ...names, '--json', '--token-store', 'file')
    return { code, states: JSON.parse(stdout).map(({ state }: { state: string }) => state) }
  }
  expect(await status()).toEqual({ code: 0, states: ['needs-sign-in', 'unreachable', 'local'] })
  expect(await status('notes')).toEqual({ code: 4, states: ['needs-sign-in'] })
  expect(await status('gone')).toEqual({ code: 1, states: ['unreachable'] })
  const asked = await mcp('status', 'notes', '--token-store', 'file')
  expect(asked.stdout).toMatch(
    /^notes .+ needs a sign-in\. Run: copilot-host auth login notes --token-store file/,
  )
  expect(stage.world.authorizationServer.requests).toEqual([])

  const env = { BROWSER: stage.browser() }
  await stage.run(['auth', 'login', 'notes', '--sign-in', 'browser', '--token-store', 'file'], { env })
  expect(await status('notes', 'local')).toEqual({ code: 0, states: ['ready', 'local'] })
  const ready = await mcp('status', 'notes', '--token-store', 'file')
  expect(ready.stdout).toMatch(/^notes .+ ready, signed in {2}\(\d+ ms\)$/m)
  expect(await mcp('status', 'nobody', '--token-store', 'file')).toMatchObject({ code: 2 })
})
