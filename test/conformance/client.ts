// What the conformance suite runs as its client: the built program, in a home of its own, with a scripted model that calls a
// tool of the server, and a browser that follows redirects. The suite gives the server's address as the last argument and
// the scenario in the environment; the exit code says whether the program did what it should.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { startModel } from '../../demo/model.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const url = process.argv.at(-1) ?? ''
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? ''

/** What some scenarios hand to the client besides the address. */
const Context = v.object({
  client_id: v.optional(v.string()),
  client_secret: v.optional(v.string()),
  private_key_pem: v.optional(v.string()),
})

/** Scenarios in which signing in must fail, and what the program has to say: a client that does nothing is no proof. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'auth/resource-mismatch': /the metadata is for another server/,
  'auth/metadata-issuer-mismatch': /the metadata belongs to another sign-in server/,
  'auth/iss-supported-missing': /did not come from/,
  'auth/iss-wrong-issuer': /did not come from/,
  'auth/iss-unexpected': /did not come from/,
  'auth/iss-normalized': /did not come from/,
  'auth/scope-retry-limit': /keeps asking for rights/,
}

const folder = await mkdtemp(join(tmpdir(), 'copilot-host-conformance-'))
const model = await startModel()
try {
  process.exitCode = await judge(await play())
} finally {
  await model.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

async function play(): Promise<{ code: number; text: string }> {
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
  const prompt = 'CALL test-tool {}\nCALL -tool {}'
  return run(['chat', '-p', prompt, ...common, ...change, '--sign-in', 'browser', '--allow-all-tools'])
}

function run(args: readonly string[], input?: string): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'copilot-host.js'), ...args], {
      cwd: join(folder, 'work'),
      env: environment(),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        process.stderr.write(chunk)
      })
    child.once('error', reject)
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

/** 0 when the program did what this scenario asks for. */
async function judge({ code, text }: { code: number; text: string }): Promise<number> {
  const words = REFUSED[scenario]
  if (words === undefined) return code
  return words.test(text) ? 0 : 1
}
