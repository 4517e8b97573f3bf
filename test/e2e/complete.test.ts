import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { more } from '../support/more.ts'
import { openTerminal } from '../support/terminal.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))
const BASH_COMPLETION = '/usr/share/bash-completion/bash_completion'

let stage: Stage
afterEach(() => stage.close())

/** What is offered for these words; the last one is being written. */
function offered(...words: string[]): Promise<string[]> {
  return offeredWith({}, ...words)
}

async function offeredWith(env: Record<string, string>, ...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await stage.run(['complete', '--', ...words], { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
    .split('\n')
    .filter(line => line !== '' && !line.startsWith(':'))
    .map(line => line.split('\t')[0] ?? '')
}

/** A stage whose person has three servers in their own file, one with a name that a shell would act on. */
async function withServers(): Promise<void> {
  stage = await openStage({ keychain: false })
  const home = stage.place.env.COPILOT_HOME ?? ''
  await mkdir(home, { recursive: true })
  const url = stage.world.mcp.url
  const mcpServers = {
    notes: { type: 'http', url },
    'no$(touch hit)': { type: 'http', url },
    other: { type: 'http', url },
  }
  await writeFile(join(home, 'mcp-config.json'), JSON.stringify({ mcpServers }))
}

test('commands, options, their values, files', async () => {
  stage = await openStage({ keychain: false })
  expect(await offered('au')).toEqual(['auth'])
  expect(await offered('auth', 'log')).toEqual(['login', 'logout', 'log'])
  expect(await offered('chat', '--max')).toEqual(['--max-turns'])
  expect(await offered('chat', '--output', '')).toEqual(['text', 'json', 'stream-json'])
  await mkdir(join(stage.world.work, 'folder'))
  await writeFile(join(stage.world.work, 'file.json'), '')
  expect((await offered('chat', '--mcp-config', 'f')).sort()).toEqual(['file.json', 'folder/'])
  expect(await offered('nonsense', 'x', '')).toEqual([])
})

more('files: hidden, in a folder, above, from the root, in the home folder', async () => {
  stage = await openStage({ keychain: false })
  const { work, folder } = stage.world
  const home = join(folder, 'me')
  await mkdir(join(home, 'my'), { recursive: true })
  await writeFile(join(home, 'my', 'it.json'), '')
  await mkdir(join(work, 'etc'))
  await mkdir(join(work, '~old'))
  for (const file of ['.mcp.json', 'etc/in.json']) await writeFile(join(work, file), '')
  const files = async (partial: string) => (await offered('chat', '--mcp-config', partial)).sort()
  expect(await files('.mc')).toEqual(['.mcp.json'])
  expect(await files('./.mc')).toEqual(['./.mcp.json'])
  expect(await files('./e')).toEqual(['./etc/'])
  expect(await files('etc/')).toEqual(['etc/in.json'])
  expect(await files('etc/../.m')).toEqual(['etc/../.mcp.json'])
  expect(await files(`../${basename(work)}/.m`)).toEqual([`../${basename(work)}/.mcp.json`])
  expect(await files(`${work}/.m`)).toEqual([`${work}/.mcp.json`])
  expect(await files(`${work}/et`)).toEqual([`${work}/etc/`])
  const root = (await readdir('/')).map(name => `/${name}`)
  const ofRoot = async (partial: string) => (await files(partial)).map(each => each.replace(/(?<=.)\/$/, ''))
  expect(await ofRoot('/')).not.toEqual([])
  expect(root).toEqual(expect.arrayContaining(await ofRoot('/')))
  expect(await ofRoot('/et')).toEqual(root.filter(each => each.startsWith('/et')).sort())
  expect(await offered('chat', '--debug-log=/et')).toEqual(await files('/et'))
  const atHome = (partial: string) => offeredWith({ HOME: home }, 'chat', '--add-dir', partial)
  expect(await atHome('~')).toContain('~/my/')
  expect(await atHome('~/')).toContain('~/my/')
  expect(await atHome('~/my/i')).toEqual(['~/my/it.json'])
  expect(await atHome('~o')).toEqual(['~old/'])
})

test('servers, accounts and sessions that exist; nothing that a shell would act on', async () => {
  await withServers()
  expect(await offered('auth', 'login', '')).toEqual(['notes', 'other'])
  expect(await offered('auth', 'logout', 'other', 'n')).toEqual(['notes'])
  const login = [
    'auth',
    'login',
    'notes',
    '--sign-in',
    'browser',
    '--account',
    'work',
    '--token-store',
    'file',
  ]
  expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
  expect(await offered('auth', 'account', 'notes', '')).toContain('work')
  expect(await offered('chat', '--account', 'w')).toEqual(['work'])

  const answered = await stage.run(['chat', '-p', 'SAY hi', '--output', 'json', '--sign-in', 'never'])
  const { session } = JSON.parse(answered.stdout)
  expect(await offered('resume', '')).toEqual([session.slice(0, 7)])
  expect(await offered('sessions', 'show', session.slice(0, 2))).toEqual([session.slice(0, 7)])
})

more('names of servers to remove, of the file that is meant, and keys of the configuration', async () => {
  await withServers()
  const mcpServers = { shared: { command: 'shared' } }
  await writeFile(join(stage.world.work, '.mcp.json'), JSON.stringify({ mcpServers }))
  expect(await offered('mcp', 'remove', '')).toEqual(['notes', 'other'])
  expect(await offered('mcp', 'remove', '--project', '')).toEqual(['shared'])
  expect(await offered('config', 'get', 'sign')).toEqual(['signIn', 'signInTimeout'])
  expect(await offered('config', 'set', 'servers.other.c')).toEqual([
    'servers.other.clientId',
    'servers.other.clientMetadataUrl',
    'servers.other.callbackUrl',
  ])
  expect(await offered('config', 'unset', 'servers.shared.cl')).toContain('servers.shared.clientId')
})

more('of very many names those are offered that begin as it is typed', async () => {
  stage = await openStage({ keychain: false })
  const home = stage.place.env.COPILOT_HOME ?? ''
  await mkdir(home, { recursive: true })
  const names = Array.from({ length: 70 }, (_, index) => `server${index}`)
  const server = { type: 'http', url: stage.world.mcp.url }
  const mcpServers = Object.fromEntries(names.map(name => [name, server]))
  await writeFile(join(home, 'mcp-config.json'), JSON.stringify({ mcpServers }))
  expect(await offered('auth', 'login', 'server')).toHaveLength(50)
  expect(await offered('auth', 'login', 'server6')).toEqual(names.filter(name => name.startsWith('server6')))
  expect(await offered('config', 'get', 'servers.server69.r')).toEqual([
    'servers.server69.redirectPort',
    'servers.server69.route',
  ])
})

more('a broken configuration: the options still complete, and nothing is said', async () => {
  stage = await openStage({ keychain: false })
  const home = stage.place.env.COPILOT_HOME ?? ''
  await mkdir(home, { recursive: true })
  await writeFile(join(home, 'mcp-config.json'), '{')
  expect(await offered('auth', 'login', '--js')).toEqual(['--json'])
  expect(await offered('auth', 'login', '')).toEqual([])
})

test('an unknown shell: exit 2, and which ones there are', async () => {
  stage = await openStage({ keychain: false })
  expect(await stage.run(['complete', 'tcsh'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('fish'),
  })
})

const SHELLS = [
  {
    name: 'bash',
    needs: ['/bin/bash', BASH_COMPLETION],
    args: ['--norc', '--noprofile', '-i'],
    setUp: `source ${BASH_COMPLETION}; source <(copilot-host complete bash)`,
  },
  {
    name: 'zsh',
    needs: ['/usr/bin/zsh'],
    args: ['-f', '-i'],
    setUp: 'autoload -Uz compinit; compinit -u; source <(copilot-host complete zsh)',
  },
  {
    name: 'fish',
    needs: ['/usr/bin/fish'],
    args: ['--private', '-i'],
    setUp: 'copilot-host complete fish | source',
  },
]

for (const { name, needs, args, setUp } of SHELLS) {
  const missing = needs.filter(path => !existsSync(path))
  if (missing.length > 0)
    process.stderr.write(`completion in ${name}: not run, needs ${missing.join(', ')}\n`)
  describe.skipIf(missing.length > 0)(`in ${name}`, () => {
    test('Tab completes a command and the name of a server', async () => {
      await withServers()
      const bin = join(stage.world.folder, 'bin')
      await mkdir(bin)
      await writeFile(join(bin, 'copilot-host'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`)
      await chmod(join(bin, 'copilot-host'), 0o755)
      const shell = stage.keep(
        openTerminal(needs[0] ?? '', args, {
          cwd: stage.world.work,
          foreign: true,
          env: {
            ...stage.place.env,
            HOME: stage.world.folder,
            PATH: `${bin}${delimiter}${process.env.PATH}`,
            PS1: '> ',
            LANG: 'C.UTF-8',
          },
        }),
      )
      await shell.keys(`${setUp}; echo rea''dy\r`)
      await shell.until(() => shell.lines().some(line => line === 'ready'))
      await shell.keys('copilot-host sess\t')
      await shell.until(() => shell.screen().includes('copilot-host sessions'))
      await shell.keys('\u0015copilot-host auth login not\t')
      await shell.until(() => shell.screen().includes('auth login notes'))
      expect(existsSync(join(stage.world.work, 'hit'))).toBe(false)
    })
  })
}
