// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to a variable, as files have it
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestOf, findProject } from '../../src/config/project.ts'
import { readServers, type ServerSources } from '../../src/config/servers.ts'
import type { HostError } from '../../src/errors.ts'
import { temporaryFolder } from '../support/folder.ts'

const URL = 'https://mcp.example.com/mcp'

async function read(sources: Partial<ServerSources> = {}) {
  const copilotHome = sources.copilotHome ?? (await temporaryFolder())
  return readServers({
    flags: [],
    configs: [],
    env: {},
    readFile: path => readFile(path, 'utf8'),
    readGiven: path => readFile(path, 'utf8'),
    ...sources,
    copilotHome,
  })
}

const failure = (sources: Partial<ServerSources>): Promise<HostError> =>
  read(sources).then(
    () => expect.fail('should have been refused'),
    error => error,
  )

const config = (mcpServers: unknown) => JSON.stringify({ mcpServers })

/** The problem that one entry named `bad` leads to; the good one beside it must always survive. */
async function problemOf(entry: unknown): Promise<string | undefined> {
  const { servers, problems } = await read({ configs: [config({ bad: entry, good: { url: URL } })] })
  expect(servers.good).toEqual({ type: 'http', url: URL })
  expect(problems.length).toBeLessThanOrEqual(1)
  expect('bad' in servers).toBe(problems.length === 0)
  return problems[0]
}

test('nothing given and no file of the person is no problem', async () => {
  expect(await read()).toEqual({
    ...{ servers: {}, options: {}, origins: {}, own: [] },
    ...{ brought: [], held: [], problems: [] },
  })
})

test('a flag is a name and an address', async () => {
  const { servers } = await read({
    flags: ['linear=https://mcp.linear.app/mcp?a=b=c', 'lan=http://10.0.0.7:81/mcp'],
  })
  expect(servers).toEqual({
    linear: { type: 'http', url: 'https://mcp.linear.app/mcp?a=b=c', tools: ['*'] },
    lan: { type: 'http', url: 'http://10.0.0.7:81/mcp', tools: ['*'] },
  })
})

