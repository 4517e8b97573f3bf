import { afterEach, expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../src/auth/secret.ts'
import type { Grant } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { json, raw, startFaultyServer } from '../support/faulty-server.ts'
import { inTokenFile } from '../support/kept.ts'
import { more, some } from '../support/more.ts'

let stage: Stage
afterEach(() => stage.close())

const VARIABLE = { Authorization: `Bearer \${GITHUB_MCP_TOKEN}` }
const REFUSED = raw('', { 'www-authenticate': 'Bearer' }, 401)
const WHY = 'is not checked: its headers have variables, which are filled in only in a chat'

/** What the commands say of a server that lets in who shows the token, and refuses all others. */
async function asked(headers: Record<string, string>, refuse = REFUSED, grant?: Partial<Grant>) {
  stage = await openStage({ keychain: false })
  const server = await startFaultyServer({
    '/mcp': (response, { request }) =>
      request.headers.authorization === 'Bearer pat'
        ? json({ jsonrpc: '2.0', id: 1, result: {} })(response)
        : refuse(response),
  })
  onTestFinished(server.close)
  const key = { server: webUrl(server.mcp, 'the test'), issuer: server.origin }
  const kept: Grant = {
    ...{ issuer: key.issuer, resource: server.mcp, access: new Secret('old'), receivedAt: Date.now() - 2000 },
    ...{ client: { id: 'app', source: 'registered', redirectUris: [] }, ...grant },
  }
  if (grant !== undefined) await inTokenFile(stage, store => store.write(key, kept))
  const config = JSON.stringify({ mcpServers: { gh: { type: 'http', url: server.mcp, headers } } })
  const run = async (...args: string[]) => {
    const { code, stdout } = await stage.run([...args, '--mcp-config', config, '--token-store', 'file'], {
      env: { GITHUB_MCP_TOKEN: 'pat' },
    })
    return { code, stdout }
  }
  const parsed = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout)
  const { findings } = await parsed('doctor')
  return {
    run,
    status: await run('mcp', 'status', 'gh'),
    state: (await parsed('mcp', 'status', 'gh'))[0].state,
    finding: findings.find(({ check }: { check: string }) => check === 'server gh'),
    plan: await run('auth', 'plan', 'gh'),
    planned: await parsed('auth', 'plan', 'gh'),
    parsed,
  }
}

test.each(
  some(
    [
      ['a challenge', REFUSED],
      ['no challenge', raw('', {}, 403)],
      ['a wish for more rights', raw('', { 'www-authenticate': 'Bearer error="insufficient_scope"' }, 403)],
    ],
    3,
  ),
)('a header that only the runtime fills in, and a refusal with %s: not checked', async (_what, refuse) => {
  const { status, state, finding, plan, planned } = await asked(VARIABLE, refuse)
  expect(status).toEqual({ code: 0, stdout: expect.stringContaining(`  ${WHY}  (`) })
  expect(state).toBe('not-checked')
  expect(finding).toMatchObject({ state: 'note', text: expect.stringContaining(WHY) })
  expect(finding).not.toHaveProperty('help')
  expect(plan).toEqual({ code: 0, stdout: expect.stringContaining(`Whether it asks for a sign-in ${WHY}.`) })
  expect(plan.stdout).not.toMatch(/exit 4|auth login/)
  expect(planned).toMatchObject({ notChecked: WHY.split(': ')[1], fixes: [], signedIn: false })
  expect(planned).not.toHaveProperty('asks')
  expect(planned).not.toHaveProperty('unattended')
})

more(
  'a plan that would not work is no verdict, as long as it is not known whether one is asked for',
  async () => {
    const leads = 'Bearer resource_metadata="file:///etc/passwd"'
    const { plan, planned } = await asked(VARIABLE, raw('', { 'www-authenticate': leads }, 401))
    expect(plan).toEqual({
      code: 0,
      stdout: expect.stringMatching(/is not checked: .*If it does, it would not work: unsafe address/),
    })
    expect(planned.trouble).toMatch(/unsafe address/)
  },
)

test('headers that we can send ourselves: the refusal counts', async () => {
  const { status, state, finding, plan, planned } = await asked({ 'X-Team': 'a' })
  expect({ code: status.code, state }).toEqual({ code: 4, state: 'needs-sign-in' })
  expect(finding).toMatchObject({ state: 'note', text: expect.stringContaining('wants a sign-in') })
  expect(plan.stdout).toContain('exit 4')
  expect(planned).toMatchObject({ asks: true, unattended: false })
})

more('an answer that lets us in counts, whatever was left out', async () => {
  const letIn = json({ jsonrpc: '2.0', id: 1, result: {} })
  const { status, state, finding, planned } = await asked(VARIABLE, letIn)
  expect({ code: status.code, state }).toEqual({ code: 0, state: 'ready' })
  expect(finding).toMatchObject({ state: 'ok' })
  expect(planned).toMatchObject({ asks: false, unattended: true })
})

more('a sign-in that is kept and refused, or has ended, says as little', async () => {
  const refused = await asked(VARIABLE, REFUSED, {})
  expect({ code: refused.status.code, state: refused.state }).toEqual({ code: 0, state: 'not-checked' })
  expect(refused.finding).toMatchObject({ state: 'note', text: expect.stringContaining(WHY) })
  expect(await refused.run('auth', 'status', 'gh')).toEqual({
    code: 0,
    stdout: expect.stringContaining(`  whether the server accepts it ${WHY}\n`),
  })
  expect(await refused.parsed('auth', 'status', 'gh')).toMatchObject([{ live: { state: 'not-checked' } }])
  expect(refused.plan.stdout).toMatch(/is not checked: .* You are signed in\.\n/)
  await stage.close()

  const ended = await asked(VARIABLE, REFUSED, { expiresAt: Date.now() - 1000 })
  expect({ code: ended.status.code, state: ended.state }).toEqual({ code: 0, state: 'not-checked' })
  expect(ended.finding).toMatchObject({ state: 'note', text: expect.stringContaining(WHY) })
  // What is kept is judged as before.
  expect(await ended.run('auth', 'status', 'gh')).toMatchObject({ code: 4 })
})
