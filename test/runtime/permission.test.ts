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
