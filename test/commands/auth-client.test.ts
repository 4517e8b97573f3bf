import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type FaultyServer, html, json, startFaultyServer } from '../support/faulty-server.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type Ended, openRuns, type Runs } from '../support/runs.ts'
import { closed } from '../support/shown.ts'
import { KEY, openTerminal, type TestTerminal } from '../support/terminal.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))
const SECRET = 'pässword:50% off+more'
const FILE_STORE = ['--token-store', 'file']

let server: FaultyServer
let home: string
let runs: Runs
const terminals: TestTerminal[] = []
/** Keys that a test has made. */
const keys: string[] = []

beforeEach(async () => {
  server = await startFaultyServer()
  home = await temporaryFolder()
  runs = openRuns()
  await mkdir(join(home, 'copilot'))
  const mcpServers = {
    notes: { url: server.mcp, oauthClientId: 'my-app' },
    plain: { url: server.mcp },
    local: { command: 'true' },
  }
  await writeFile(join(home, 'copilot', 'mcp-config.json'), JSON.stringify({ mcpServers }))
})

afterEach(async () => {
  const secrets = ['swordfish', SECRET, ...keys.splice(0), ...server.secrets]
  const ended = await closed(terminals.splice(0), { ...runs, folders: [home], secrets })
  await server.close()
  ended.judge()
})

const environment = () => ({
  PATH: process.env.PATH,
  HOME: home,
  LANG: 'C.UTF-8',
  XDG_CACHE_HOME: process.env.XDG_CACHE_HOME,
  COPILOT_HOME: join(home, 'copilot'),
  COPILOT_HOST_HOME: join(home, 'host'),
  COPILOT_HOST_LOG: join(home, 'debug.log'),
})

/** The built program, with this on its standard input. */
function client(args: readonly string[], stdin: string | Buffer = '', store = FILE_STORE): Promise<Ended> {
  const command = [process.execPath, PROGRAM, 'auth', 'client', ...args, ...store]
  return runs.run(command, { cwd: home, env: environment(), stdin })
}

/** The same in a terminal, once it asks for something. */
async function typed(args: readonly string[], question: string): Promise<TestTerminal> {
  const terminal = openTerminal(process.execPath, [PROGRAM, 'auth', 'client', ...args, ...FILE_STORE], {
    cwd: home,
    env: environment(),
    cols: 120,
  })
  terminals.push(terminal)
  await terminal.until(() => terminal.screen().includes(question))
  return terminal
}

/** What is secret of a key. */
const linesOf = (pem: string) => pem.split('\n').filter(line => line.length >= 16 && !line.startsWith('-'))

/** What is kept, as the store has written it. */
async function kept(): Promise<string> {
  return readFile(join(home, 'host', 'tokens', 'tokens.json'), 'utf8').catch(() => '')
}

const host = () => new URL(server.origin).host

describe('a piped secret', () => {
  test('is kept for server and issuer, said in one line, shown without it, and forgotten', async () => {
    expect(await client(['set', 'notes'], `${SECRET}\r\n`)).toEqual({
      code: 0,
      stdout: `client my-app of notes is kept for ${host()} in a file of your own (0600); the next sign-in uses it\n`,
      stderr: '',
    })
    expect(JSON.stringify(JSON.parse(await kept()))).toContain(JSON.stringify(SECRET).slice(1, -1))
    expect((await stat(join(home, 'host', 'tokens', 'tokens.json'))).mode & 0o777).toBe(0o600)

    expect(await client(['show', 'notes'])).toEqual({
      code: 0,
      stdout: `notes at ${host()}: client my-app, set by you, with a secret\n`,
      stderr: '',
    })
    expect(await client(['remove', 'notes'])).toMatchObject({ code: 0, stderr: '' })
    expect(await kept()).not.toContain('50%')
    const none = { code: 1, stdout: '', stderr: 'no client is kept for notes\n' }
    expect(await client(['show', 'notes'])).toEqual(none)
    expect(await client(['remove', 'notes'])).toEqual(none)
    expect(server.requests.map(seen => seen.body).join('')).toBe('')
  })

  test('a client id and a method of the command line, for an address', async () => {
    const set = await client(
      ['set', server.mcp, '--client-id', 'other', '--auth-method', 'client_secret_post'],
      's',
    )
    expect(set).toMatchObject({ code: 0, stderr: '' })
    const shown = await client(['show', 'notes'])
    expect(shown.stdout).toContain('client other, set by you, client_secret_post')
  })

  test('a public client needs no input', async () => {
    expect(await client(['set', 'notes', '--public'])).toMatchObject({ code: 0, stderr: '' })
    expect((await client(['show', 'notes'])).stdout).toContain('client my-app, set by you, public')
  })

  test('a private key is kept as PKCS #8', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString()
    keys.push(...linesOf(sec1))
    expect(await client(['set', 'notes', '--private-key'], sec1)).toMatchObject({ code: 0, stderr: '' })
    expect((await client(['show', 'notes'])).stdout).toContain('private_key_jwt')
    expect(await kept()).toContain('BEGIN PRIVATE KEY')
  })

  test.each<[string, string | Buffer, RegExp]>([
    ['nothing', '', /is empty; --public/],
    ['white space', ' \r\n\t\n', /is empty/],
    ['two lines', 'swordfish\nswordfish\n', /line ends or control characters/],
    ['an escape sequence', 'swordfish\u001b[2J', /control characters/],
    ['a NUL', 'swordfish\0', /control characters/],
    ['binary', Buffer.from([0xff, 0xfe, 0x00, 0x9c]), /not valid UTF-8/],
    ['far too much', 'swordfish'.repeat(100_000), /longer than 4096 bytes/],
    ['a key', '-----BEGIN PRIVATE KEY-----\nswordfish', /--private-key/],
  ])('%s is no secret: one line, exit 2, nothing kept', async (_name, stdin, message) => {
    const { code, stdout, stderr } = await client(['set', 'notes'], stdin)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr).not.toMatch(/swordfish|\u001b/)
    expect(await kept()).toBe('')
  })

  test.each([
    ['', /empty/],
    ['swordfish', /no private key in PEM/],
    ['-----BEGIN PRIVATE KEY-----\nswordfish\n-----END PRIVATE KEY-----\n', /no private key in PEM/],
  ])('%j is no private key', async (stdin, message) => {
    const { code, stdout, stderr } = await client(['set', 'notes', '--private-key'], stdin)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('swordfish')
  })
})

