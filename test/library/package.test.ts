import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'rolldown'
import { expect, test } from 'vitest'
import { bundleOptions } from '../../scripts/bundle-options.js'
import { modulesOf } from '../support/bundle.ts'
import { temporaryFolder } from '../support/folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const run = promisify(execFile)

/** A project in which the packed package is installed beside these packages of ours, and nothing else. */
async function project(...packages: readonly string[]): Promise<string> {
  const folder = await temporaryFolder()
  const npm = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
  const { stdout } = await run('npm', npm, { cwd: ROOT })
  const installed = join(folder, 'node_modules', 'copilot-host')
  await mkdir(installed, { recursive: true })
  await run('tar', ['-xzf', join(folder, stdout.trim()), '-C', installed, '--strip-components', '1'])
  for (const name of packages) {
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  return folder
}

/** What the compiler says about a program in this project, with everything strict. */
async function compile(folder: string, code: string, ...flags: readonly string[]): Promise<string> {
  await writeFile(join(folder, 'host.ts'), code)
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noEmit']
  const modules = ['--module', 'nodenext', '--target', 'es2022', '--types', 'node']
  try {
    return (await run(process.execPath, [TSC, 'host.ts', ...strict, ...modules, ...flags], { cwd: folder }))
      .stdout
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
  }
}

test('a strict program compiles against the packed package', async () => {
  const folder = await project('@github/copilot-sdk', '@types/node', 'undici-types')
  const withSdk = `
    import { approveAll, CopilotClient } from '@github/copilot-sdk'
    import { createMcpAuthHandler } from 'copilot-host/auth'
    const auth = createMcpAuthHandler({ store: 'memory', program: 'host' })
    const session = await new CopilotClient().createSession({
      onPermissionRequest: approveAll,
      onMcpAuthRequest: auth,
    })
    await auth.follow(session).ready
    await auth.close()`
  expect(await compile(folder, withSdk, '--skipLibCheck')).toBe('')

  // The types stand by themselves, and a program can write every port.
  const ports = `
    import { clean, createMcpAuthHandler, Secret, webUrl } from 'copilot-host/auth'
    import type { Browser, Clock, Dialog, Grant, McpAuthResult, Prompt, RouteName } from 'copilot-host/auth'
    const dialog: Dialog = { choice: async () => ({ kind: 'cancel' }), show() {}, update() {}, close() {} }
    const prompt: Prompt = { signIn: view => (view.routes satisfies readonly RouteName[], dialog), tell() {} }
    const browser: Browser = { available: true, open: async url => url.startsWith('https:') }
    const clock: Clock = { now: () => Date.now(), sleep: async () => {} }
    const handler = createMcpAuthHandler({ prompt, browser, clock, fetch, signal: AbortSignal.timeout(1) })
    const result: Promise<McpAuthResult> = handler(
      { requestId: '1', serverName: clean('a'), serverUrl: webUrl('https://a.example', 'it'), reason: 'initial' },
      { sessionId: 's' },
    )
    export const grant: Pick<Grant, 'access'> = { access: new Secret('x') }
    await result.then(answer => answer.kind === 'token' && answer.accessToken)`
  expect(await compile(folder, ports)).toBe('')

  const guide = await readFile(join(ROOT, 'docs/library.md'), 'utf8')
  const samples = [...guide.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => code)
  expect(samples).toHaveLength(2)
  const around = `
    declare function ask(question: string, signal: AbortSignal): Promise<boolean>
    declare function render(news: object): void`
  for (const code of samples) expect(await compile(folder, code + around, '--skipLibCheck')).toBe('')
  expect(await compile(folder, ports.replace("choice: async () => ({ kind: 'cancel' }), ", ''))).toMatch(
    /choice/,
  )
})

test('its types are one file without a path', async () => {
  const types = await readFile(join(ROOT, 'dist', 'auth.d.ts'), 'utf8')
  expect(types.match(/(?:from|import\()\s*['"][^'"]+['"]/g)).toEqual(["from 'node:util'"])
  expect(types).not.toMatch(/[:<|&] any\b|any\[\]/)
  // A class that is exported as a type only must not look as if it could be imported.
  expect(types).toMatch(/^export type \{[^}]*\bHostError\b/m)
})

test('it runs with nothing installed beside it, and brings neither a terminal interface nor JSON-RPC', async () => {
  const folder = await project()
  const code = `
    import { createMcpAuthHandler } from 'copilot-host/auth'
    await using auth = createMcpAuthHandler({ stateFolder: process.cwd() + '/state' })
    const request = { requestId: '1', serverName: 'a', serverUrl: 'http://127.0.0.1:1/mcp', reason: 'initial' }
    console.log(JSON.stringify(await auth(request, { sessionId: 's' })))`
  await writeFile(join(folder, 'host.js'), code)
  const { stdout, stderr } = await run(process.execPath, ['host.js'], { cwd: folder })
  expect(stdout).toBe('{"kind":"cancelled"}\n')
  expect(stderr).toMatch(/^the package keytar, .* is not installed .*\na needs a sign-in .*\n$/)
  await expect(
    run(process.execPath, ['-e', "import('copilot-host/dist/main.js')"], { cwd: folder }),
  ).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED')

  const built = await build(bundleOptions(ROOT).map(options => ({ ...options, write: false })))
  const chunks = built.find(({ output: [entry] }) => entry.name === 'auth')?.output ?? []
  const inputs = chunks.flatMap(each => (each.type === 'chunk' ? modulesOf(each) : [])).join('\n')
  expect(inputs).toContain('node_modules/oauth4webapi/')
  expect(inputs).not.toMatch(/node_modules\/(ink|react|react-reconciler|commander|marked|vscode-jsonrpc)\//)
  expect(inputs).not.toMatch(/src\/(runtime|commands|main\.ts|host\.ts)/)
})
