import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ruling, type ToolRules } from '../../src/commands/tool-rules.ts'
import { ruleFault } from '../../src/config/rule.ts'
import { permissionAsk } from '../../src/runtime/permission.ts'
import { temporaryFolder } from '../support/folder.ts'

const none: ToolRules = { allowTool: [], denyTool: [], addDir: [], allowUrl: [], denyUrl: [] }
const command = (fullCommandText: string) =>
  permissionAsk('p', { kind: 'commands', fullCommandText, commandIdentifiers: [fullCommandText] })
const file = (kind: string, fileName: string) => permissionAsk('p', { kind, fileName, path: fileName })
const url = (address: string) => permissionAsk('p', { kind: 'url', url: address })
const tool = (serverName: string, toolName: string) =>
  permissionAsk('p', { kind: 'mcp', serverName, toolName, args: {} })
const kindOf = (ask: Parameters<typeof ruling>[0], rules: Partial<ToolRules>, folder = '/work') =>
  ruling(ask, { ...none, ...rules }, folder)?.kind

/** What a shell would act on, behind a command that is allowed. */
const BEHIND = [
  '&& rm x',
  '; rm x',
  '| sh',
  '> /etc/x',
  '$(rm x)',
  '`rm x`',
  '\nrm x',
  '& rm x',
  '<(rm x)',
  '\\\nrm',
  '"$X"',
]

test('nothing is allowed or denied without a rule', () => {
  for (const ask of [
    command('ls'),
    file('write', '/work/a'),
    url('https://a.example'),
    tool('notes', 'whoami'),
  ])
    expect(kindOf(ask, {})).toBeUndefined()
})

test.each<[rule: string, line: string, expected: boolean]>([
  ['shell', 'rm -rf /', true],
  ['shell(git status)', 'git status', true],
  ['shell(git status)', 'git status -s', false],
  ['shell(git:*)', 'git status -s', true],
  ['shell(git status:*)', 'git status -s src/a.ts', true],
  ['shell(git status:*)', 'git push', false],
  ['shell(git:*)', 'gitk', false],
  ...BEHIND.map((more): [string, string, boolean] => ['shell(git:*)', `git status ${more}`, false]),
])('--allow-tool %s, %j: %s', (rule, line, expected) => {
  expect(kindOf(command(line), { allowTool: [rule] })).toBe(expected ? 'allowed' : undefined)
})

test.each([
  ['shell', 'ls'],
  ['shell(rm)', 'rm x'],
  ['shell(rm:*)', 'ls && rm x'],
  ['shell(rm)', '/bin/rm x'],
  ['shell(git push)', 'cd a; git push origin main'],
  ['shell(git push:*)', 'echo $(git push)'],
  ['shell(echo ~)', 'echo ~'],
  ['shell(rm -rf ~)', ' rm -rf ~\n'],
  ['shell(rm -rf *)', 'rm -rf *'],
  ['shell( rm -rf * )', 'cd /; rm -rf *'],
  ['shell(git push && ls)', 'git push && ls'],
  ['shell(echo "a")', 'echo "a"'],
  ['shell(echo "a":*)', 'true; echo a b'],
  ['shell(rm:* )', 'rm x'],
  ['shell(rm && ls)', '/bin/rm; ls'],
  ['shell(~)', '~'],
  ['shell(удалить:*)', 'удалить x'],
  ['shell(grep ä)', 'cat x | grep ä'],
])('--deny-tool %s denies %j, whatever is allowed', (rule, line) => {
  const ruled = ruling(
    command(line),
    { ...none, allowAll: true, allowTool: ['shell'], denyTool: [rule] },
    '/work',
  )
  expect(ruled).toEqual({ kind: 'denied', rule })
})

test('a denial of a command leaves the others alone', () => {
  const rules = { allowTool: ['shell(git:*)'], denyTool: ['shell(git push)'] }
  expect(kindOf(command('git status'), rules)).toBe('allowed')
  expect(kindOf(command('git pushed'), rules)).toBe('allowed')
})

test.each([
  ['shell(~)', 'ls ~'],
  ['shell(*)', 'ls'],
  ['shell(:*)', 'ls'],
  ['shell(rm -rf *)', 'rm x'],
  ['shell(echo ~)', 'ls ~'],
  ['shell(öl)', 'l x'],
])('--deny-tool %s leaves %j alone', (rule, line) => {
  expect(kindOf(command(line), { allowAll: true, denyTool: [rule] })).toBe('allowed')
})

test.each([
  ['shell(echo ~)', 'echo ~', 'allowed'],
  ['shell(echo ~)', 'echo', undefined],
  ['shell(echo ~:*)', 'echo ~', undefined],
  ['shell(rm -rf *)', 'rm -rf x', undefined],
  ['shell(git push && ls)', 'git push ls', undefined],
])('--allow-tool %s, %j: %s', (rule, line, expected) => {
  expect(kindOf(command(line), { allowTool: [rule] })).toBe(expected)
})

test('files: a folder and all in it, links followed; nothing that only begins so', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'src'))
  await mkdir(join(folder, 'src-old'))
  await writeFile(join(folder, 'secret'), '')
  await symlink(join(folder, 'secret'), join(folder, 'src', 'link'))
  const write = (path: string) =>
    kindOf(file('write', join(folder, path)), { allowTool: ['write(src)'] }, folder)
  expect(write('src/new/a.ts')).toBe('allowed')
  expect(write('src')).toBe('allowed')
  for (const path of ['src-old/a', 'secret', 'src/../secret', 'src/link']) expect(write(path)).toBeUndefined()
  const deny = { allowAll: true, denyTool: ['write(secret)'] }
  expect(kindOf(file('write', join(folder, 'src/link')), deny, folder)).toBe('denied')
})