describe('wrong usage', () => {
  test.each([
    [['set', 'plain'], /--client-id <id>/],
    [['set', 'unknown'], /no server "unknown" \(servers: notes, plain, local\)/],
    [['set', 'local'], /nobody signs in to it/],
    [['set', 'notes', '--client-id', 'a\u001b[2J'], /not a client id/],
    [['set', 'notes', '--client-id', ''], /not a client id/],
    [['set', 'notes', '--public', '--private-key'], /name one/],
    [['set', 'notes', '--public', '--auth-method', 'client_secret_post'], /name one/],
    [['set', 'notes', '--auth-method', 'tls'], /Allowed choices/],
    [['set', 'notes', '--issuer', 'auth.example.com'], /--issuer: .*not a valid address/],
    [['set', 'notes', '--issuer', 'http://auth.example.com'], /--issuer: .*not https/],
    [['set', 'notes', '--secret', 'on-the-line'], /unknown option '--secret'/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await client(args, 's')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/on-the-line|\u001b/)
    expect(await kept()).toBe('')
  })

  test('where nothing lasts, nothing is kept, and that is a failure', async () => {
    const memory = await client(['set', 'notes'], 's', ['--token-store', 'memory'])
    expect(memory).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('was not kept') })
    // A token file that others could replace is neither read nor written.
    await mkdir(join(home, 'host'))
    await chmod(join(home, 'host'), 0o777)
    const open = await client(['set', 'notes'], 's')
    expect(open).toMatchObject({ code: 1, stdout: '' })
    expect(open.stderr).toMatch(/^[^\n]+\n[^\n]*was not kept[^\n]*\n$/)
    expect(await kept()).toBe('')
  })
})

