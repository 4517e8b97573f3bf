import { expect, test } from 'vitest'
import { mcpAsk, permissionAsk } from '../../src/runtime/permission.ts'
import { clean } from '../../src/text.ts'

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

test('a call that our rules had asked about: a command is one, a tool of a server with the same arguments is not', () => {
  const request = { kind: 'hook', toolName: 'bash', toolCallId: 'c', toolArgs: { command: 'cat ~/x' } }
  expect(permissionAsk('p', request)).toMatchObject({
    ...{ kind: 'command', body: 'cat ~/x', names: ['shell', 'shell(cat ~/x)'], toolCallId: 'c' },
    ...{ about: { command: 'cat ~/x' }, approval: undefined },
  })
  const server = permissionAsk('p', { ...request, toolName: 'x-bash' })
  expect(server).toMatchObject({ kind: 'other', names: ['x-bash'] })
  expect(server.about?.command).toBeUndefined()
  expect(mcpAsk(server, clean('x'), clean('bash'))).toMatchObject({
    ...{ kind: 'mcp', title: 'Use bash of x?', names: ['x', 'x(bash)'] },
  })
  expect(mcpAsk(server, clean('shell'), clean('a')).names).toEqual(['shell(a)'])
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
  expect(lasting({ ...command, fullCommandText: 'npm run x 2>&1 2>/dev/null' })).toBe('npm run')
  const written = { fullCommandText: 'npm run x >> log' }
  for (const refused of [{ canOfferSessionApproval: false }, { requestSandboxBypass: true }, written])
    expect(permissionAsk('p', { ...command, ...refused }).approval).toBeUndefined()
  expect(permissionAsk('p', { ...command, canOfferSessionApproval: false }).names).toEqual(['shell'])
})

test('nothing lasting is offered where its words would be cut: what is not shown would be allowed as well', () => {
  const ask = (...commandIdentifiers: string[]) => {
    const fullCommandText = commandIdentifiers.map(name => `${name} x`).join(' && ')
    return permissionAsk('p', { kind: 'commands', fullCommandText, commandIdentifiers })
  }
  const many = Array.from({ length: 20 }, (_, at) => `npm run step-${at}`)
  const path = (length: number) => `/${'p'.repeat(length - 1)}`
  for (const cut of [
    ask(...many, 'rm'),
    ask(path(196), 'rmx'),
    ask(path(5000), 'rm'),
    ask('\u200b'.repeat(34)),
  ])
    expect([cut.approval, cut.lasting, cut.body.length > 200]).toEqual([undefined, undefined, true])
  const whole = ask(path(196), 'rm')
  expect(whole.lasting).toBe(`${path(196)}, rm`)
  expect(whole.approval).toEqual({ kind: 'commands', commandIdentifiers: [path(196), 'rm'] })
  const tool = permissionAsk('p', { kind: 'mcp', serverName: 'oa', toolName: 'w'.repeat(200) })
  expect([tool.approval, tool.lasting]).toEqual([undefined, undefined])
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

test('nothing is hidden: what cannot be seen is written as an escape, and nothing is shortened', () => {
  const command = `echo ${'x'.repeat(5000)}\u001b[2K\u001b]0;t\u0007; rm -rf ~\u202e`
  const { body } = permissionAsk('p', { kind: 'commands', fullCommandText: command })
  expect(body).toBe(`echo ${'x'.repeat(5000)}\\u001b[2K\\u001b]0;t\\u0007; rm -rf ~\\u202e`)
})

test.each([
  ['zero width', 'rm a\u200bb', 'rm a\\u200bb'],
  ['a tag', 'rm a\u{e0041}', 'rm a\\udb40\\udc41'],
  ['a variation selector', 'rm a\ufe0f\u{e0100}', 'rm a\\ufe0f\\udb40\\udd00'],
  ['a return, a backspace', 'rm -rf /\rls\b', 'rm -rf /\\u000dls\\u0008'],
  ['at an end', '\ufeffls\r', '\\ufeffls\\u000d'],
])('what is shown is what will be done: %s', (_what, raw, shown) => {
  expect(permissionAsk('p', { kind: 'shell', fullCommandText: raw }).body).toBe(shown)
  expect(permissionAsk('p', { kind: 'read', path: raw }).body).toBe(shown)
  expect(permissionAsk('p', { kind: 'path', paths: [raw] }).body).toBe(shown)
  expect(permissionAsk('p', { kind: 'url', url: raw }).body).toBe(shown)
  expect(permissionAsk('p', { kind: 'write', fileName: raw, diff: '+a\r\n+b' }).body).toBe(`${shown}\n+a\n+b`)
})

test('a name with something unseen in it is another name', () => {
  const ask = permissionAsk('p', {
    kind: 'mcp',
    serverName: 'oa',
    toolName: 'who\u200bami',
    args: { a: '\ufe0f' },
  })
  expect(ask.names).toEqual(['oa', 'oa(who\\u200bami)'])
  expect([ask.title, ask.lasting]).toEqual(['Use who\\u200bami of oa?', 'who\\u200bami of oa'])
  expect(ask.body).toContain('"a": "\\ufe0f"')
})

test('arguments that nest too deep to be shown are asked about nobody; large ones become no larger', () => {
  const nested = (levels: number, inner = '') =>
    JSON.parse(`${'['.repeat(levels)}${inner}${']'.repeat(levels)}`)
  expect(permissionAsk('p', { kind: 'mcp', args: nested(20_000) })).toMatchObject({
    unshown: true,
    names: [],
  })
  expect(permissionAsk('p', { kind: 'mcp', args: nested(200) }).unshown).toBe(true)
  const wide = nested(
    1,
    Array(1000)
      .fill(`${'['.repeat(90)}${']'.repeat(90)}`)
      .join(),
  )
  const ask = permissionAsk('p', { kind: 'mcp', args: wide })
  expect(ask.unshown).toBeUndefined()
  expect(ask.body).toBe(JSON.stringify(wide))
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