test('beyond the folder: only by --allow-all-paths, --add-dir or --allow-all', () => {
  const outside = (paths: string[]) => permissionAsk('p', { kind: 'path', accessKind: 'read', paths })
  expect(kindOf(outside(['/etc/hosts']), { allowAllTools: true, allowTool: ['read'] })).toBeUndefined()
  expect(kindOf(outside(['/etc/hosts']), { allowAllPaths: true })).toBe('allowed')
  expect(kindOf(outside(['/etc/hosts']), { allowAll: true })).toBe('allowed')
  expect(kindOf(outside(['/etc/hosts']), { addDir: ['/etc'] })).toBe('allowed')
  expect(kindOf(outside(['/etc/hosts', '/root/x']), { addDir: ['/etc'] })).toBeUndefined()
  expect(kindOf(outside([]), { addDir: ['/etc'] })).toBeUndefined()
  expect(kindOf(file('read', '/etc/hosts'), { addDir: ['/etc'] })).toBe('allowed')
  expect(kindOf(file('write', '/etc/hosts'), { addDir: ['/etc'] })).toBeUndefined()
})

test.each([
  ['example.com', 'https://example.com/a', true],
  ['example.com', 'https://www.example.com/', false],
  ['*.example.com', 'https://www.example.com/', true],
  ['*.example.com', 'https://badexample.com/', false],
  ['example.com', 'https://example.com.evil.example/', false],
  ['example.com', 'https://evil.example/?example.com', false],
  ['example.com', 'https://example.com@evil.example/', false],
  ['example.com', 'file://example.com/x', false],
  ['https://example.com/docs', 'https://example.com/docs/a', true],
  ['https://example.com/docs', 'https://example.com/docs-internal', false],
  ['https://example.com/docs', 'https://example.com/docs/../x', false],
  ['https://example.com', 'http://example.com/', false],
  ['localhost:3000', 'http://localhost:3000/', true],
  ['localhost:3000', 'http://localhost:3001/', false],
  ['bücher.de', 'https://bücher.de/', true],
  ['*.bücher.de', 'https://www.xn--bcher-kva.de/', true],
  ['https://EXAMPLE.com:443', 'https://example.com/', true],
  ['https://example.com:443', 'https://example.com:8443/', false],
  ['http://example.com:80/x', 'http://example.com/x', true],
  ['example.com:443', 'https://example.com/', true],
  ['example.com:443', 'http://example.com/', false],
  ['example.com:443', 'http://example.com:443/', true],
  ['example.com:80', 'http://example.com/', true],
  ['example.com:80', 'https://example.com/', false],
  ['example.com', 'https://example.com:8443/', true],
  ['[::1]:443', 'https://[0:0::1]/', true],
  ['https://example.com/a b', 'https://example.com/a b', true],
  ['https://example.com/a/../b', 'https://example.com/b/c', true],
  ['example.com', 'https://example.com./', true],
  ['example.com.', 'https://example.com/', true],
  ['*.example.com', 'https://www.example.com./', true],
  ['*.example.com', 'https://example.com/', false],
  ['example.com:8080 ', 'https://example.com/', false],
  ['127.0.0.1', 'http://0x7f.1/', true],
  // No rules: refused where they are given.
  ['*', 'https://example.com/', false],
  ['https://example.com/docs/*', 'https://example.com/docs/a', false],
  ['example.com@evil.example', 'https://evil.example/', false],
])('--allow-url %s, %s: %s', (rule, address, expected) => {
  expect(kindOf(url(address), { allowUrl: [rule] })).toBe(expected ? 'allowed' : undefined)
  expect(kindOf(url(address), { allowAllUrls: true, denyUrl: [rule] })).toBe(expected ? 'denied' : 'allowed')
})

test('servers and their tools; no server can borrow the name of a kind', () => {
  expect(kindOf(tool('notes', 'whoami'), { allowTool: ['notes'] })).toBe('allowed')
  expect(kindOf(tool('notes', 'whoami'), { allowTool: ['notes(whoami)'] })).toBe('allowed')
  expect(kindOf(tool('notes', 'delete'), { allowTool: ['notes(whoami)'] })).toBeUndefined()
  expect(kindOf(tool('notes', 'delete'), { allowAll: true, denyTool: ['notes(delete)'] })).toBe('denied')
  expect(kindOf(tool('shell', 'x'), { allowTool: ['shell'] })).toBeUndefined()
})

test('what is no rule', () => {
  for (const rule of ['', '(x)', 'shell(', 'shell()', 'shell(x)y']) expect(ruleFault(rule)).toBeDefined()
  for (const rule of ['shell', 'shell(git:*)', 'my server(tool)', 'write(a b/c)'])
    expect(ruleFault(rule)).toBeUndefined()
  for (const rule of ['shell (rm:*)', 'shell\t(rm)', 'notes ', 'my server (tool)'])
    expect(ruleFault(rule)).toBe('it must have no white space behind its name, as in shell(git:*)')
  for (const rule of ['shell(:*)', 'shell( :* )'])
    expect(ruleFault(rule)).toBe('it must name a command, as in shell(git:*)')
})
