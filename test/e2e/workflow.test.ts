import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ClientMetadata } from 'oidc-provider'
import * as v from 'valibot'
import { afterEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { openStage, type Stage } from '../support/chat.ts'
import { startGuardedMcp } from '../support/guarded-mcp.ts'

const EXAMPLE = new URL('../../examples/github-actions/ask.yml', import.meta.url)
const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))

const Workflow = v.object({
  jobs: v.record(v.string(), v.object({ steps: v.array(v.object({ run: v.optional(v.string()) })) })),
})

let stage: Stage
afterEach(() => stage.close())

/** Runs the steps of a job as a runner does, one shell for each; installing is left out. */
async function runJob(name: string, env: Record<string, string>) {
  const { jobs } = v.parse(Workflow, parse(await readFile(EXAMPLE, 'utf8')))
  const folder = await mkdtemp(join(stage.world.folder, 'runner-'))
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'copilot-host'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`)
  await chmod(join(bin, 'copilot-host'), 0o755)
  const outputs: string[] = []
  for (const { run } of jobs[name]?.steps ?? []) {
    if (run === undefined || run.startsWith('npm install')) continue
    const { code, stdout, stderr } = await stage.shell(run, {
      cwd: folder,
      env: { ...env, HOME: folder, PATH: `${bin}${delimiter}${process.env.PATH}` },
    })
    outputs.push(`${stdout}${stderr}`)
    expect(code, outputs.join('')).toBe(0)
  }
  return { outputs, file: await readFile(join(folder, 'mcp.json'), 'utf8') }
}

test('the job that brings a token: it is in no file', async () => {
  stage = await openStage({ keychain: false })
  const guarded = await startGuardedMcp()
  try {
    guarded.tokens.add('made-for-this-job')
    const { outputs, file } = await runJob('token', {
      NOTES_URL: guarded.url,
      NOTES_TOKEN: 'made-for-this-job',
    })
    expect(outputs.join('')).toContain('You are signed in as Ada')
    expect(file).toMatch(/"Bearer \$\{NOTES_TOKEN\}"/)
  } finally {
    await guarded.close()
  }
})

test('the job that signs in as itself', async () => {
  const client: ClientMetadata = {
    client_id: 'job',
    client_secret: 's3cret:of+us',
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  }
  stage = await openStage({ keychain: false, authorizationServer: { clients: [client] } })
  const { mcp, authorizationServer } = stage.world
  const { outputs, file } = await runJob('client-credentials', {
    ...{ NOTES_URL: mcp.url, NOTES_CLIENT_ID: 'job', NOTES_CLIENT_SECRET: 's3cret:of+us' },
  })
  expect(outputs[0]).toContain('kept for')
  expect(outputs[1]).toContain('You are signed in as job')
  expect(authorizationServer.count('token', 'client_credentials')).toBe(1)
  expect(file).not.toContain('s3cret')
})
