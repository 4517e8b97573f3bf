import { expect, test } from 'vitest'
import { permissionAsk } from '../../src/runtime/permission.ts'

test('a command: several in one line have no name of their own', () => {
  const request = {
    kind: 'commands',
    toolCallId: 'c',
    fullCommandText: 'git status',
    intention: 'look\n',
    commandIdentifiers: ['git status'],
  }
  expect(permissionAsk('p', request)).toMatchObject({
    id: 'p',
    kind: 'command',
    title: 'Run a command?',
    body: 'git status',
    intention: 'look',
    toolCallId: 'c',
    names: ['shell', 'shell(git status)'],
    approval: { kind: 'commands', commandIdentifiers: ['git status'] },
  })
  const two = { ...request, commandIdentifiers: ['git status', 'rm'], canOfferSessionApproval: false }
  expect(permissionAsk('p', two)).toMatchObject({ names: ['shell'], approval: undefined })
})

test('a file', () => {
  const request = { kind: 'write', fileName: '/w/a', diff: '\n+a\n', canOfferSessionApproval: true }
  expect(permissionAsk('p', request)).toMatchObject({
    kind: 'write',
    body: '/w/a\n+a',
    approval: { kind: 'write' },
  })
  expect(permissionAsk('p', { kind: 'read', path: '/x' })).toMatchObject({
    body: '/x',
    approval: { kind: 'read' },
  })
  const outside = { kind: 'path', accessKind: 'read', paths: ['/x', '/y'] }
  expect(permissionAsk('p', outside)).toMatchObject({ kind: 'read', body: '/x\n/y', approval: undefined })
  expect(permissionAsk('p', { ...outside, accessKind: 'write' })).toMatchObject({
    kind: 'write',
    names: ['write'],
  })
})

test('what "this session" and "this project" would allow is said, and only where the runtime offers it', () => {
  const lasting = (request: object) => permissionAsk('p', request).lasting
  const command = { kind: 'commands', fullCommandText: 'npm run build', commandIdentifiers: ['npm run'] }
  expect(lasting(command)).toBe('npm run')
  expect(lasting({ ...command, commandIdentifiers: ['git commit', 'git push'] })).toBe('git commit, git push')
  expect(lasting({ ...command, commandIdentifiers: [] })).toBeUndefined()
  expect(lasting({ kind: 'write', fileName: '/w/a', diff: '+a' })).toBe('to change any file')
  expect(lasting({ kind: 'read', path: '/x' })).toBe('to read any file')
  expect(lasting({ kind: 'mcp', serverName: 'oa', toolName: 'whoami' })).toBe('whoami of oa')
  for (const refused of [{ canOfferSessionApproval: false }, { requestSandboxBypass: true }])
    expect(permissionAsk('p', { ...command, ...refused }).approval).toBeUndefined()
  expect(permissionAsk('p', { ...command, canOfferSessionApproval: false }).names).toEqual(['shell'])
})

test('what makes a call dangerous, or who advises, is said', () => {
  const command = { kind: 'commands', fullCommandText: 'x', intention: 'build' }
  const bypass = { requestSandboxBypass: true, requestSandboxBypassReason: 'the network\nis closed' }
  expect(permissionAsk('p', { ...command, ...bypass }).warning).toBe(
    'it wants to run outside the sandbox: the network is closed',
  )
  expect(permissionAsk('p', { ...command, managedApprovalRequired: true }).personOnly).toBe(true)
  const advised = (recommendation: string) =>
    permissionAsk('p', { ...command, assistedApproval: { recommendation, reason: 'it only builds' } })
      .intention
  expect(advised('approve')).toBe('a model would allow it: it only builds')
  expect(advised('requireApproval')).toBe('a model would not allow it: it only builds')
  expect(permissionAsk('p', { ...command, assistedApproval: { recommendation: 'error' } }).intention).toBe(
    'build',
  )
})

test('an address with where it comes from, a memory, a tool that a hook holds up, a way out of the folder', () => {
  expect(
    permissionAsk('p', { kind: 'url', url: 'https://a.example', redirectedFrom: 'https://b.example' }),
  ).toMatchObject({
    body: 'https://a.example\nled there by https://b.example',
    approval: undefined,
  })
  expect(permissionAsk('p', { kind: 'memory', fact: 'tabs', citations: 'a.ts:1' })).toMatchObject({
    title: 'Remember this?',
    body: 'tabs\na.ts:1',
  })
  const hook = { kind: 'hook', toolName: 'deploy', toolArgs: { to: 'prod' }, hookMessage: 'not on Fridays' }
  expect(permissionAsk('p', hook)).toMatchObject({ title: 'Use deploy?', intention: 'not on Fridays' })
  expect(permissionAsk('p', hook).body).toContain('"to": "prod"')
  expect(permissionAsk('p', { kind: 'path', accessKind: 'shell', paths: ['/etc'] })).toMatchObject({
    kind: 'command',
    title: 'Go outside this folder?',
    names: ['shell'],
  })
  expect(permissionAsk('p', { kind: 'path', accessKind: 'toString', paths: ['/etc'] }).kind).toBe('read')
})

test('a tool of a server, whose name stands for no whole kind', () => {
  const request = { kind: 'mcp', serverName: 'oa', toolName: 'whoami', args: { a: 1 } }
  expect(permissionAsk('p', request)).toMatchObject({
    kind: 'mcp',
    title: 'Use whoami of oa?',
    names: ['oa', 'oa(whoami)'],
    approval: { kind: 'mcp', serverName: 'oa', toolName: 'whoami' },
  })
  expect(permissionAsk('p', { ...request, serverName: 'shell' }).names).toEqual(['shell(whoami)'])
})

test('nothing is hidden: hostile text is cleaned and not shortened', () => {
  const command = `echo ${'x'.repeat(5000)}\u001b[2K\u001b]0;t\u0007; rm -rf ~\u202e`
  const { body } = permissionAsk('p', { kind: 'commands', fullCommandText: command })
  expect(body).toBe(`echo ${'x'.repeat(5000)}; rm -rf ~`)
})

test.each([
  undefined,
  null,
  5,
  'text',
  {},
  { kind: 'unheard', args: { do: 'evil' } },
  { kind: 'custom-tool', toolName: 'shell' },
])('a request of another shape is shown as it came, and offers nothing beyond once: %j', request => {
  const ask = permissionAsk('p', request)
  expect(ask).toMatchObject({ kind: 'other', names: [], approval: undefined })
  expect(ask.title).not.toBe('')
  if (request && typeof request === 'object' && 'args' in request) expect(ask.body).toContain('evil')
})
