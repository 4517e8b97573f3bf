import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ClientMetadata } from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sideBySide } from '../../src/commands/side-by-side.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { commandLines, PAGES, quoted, read } from '../support/pages.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))

/** Lines that are only compared with `--help` and package.json, and why. */
const NOT_RUN: readonly { line: RegExp; because: string }[] = [
  { line: /^npm ci/, because: '.ci/run takes these lines from the README and runs them on a fresh checkout' },
  { line: /^(npm|npx|git clone|cd) |node bin\//, because: 'works on the checkout or the machine itself' },
  { line: /^(docker|podman|ssh|kubectl) /, because: 'needs another machine' },
  { line: /^copilot-host demo/, because: '.ci/run runs it' },
  { line: /^copilot-host login/, because: 'leads to GitHub' },
  { line: /^copilot-host chat(?!.* -p )/, because: 'a person talks in it: see the other files here' },
]

/** Lines that do not end with 0 in the world below, and what they say instead. */
const ENDS: Readonly<Record<string, readonly [code: number, says: string]>> = {
  'copilot-host trust revoke': [1, 'nothing was agreed to'],
  'copilot-host auth answer K7MQ2X': [2, 'no sign-in waits under K7MQ2X'],
  'copilot-host auth answer K7MQ2X --with-token < token.txt': [2, 'no sign-in waits under K7MQ2X'],
}

/** Addresses of others, and what is at hand in their place. */
const ELSEWHERE = /https:\/\/(?:mcp\.linear\.app|api\.githubcopilot\.com|reports\.example\.com)\/mcp\/?/g

/** A port that nobody has now: other tests run beside this one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** What the pages take for given: a job of its own, and a person who has signed in to the notes. */
const CLIENTS: ClientMetadata[] = [
  {
    client_id: 'job',
    client_secret: 'of-the-job',
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  },
  {
    client_id: 'my-app',
    client_secret: 'of-the-job',
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['http://127.0.0.1/'],
    application_type: 'native',
  },
]

const LINES = PAGES.map(page => ({ page, lines: [...new Set(commandLines(read(page)))] })).filter(
  ({ lines }) => lines.length > 0,
)
const isRun = (line: string) => !NOT_RUN.some(each => each.line.test(line))

test('the pages have commands, and most of them are run', () => {
  const all = LINES.flatMap(({ lines }) => lines)
  expect(all.length).toBeGreaterThan(60)
  expect(all.filter(isRun).length).toBeGreaterThan(all.length / 2)
  for (const line of Object.keys(ENDS)) expect(all).toContain(line)
})

describe.each(LINES.filter(({ lines }) => lines.some(isRun)))('$page, from top to bottom', ({ lines }) => {
  let stage: Stage
  let bin: string

  beforeAll(async () => {
    stage = await openStage({ keychain: false, authorizationServer: { clients: CLIENTS } })
    const { work, folder, mcp } = stage.world
    bin = join(folder, 'bin')
    await mkdir(bin)
    await writeFile(join(bin, 'copilot-host'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`)
    await chmod(join(bin, 'copilot-host'), 0o755)
    const job = { oauthClientId: 'job', oauthGrantType: 'client_credentials' }
    const mcpServers = {
      notes: { type: 'http', url: mcp.url },
      billing: { type: 'http', url: `${mcp.url}?of=billing`, ...job },
    }
    const { COPILOT_HOME: home = '' } = stage.place.env
    await mkdir(home, { recursive: true })
    await writeFile(join(home, 'mcp-config.json'), JSON.stringify({ mcpServers }))
    await writeFile(join(work, 'secret.txt'), 'of-the-job')
    await writeFile(join(work, 'token.txt'), 'a-token')
    await writeFile(join(work, 'notes.txt'), 'one\n')
    expect(await shell('git init -q && git add notes.txt && echo two >> notes.txt')).toMatchObject({
      code: 0,
    })
    expect(await shell('copilot-host auth client set billing')).toMatchObject({ code: 0 })
    expect(await shell('copilot-host auth login notes')).toMatchObject({ code: 0 })
    expect(await shell('copilot-host auth login notes --account work')).toMatchObject({ code: 0 })
    expect(await shell('copilot-host chat -p "SAY hello"')).toMatchObject({ code: 0 })
  })
  afterAll(() => stage.close())

  /** Runs a line as a person's shell would, with nothing to read unless the line brings it. */
  async function shell(line: string): Promise<{ code: number; said: string }> {
    const env = {
      HOME: stage.world.folder,
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      EDITOR: 'true',
      BROWSER: stage.browser(),
      COPILOT_HOST_TOKEN_STORE: 'file',
      COPILOT_HOST_SIGN_IN: 'browser',
      GITHUB_MCP_TOKEN: 'made-for-this-page',
    }
    const stdin = /auth client set/.test(line) ? 'of-the-job' : ''
    const { code, stdout, stderr } = await stage.shell(line, { env, stdin })
    return { code, said: `${stdout}${stderr}` }
  }

  /** The line with what is here in place of names that only an example knows. */
  async function here(line: string): Promise<string> {
    const replaced = line
      .replaceAll(ELSEWHERE, stage.world.mcp.url)
      .replace(/\b3118\b/, `${await freePort()}`)
    if (!/ (3f2a|7f3c21a) /.test(replaced)) return replaced
    const { said } = await shell('copilot-host sessions list --json')
    return replaced.replace(/(?<= )(3f2a|7f3c21a)(?= )/, /"id": "([^"]{8})/.exec(said)?.[1] ?? 'none')
  }

  test.each(lines.filter(isRun))('%s', async line => {
    const [code, says] = ENDS[line] ?? [0, '']
    const ended = await shell(await here(line))
    expect(ended, ended.said).toMatchObject({ code, said: expect.stringContaining(says) })
    expect(ended.said).not.toContain('failed unexpectedly')
  })
})

describe('what the pages name is there', () => {
  /** What `--help` says, by the words of the command. */
  const helps = new Map<string, string>()

  beforeAll(async () => {
    const look = async (words: readonly string[]): Promise<void> => {
      const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...words, '--help'])
      helps.set(words.join(' '), stdout)
      const [, commands = ''] = stdout.split('\nCommands:\n')
      const names = [...(commands.split('\n\n')[0]?.matchAll(/^ {2}([a-z]+)/gm) ?? [])].map(
        ([, name = '']) => name,
      )
      await sideBySide(
        names.filter(name => name !== 'help'),
        4,
        name => look([...words, name]),
      )
    }
    await look([])
  })

  /** What is wrong with a command line, its commands and options; undefined if nothing is. */
  function faultOf(line: string): string | undefined {
    const words = (line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []).map(word => word.replace(/^\.\.\.$/, '…'))
    const end = words.findIndex(word => /^(--|[|<>;&].*|#)$/.test(word) || word === '&&')
    const own = end < 0 ? words : words.slice(0, end)
    let path = ''
    while (own.length > 0 && helps.has(`${path} ${own[0]}`.trim())) path = `${path} ${own.shift()}`.trim()
    const help = helps.get(path) ?? ''
    const group = help.includes('\nCommands:\n')
    const several = /^[a-z|]+\|[a-z]+$/.test(own[0] ?? '') ? (own[0] ?? '').split('|') : []
    if (several.length > 0)
      return several.map(one => faultOf(`${path} ${one}`)).find(each => each !== undefined)
    if (group && own.length > 0 && !/^[-<[…]/.test(own[0] ?? '')) return `no command ${own[0]} in: ${line}`
    if (group && own[0] === '…') return undefined
    const unknown = own
      .filter(word => /^--?[a-z]/.test(word))
      .map(word => word.replace(/=.*/, ''))
      .filter(option => !knows(help, option) && !(path === '' && option === '--help'))
    const preset = [...helps].some(
      ([name, text]) => name.startsWith(`${path} `) && unknown.every(o => knows(text, o)),
    )
    return unknown.length === 0 || (group && preset)
      ? undefined
      : `no option ${unknown.join(', ')} in: ${line}`
  }
  const knows = (help: string, option: string) => new RegExp(`(^|[ ,])${option}(?![a-z-])`, 'm').test(help)

  test('this finds what is not there', () => {
    expect(helps.size).toBeGreaterThan(35)
    expect(faultOf('auth status --for 8h --json')).toBeUndefined()
    expect(faultOf('auth statsu')).toContain('statsu')
    expect(faultOf('chat --mpc notes=https://notes.example.com/mcp')).toContain('--mpc')
    expect(faultOf('auth client set notes --client-secret x')).toContain('--client-secret')
  })

  describe.each(PAGES)('%s', page => {
    const text = read(page)

    test('commands and their options', () => {
      const inBlocks = commandLines(text).flatMap(line => line.split(/\s(?:&&|\|)\s/))
      const all = [...inBlocks, ...quoted(text)].map(line => line.replace(/^npx (?=copilot-host )/, ''))
      const commands = all
        .filter(line => !line.includes('failed unexpectedly'))
        .flatMap(line => /(?:^|\()copilot-host (.+)/.exec(line)?.[1] ?? [])
      const short = quoted(text).filter(line =>
        /^(auth|config|mcp|sessions|chat|trust|doctor) [a-z-]/.test(line),
      )
      expect([...commands, ...short].flatMap(line => faultOf(line) ?? [])).toEqual([])
    })

    test('options by themselves', () => {
      const options = quoted(text).flatMap(line => /^(--[a-z][a-z-]+)/.exec(line)?.[1] ?? [])
      const others = ['--omit', '--no-alt-screen', '--network', '--help', '--ignore-scripts']
      const all = [...helps.values()].join('\n')
      expect(options.filter(option => !others.includes(option) && !knows(all, option))).toEqual([])
    })

    test('scripts of npm', () => {
      const scripts: unknown = JSON.parse(read('package.json')).scripts
      const lines = [...commandLines(text), ...quoted(text)]
      for (const [, name = ''] of lines.flatMap(line => [...line.matchAll(/\bnpm run ([a-z:]+)/g)]))
        expect(scripts).toHaveProperty([name])
    })
  })
})