test.each([
  ['linear', /"linear".*<name>=<url>/],
  ['', /<name>=<url>/],
  ['=https://example.com', /name is empty/],
  ['a=', /--mcp a: the address is empty/],
  ['a=linear.app', /--mcp a: the address is not a valid address/],
  ['a=file:///etc/passwd', /https:\/\/ or http:\/\//],
  ['a=javascript:alert(1)', /https:\/\/ or http:\/\//],
  ['a=https://me:pw@example.com', /user name or a password/],
  ['a= https://example.com', /white space/],
  ['a=https://example.com/\u202e', /invisible/],
  [`a=https://example.com/${'x'.repeat(2048)}`, /longer than/],
  ['a/=https://example.com', /a \/ at its ends/],
  ['a\u001b[2J=https://example.com', /cannot be shown safely/],
  ['linear\u034f=https://example.com', /cannot be shown safely/],
  ['linear\ufe0f=https://example.com', /cannot be shown safely/],
])('the flag %j is refused as wrong usage', async (flag, message) => {
  const error = await failure({ flags: [flag] })
  expect(error.message).toMatch(message)
  expect(error.message).not.toMatch(/pw|passwd|\u001b/)
  expect(error.exitCode).toBe(2)
})

test('one name in two flags is a slip of the pen', async () => {
  const error = await failure({ flags: [`a=${URL}`, `a=${URL}`] })
  expect(error.message).toBe('--mcp names "a" twice')
})

test('later sources replace earlier ones: own file, configs in order, flags', async () => {
  const copilotHome = await temporaryFolder()
  const at = (host: string) => ({ type: 'http', url: `https://${host}/mcp` })
  await writeFile(
    join(copilotHome, 'mcp-config.json'),
    config({ a: at('own'), b: at('own'), c: at('own'), d: at('own') }),
  )
  const { servers } = await read({
    copilotHome,
    configs: [config({ b: at('first'), c: at('first') }), config({ c: at('second') })],
    flags: ['d=https://flag/mcp'],
  })
  expect(servers).toEqual({
    a: at('own'),
    b: at('first'),
    c: at('second'),
    d: { ...at('flag'), tools: ['*'] },
  })
})

test('a config is a JSON text, a path, or a path behind @, in odd folders too', async () => {
  const folder = join(await temporaryFolder(), 'my äpps 日本')
  await mkdir(folder)
  const path = join(folder, 'mcp config.json')
  await writeFile(path, `\ufeff${config({ a: { url: URL } })}`)
  for (const given of [path, `@${path}`, `  ${config({ a: { url: URL } })}`]) {
    expect((await read({ configs: [given] })).servers).toEqual({ a: { type: 'http', url: URL } })
  }
})

test('all that the runtime knows is kept, and nothing else', async () => {
  const remote = {
    type: 'sse',
    url: URL,
    tools: ['a'],
    excludeTools: ['b'],
    headers: { 'X-Team': 'ä' },
    timeout: 5000,
    oauthClientId: 'id',
    oauthPublicClient: true,
    oauthGrantType: 'client_credentials',
    auth: { redirectPort: 3334 },
  }
  const local = { command: 'npx', args: ['-y', 'server'], cwd: '/srv', env: { A: '' }, tools: [], timeout: 1 }
  const { servers, problems } = await read({
    configs: [
      config({
        remote: { ...remote, oauthClientSecret: 's', x: 1 },
        local: { ...local, type: 'local', x: 1 },
      }),
    ],
  })
  expect(problems).toEqual([])
  expect(servers).toEqual({ remote, local: { type: 'stdio', ...local } })
})

test.each([
  [{ url: URL }, 'http'],
  [{ type: 'streamable-http', url: URL }, 'http'],
  [{ type: 'sse', url: URL }, 'sse'],
  [{ command: 'x' }, 'stdio'],
  [{ type: 'local', command: 'x' }, 'stdio'],
  [{ command: 'x', url: URL }, 'stdio'],
  [{ type: 'http', command: 'x', url: URL }, 'http'],
])('%j is of the type %s', async (entry, type) => {
  const { servers } = await read({ configs: [config({ a: entry })] })
  expect(servers.a?.type).toBe(type)
})

test('the older names of OAuth settings are understood, the newer ones win', async () => {
  const oauth = { clientId: 'old', callbackPort: 3000 }
  const { servers } = await read({
    configs: [config({ a: { url: URL, oauth }, b: { url: URL, oauth, oauthClientId: 'new', auth: false } })],
  })
  expect(servers.a).toEqual({ type: 'http', url: URL, oauthClientId: 'old', auth: { redirectPort: 3000 } })
  expect(servers.b).toEqual({ type: 'http', url: URL, oauthClientId: 'new', auth: false })
})

test('what only we need for signing in is kept beside the entries, and never in them', async () => {
  const oauth = {
    clientMetadataUrl: 'https://apps.example.com/copilot-host.json',
    callbackUrl: 'https://box.example.com/',
    identity: true,
  }
  const { servers, options, problems } = await read({
    configs: [
      config({
        a: { url: URL, oauth, auth: { redirectPort: 3118 } },
        b: { url: URL, oauth: { callbackPort: 3000 }, auth: true },
        c: { command: 'x' },
        d: { url: URL, oauth },
      }),
    ],
    flags: [`d=${URL}`],
  })
  expect(problems).toEqual([])
  expect(options).toEqual({ a: { ...oauth, redirectPort: 3118 }, b: { redirectPort: 3000 }, c: {}, d: {} })
  expect(JSON.stringify(servers)).not.toMatch(/clientMetadataUrl|callbackUrl|identity|oauth/)
})

test('a bad entry does not bring back the one that it was to replace', async () => {
  const { servers, problems } = await read({
    configs: [config({ a: { url: URL } }), config({ a: { url: '' } })],
  })
  expect([servers, problems.length]).toEqual([{}, 1])
})

test('a disabled entry is left out in silence, and takes an earlier one with it', async () => {
  const { servers, problems } = await read({
    configs: [
      config({ a: { url: URL }, b: { url: URL, disabled: false } }),
      config({ a: { url: URL, disabled: true } }),
    ],
  })
  expect(Object.keys(servers)).toEqual(['b'])
  expect(problems).toEqual([])
})

test.each<[unknown, RegExp]>([
  [null, /must be an object/],
  [[], /must be an object/],
  ['https://example.com', /must be an object/],
  [{}, /neither url nor command/],
  [{ type: 'http' }, /url is missing/],
  [{ type: 'http', command: 'x' }, /url is missing/],
  [{ type: 'stdio', url: URL }, /command is missing/],
  [{ type: 'HTTP', url: URL }, /type must be/],
  [{ type: 'memory', url: URL }, /type must be/],
  [{ type: 5, url: URL }, /type must be/],
  [{ url: 5 }, /url must be text/],
  [{ url: '' }, /url is empty/],
  [{ url: '${MCP_URL}' }, /url is not a valid address/],
  [{ url: 'ws://example.com' }, /url does not begin with/],
  [{ url: 'https://u:p@example.com' }, /url holds a user name/],
  [{ url: URL, timeout: '5' }, /timeout must be a number/],
  [{ url: URL, timeout: 0 }, /timeout must be at least/],
  [{ url: URL, timeout: 1.5 }, /timeout must be a whole/],
  [{ url: URL, tools: '*' }, /tools must be a list/],
  [{ url: URL, tools: [1] }, /tools\.0 must be text/],
  [{ url: URL, excludeTools: {} }, /excludeTools must be a list/],
  [{ url: URL, headers: { a: 1 } }, /headers\.a must be text/],
  [{ url: URL, headers: { 'a b': 'secret' } }, /name that a header cannot have/],
  [{ url: URL, headers: { a: 'secret\r\nb: c' } }, /headers\.a is a value that a header cannot have/],
  [{ url: URL, headers: 'a: b' }, /headers must be an object/],
  [{ url: URL, auth: 'yes' }, /auth must be/],
  [{ url: URL, auth: { redirectPort: 0 } }, /auth\.redirectPort must be/],
  [{ url: URL, auth: { redirectPort: 70000 } }, /auth\.redirectPort must be/],
  [{ url: URL, oauthGrantType: 'password' }, /oauthGrantType must be/],
  [{ url: URL, oauthPublicClient: 'no' }, /oauthPublicClient must be/],
  [{ url: URL, oauthClientId: '' }, /oauthClientId is not/],
  [{ url: URL, oauth: { callbackPort: -1 } }, /oauth\.callbackPort must be/],
  [{ url: URL, oauth: true }, /oauth must be an object/],
  [{ url: URL, oauth: { clientMetadataUrl: 7 } }, /oauth\.clientMetadataUrl must be text/],
  [
    { url: URL, oauth: { clientMetadataUrl: 'http://a.example.com/b' } },
    /oauth\.clientMetadataUrl does not begin/,
  ],
  [
    { url: URL, oauth: { clientMetadataUrl: 'https://a.example.com' } },
    /oauth\.clientMetadataUrl has no path/,
  ],
  [{ url: URL, oauth: { callbackUrl: 'http://a.example.com/' } }, /oauth\.callbackUrl does not begin/],
  [{ url: URL, oauth: { identity: 'yes' } }, /oauth\.identity must be true or false/],
  [{ command: '' }, /command is empty/],
  [{ command: ['npx'] }, /command must be text/],
  [{ command: 'a\0b' }, /command holds a NUL/],
  [{ command: 'x', args: 'y' }, /args must be a list/],
  [{ command: 'x', args: [1] }, /args\.0 must be text/],
  [{ command: 'x', env: { A: 1 } }, /env\.A must be text/],
  [{ command: 'x', env: { 'A=B': 'secret' } }, /name that a variable cannot have/],
  [{ command: 'x', cwd: 5 }, /cwd must be text/],
])('the entry %j is left out, and told without its values', async (entry, message) => {
  const problem = await problemOf(entry)
  expect(problem).toMatch(/^left out the MCP server "bad" of --mcp-config: /)
  expect(problem).toMatch(message)
  expect(problem).not.toMatch(/secret|\n/)
})

test.each([
  '',
  ' ',
  'a ',
  'a\nb',
  '\u202eevil',
  'a\u200bb',
  'x'.repeat(65),
  '/a',
  'a/',
  'a//b',
  'a}b',
  '\ud800',
])('the name %j is left out', async name => {
  const { servers, problems } = await read({ configs: [config({ [name]: { url: URL }, ok: { url: URL } })] })
  expect(Object.keys(servers)).toEqual(['ok'])
  expect(problems).toHaveLength(1)
  expect(problems[0]).not.toMatch(/[\n\u202e\u200b\ud800]/)
})

test.each(['a b', 'io.github/server', '@scope/name', '日本', 'x'.repeat(64), 'constructor', '__proto__'])(
  'the name %j is good',
  async name => {
    const { servers } = await read({ configs: [`{"mcpServers":{${JSON.stringify(name)}:{"url":"${URL}"}}}`] })
    expect(Object.entries(servers)).toEqual([[name, { type: 'http', url: URL }]])
  },
)

test('credentials that the runtime does not see are filled in, all else is left to it', async () => {
  const env = { GITHUB_TOKEN: 'ghx_1', HOME: '/home/me' }
  const { servers } = await read({
    env,
    configs: [
      config({
        a: { url: URL, headers: { Authorization: 'Bearer ${GITHUB_TOKEN}', 'X-Home': '${HOME} $GH_TOKEN' } },
        b: { command: 'x', args: ['$GITHUB_TOKEN'], env: { T: '$GITHUB_TOKEN', D: '${GITHUB_TOKEN:-none}' } },
      }),
    ],
  })
  expect(servers).toEqual({
    a: { type: 'http', url: URL, headers: { Authorization: 'Bearer ghx_1', 'X-Home': '${HOME} $GH_TOKEN' } },
    b: { type: 'stdio', command: 'x', args: ['$GITHUB_TOKEN'], env: { T: 'ghx_1', D: 'ghx_1' } },
  })
})

test.each([
  ['', 1, 1],
  ['{', 1, 2],
  ['{\n  "mcpServers": abc\n}', 2, 17],
  ['{\n  "mcpServers": {},\n}', 3, 1],
  ["{'mcpServers': {}}", 1, 2],
  ['// note\n{}', 1, 1],
  ['{"a": "x\ny"}', 1, 9],
  ['{} {}', 1, 4],
  ['{"a": nul}', 1, 10],
])('the file %j is refused at line %i, column %i', async (text, line, column) => {
  const path = join(await temporaryFolder(), 'servers.json')
  await writeFile(path, text)
  const error = await failure({ configs: [path] })
  expect(error.message).toBe(`${path} is not valid JSON: line ${line}, column ${column}`)
  expect(error.exitCode).toBe(2)
})

test.each(['{}', '[]', 'null', '5', '{"servers":{}}', '{"mcpServers":[]}', '{"mcpServers":null}'])(
  'the file %j has no servers',
  async text => {
    const path = join(await temporaryFolder(), 'servers.json')
    await writeFile(path, text)
    const error = await failure({ configs: [path] })
    expect(error.message).toBe(`${path} has no "mcpServers" object`)
    expect(error.exitCode).toBe(2)
  },
)

test('a file from the command line that cannot be read ends the program with its reason', async () => {
  const folder = await temporaryFolder()
  const missing = await failure({ configs: [join(folder, 'none.json')] })
  expect(missing.message).toBe(`cannot read ${join(folder, 'none.json')}: there is no such file`)
  expect((await failure({ configs: [folder] })).message).toBe(`cannot read ${folder}: it is a folder`)
  const denied = await failure({
    configs: ['x.json'],
    readGiven: async () => {
      throw Object.assign(new Error('no'), { code: 'EACCES' })
    },
    copilotHome: '/nowhere',
  }).catch(error => error)
  expect(denied.message).toBe('cannot read x.json: permission denied')
  expect(denied.exitCode).toBe(2)
})

test.each([['{"mcpServers": '], ['[]'], ['\u0000\u0001']])(
  'the own file %j is told and does not stop the program',
  async text => {
    const copilotHome = await temporaryFolder()
    await writeFile(join(copilotHome, 'mcp-config.json'), text)
    const { servers, problems } = await read({ copilotHome, flags: [`a=${URL}`] })
    expect(Object.keys(servers)).toEqual(['a'])
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(join(copilotHome, 'mcp-config.json'))
  },
)

test('an own file that is a folder is told, a folder that is a file is as good as none', async () => {
  const copilotHome = await temporaryFolder()
  await mkdir(join(copilotHome, 'mcp-config.json'))
  expect((await read({ copilotHome })).problems[0]).toMatch(/it is a folder/)
  await writeFile(join(copilotHome, 'file'), '')
  expect((await read({ copilotHome: join(copilotHome, 'file') })).problems).toEqual([])
})

const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`

test('a file that nests without end is one problem, and none of its servers is taken; named on the command line it is thrown', async () => {
  const project = await findProject('/r', async () => false)
  const text = `{"mcpServers":{"bad":{"url":"${URL}","x":${deep}}}}`
  const readFile = async (path: string) =>
    path === '/r/.mcp.json' ? text : Promise.reject(Object.assign(new Error('missing'), { code: 'ENOENT' }))
  const { brought, problems } = await read({
    readFile,
    project: { project, readFile, trusts: item => digestOf(item) === '' },
  })
  expect([brought, problems]).toEqual([
    [],
    ['.mcp.json nests too deep to be used; no MCP server is taken from it'],
  ])
  expect((await failure({ configs: [text] })).message).toBe('--mcp-config nests too deep to be used')
  const copilotHome = await temporaryFolder()
  await writeFile(join(copilotHome, 'mcp-config.json'), text)
  expect((await read({ copilotHome })).problems).toEqual([
    expect.stringMatching(/nests too deep to be used;/),
  ])
})
