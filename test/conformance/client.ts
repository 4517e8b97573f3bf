// What the conformance suite runs as its client: the built program, in a home of its own, with a scripted model that calls a
// tool of the server, and a browser that follows redirects. The suite gives the server's address as the last argument and
// the scenario in the environment. What is wrong with how the program ended goes into the file that CONFORMANCE_VERDICT
// names, empty if nothing is: where a refusal is right the suite does not look at exit codes.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { startModel } from '../../demo/model.ts'
import { type Ending, faultOf } from './verdict.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const url = process.argv.at(-1) ?? ''
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? ''

/** For everything, in milliseconds. The suite gives up after 30 s and then ends its shell, but nothing that it started. */
const LIMIT = 25_000

/** What some scenarios hand to the client besides the address. */
const Context = v.object({
  client_id: v.optional(v.string()),
  client_secret: v.optional(v.string()),
  private_key_pem: v.optional(v.string()),
})

const late = AbortSignal.timeout(LIMIT)
const folder = await mkdtemp(join(tmpdir(), 'copilot-host-conformance-'))
const model = await startModel()
try {
  const fault = faultOf(scenario, await play())
  if (process.env.CONFORMANCE_VERDICT) await writeFile(process.env.CONFORMANCE_VERDICT, fault ?? '')
  if (fault !== undefined) console.error(fault)
  process.exitCode = fault === undefined ? 0 : 1
} finally {
  await model.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

async function play(): Promise<Ending> {
  const context = v.parse(Context, JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}'))
  const machine = /client-credentials/.test(scenario)
  const config = join(folder, 'mcp.json')
  const server = {
    type: 'http',
    url,
    ...(machine && { oauthClientId: context.client_id, oauthGrantType: 'client_credentials' }),
  }
  await mkdir(join(folder, 'work'))
  await writeFile(config, JSON.stringify({ mcpServers: { suite: server } }))
  const common = ['--mcp-config', config, '--token-store', 'file']
  const secret = context.private_key_pem ?? context.client_secret
  if (context.client_id !== undefined && secret !== undefined) {
    const key = context.private_key_pem === undefined ? [] : ['--private-key']
    const args = ['auth', 'client', 'set', 'suite', '--client-id', context.client_id, ...key, ...common]
    const kept = await run(args, secret)
    if (kept.code !== 0) return kept
  }
  const change = scenario === 'auth/authorization-server-migration' ? ['--accept-issuer-change'] : []
  return run([
    'chat',
    '-p',
    'CALL test-tool {}',
    ...common,
    ...change,
    '--sign-in',
    'browser',
    '--allow-all-tools',
  ])
}

function run(args: readonly string[], input?: string): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'copilot-host.js'), ...args], {
      cwd: join(folder, 'work'),
      env: environment(),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // SIGTERM: the program ends the runtime, which is in a process group of its own.
      signal: late,
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        process.stderr.write(chunk)
      })
    child.once('error', error => {
      // A deadline is no fault of the driver: how the program ended tells it.
      if (!late.aborted) reject(error)
    })
    child.once('close', code => resolve({ code: code ?? 1, text }))
    child.stdin?.end(input)
  })
}

function environment(): Record<string, string> {
  const { PATH = '', HOME = '', LANG = 'C.UTF-8' } = process.env
  return {
    ...{ PATH, HOME, LANG },
    BROWSER: `${process.execPath} ${join(root, 'dist', 'demo-browser.js')} %s`,
    COPILOT_HOME: join(folder, 'copilot'),
    COPILOT_HOST_HOME: join(folder, 'host'),
    // The one document that the suite knows.
    COPILOT_HOST_CLIENT_METADATA_URL: 'https://conformance-test.local/client-metadata.json',
    COPILOT_PROVIDER_TYPE: 'openai',
    COPILOT_PROVIDER_BASE_URL: model.url,
    COPILOT_PROVIDER_API_KEY: 'practice',
    COPILOT_MODEL: 'practice-model',
    COPILOT_OFFLINE: 'true',
    ...(process.env.CONFORMANCE_LOG && { COPILOT_HOST_LOG: process.env.CONFORMANCE_LOG }),
  }
}