describe('which issuer', () => {
  test('O4 it is kept for the issuer that the server names, and not for another one', async () => {
    await client(['set', 'notes'], 's')
    const other = await startFaultyServer()
    server.break(
      '/.well-known/oauth-protected-resource/mcp',
      json({ resource: server.mcp, authorization_servers: [other.origin] }),
    )
    const shown = { code: 0, stdout: expect.stringContaining(`notes at ${host()}: client my-app`) }
    expect(await client(['show', 'notes'])).toMatchObject(shown)
    expect(await client(['show', 'notes', '--issuer', `${server.origin}/`])).toMatchObject(shown)
    expect(await client(['show', 'notes', '--issuer', other.origin])).toMatchObject({ code: 1, stdout: '' })
    await other.close()
    expect(other.requests).toEqual([])
  })

  test('a server where only programs sign in: kept in its spelling, shown, and forgotten', async () => {
    const machine = await startFaultyServer(
      {},
      {
        ...{ authorization_endpoint: undefined, device_authorization_endpoint: undefined },
        ...{ code_challenge_methods_supported: undefined, grant_types_supported: ['client_credentials'] },
      },
    )
    onTestFinished(() => machine.close())
    machine.break(
      '/.well-known/oauth-protected-resource/mcp',
      json({ resource: machine.mcp, authorization_servers: [`${machine.origin}/`] }),
    )
    const robot = { url: machine.mcp, oauthClientId: 'robot', oauthGrantType: 'client_credentials' }
    await writeFile(join(home, 'copilot', 'mcp-config.json'), JSON.stringify({ mcpServers: { robot } }))
    for (const named of [[], ['--issuer', machine.origin]]) {
      expect(await client(['set', 'robot', ...named], 's')).toMatchObject({ code: 0, stderr: '' })
      const { stdout } = await client(['show', 'robot', '--json'])
      expect(JSON.parse(stdout)).toMatchObject([{ issuer: `${machine.origin}/`, clientId: 'robot' }])
      expect(await client(['remove', 'robot', ...named])).toMatchObject({ code: 0, stderr: '' })
      expect((await client(['show', 'robot'])).code).toBe(1)
    }
  })

  test('a server that cannot be asked needs --issuer', async () => {
    for (const path of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'])
      server.break(path, html(500))
    const { code, stderr } = await client(['set', 'notes'], 's')
    expect([code, stderr]).toEqual([4, expect.stringContaining('--issuer <url> names the sign-in server')])
    const named = await client(['set', 'notes', '--issuer', 'https://auth.example.com'], 's')
    expect(named).toMatchObject({ code: 0, stderr: '' })
    expect(named.stdout).toContain('kept for auth.example.com')
  })

  test('an issuer that the server does not name is told, in its spelling if it does', async () => {
    const other = await client(['set', 'notes', '--issuer', 'https://auth.example.com'], 's')
    expect(other).toMatchObject({ code: 0, stderr: `notes does not name it, but signs in at ${host()}\n` })
    expect(await client(['set', 'notes', '--issuer', `${server.origin}/`], 's')).toMatchObject({ stderr: '' })
    expect((await client(['show', 'notes'])).code).toBe(0)
  })
})

describe('in a terminal', () => {
  const QUESTION = 'Client secret of my-app at'

  test('the secret is typed unseen, corrected, and kept; the terminal is as before', async () => {
    const terminal = await typed(['set', 'notes'], QUESTION)
    for (const letter of 'swordfischh') await terminal.keys(letter)
    await terminal.keys(KEY.backspace, KEY.backspace, KEY.backspace, 'h', KEY.enter)
    expect(await terminal.exit).toEqual({ code: 0, signal: 0 })
    expect(terminal.screen()).toContain('client my-app of notes is kept')
    expect(terminal.raw()).not.toMatch(/sword|fisc/)
    expect(terminal.modes()).toEqual({ cursorHidden: false, bracketedPaste: false, alternateScreen: false })
    expect(await kept()).toContain('swordfish')
  })

  test('a pasted key ends with its last line', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    keys.push(...linesOf(pem))
    const terminal = await typed(['set', 'notes', '--private-key'], 'Private key (PEM) of my-app at')
    await terminal.keys(pem.replaceAll('\n', '\r'))
    expect(await terminal.exit).toEqual({ code: 0, signal: 0 })
    expect(terminal.raw()).not.toContain(pem.split('\n')[1])
    expect(await kept()).toContain(pem.split('\n')[1])
  })

  test.each([
    ['Ctrl+C', KEY.ctrlC],
    ['Ctrl+D', KEY.ctrlD],
  ])('%s cancels with exit 5 and keeps nothing', async (_name, key) => {
    const terminal = await typed(['set', 'notes'], QUESTION)
    await terminal.keys(key)
    expect(await terminal.exit).toEqual({ code: 5, signal: 0 })
    expect(terminal.screen()).toContain('cancelled, nothing was changed')
    expect(await kept()).toBe('')
  })

  test('nothing typed is wrong usage', async () => {
    const terminal = await typed(['set', 'notes'], QUESTION)
    await terminal.keys(KEY.enter)
    expect(await terminal.exit).toEqual({ code: 2, signal: 0 })
    expect(terminal.screen()).toContain('--public')
  })

  test('a signal ends it, and the terminal echoes again', async () => {
    const run = [process.execPath, PROGRAM, 'auth', 'client', 'set', 'notes', ...FILE_STORE]
    // The shell outlives the signal, to say what the terminal is like.
    const shell = openTerminal(
      '/bin/sh',
      ['-c', 'trap : TERM; "$0" "$@"; echo "ended with $?"; stty -a', ...run],
      {
        cwd: home,
        env: environment(),
        cols: 120,
      },
    )
    terminals.push(shell)
    await shell.until(() => shell.screen().includes(QUESTION))
    process.kill(-shell.pid, 'SIGTERM')
    await shell.exit
    expect(shell.screen()).toContain('ended with 143')
    expect(shell.screen()).toMatch(/\sicanon\s/)
    expect(shell.screen()).toMatch(/\secho\s/)
  })
})
