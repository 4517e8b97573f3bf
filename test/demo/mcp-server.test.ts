import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startWorld, type World } from '../../demo/world.ts'
import { signIn } from './sign-in.ts'

let world: World

beforeEach(async () => {
  world = await startWorld()
})

afterEach(() => world.close())

const tokenFor = async (scope: string) => {
  const { tokens } = await signIn(world.authorizationServer.issuer, { resource: world.mcp.url, scope })
  return tokens?.access_token ?? ''
}

const ask = (method: string, params: object, token?: string, signal?: AbortSignal) =>
  fetch(world.mcp.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    ...(signal === undefined ? {} : { signal }),
  })

const call = (tool: string, token?: string) => ask('tools/call', { name: tool, arguments: {} }, token)

describe('the practice MCP server', () => {
  it('asks for a token and tells where to get one (RFC 9728)', async () => {
    const { mcp, authorizationServer } = world
    const response = await ask('server/discover', {})
    const challenge = response.headers.get('www-authenticate') ?? ''
    expect(response.status).toBe(401)
    expect(challenge).toContain('scope="notes.read"')
    const metadataUrl = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? ''
    expect(await (await fetch(metadataUrl)).json()).toMatchObject({
      resource: mcp.url,
      authorization_servers: [authorizationServer.issuer],
      scopes_supported: ['notes.read', 'notes.write'],
    })
  })

  it('tells who is signed in', async () => {
    const response = await call('whoami', await tokenFor('notes.read'))
    expect(response.status).toBe(200)
    expect(await response.text()).toContain(
      'You are signed in as Ada (ada@example.com), with the rights: notes.read.',
    )
    expect(world.mcp.calls('whoami')).toBe(1)
    expect(world.mcp.requests.at(-1)).toMatchObject({
      method: 'tools/call',
      tokenHash: expect.stringMatching(/^\w{12}$/),
    })
  })

  it('wants one more right for deleting', async () => {
    const refused = await call('delete_note', await tokenFor('notes.read'))
    expect(refused.status).toBe(403)
    const challenge = refused.headers.get('www-authenticate')
    expect(challenge).toContain('error="insufficient_scope"')
    expect(challenge).toContain('scope="notes.write"')
    const allowed = await call('delete_note', await tokenFor('notes.read notes.write'))
    expect(await allowed.text()).toContain('The newest note of Ada is deleted.')
  })

  it.each([
    ['no JWT', () => 'abc'],
    ['another signature', (token: string) => `${token.slice(0, -6)}AAAAAA`],
    ['another resource', (_token: string, other: string) => other],
  ])('refuses a token with %s', async (_case, change) => {
    const other = await startWorld()
    try {
      const { tokens } = await signIn(other.authorizationServer.issuer, { resource: other.mcp.url })
      const response = await call('whoami', change(await tokenFor('notes.read'), tokens?.access_token ?? ''))
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
    } finally {
      await other.close()
    }
  })

  it('refuses tokens that are over: withdrawn, or past their time', async () => {
    const token = await tokenFor('notes.read')
    world.authorizationServer.expireAccessTokens()
    expect((await call('whoami', token)).status).toBe(401)
    world.authorizationServer.setAccessTokenTtl(1)
    const brief = await tokenFor('notes.read')
    await expect.poll(async () => (await call('whoami', brief)).status).toBe(401)
  })

  it('refuses good tokens on demand', async () => {
    const { mcp } = world
    const token = await tokenFor('notes.read')
    mcp.rejectOnce()
    expect((await ask('tools/list', {}, token)).status).toBe(200)
    expect((await call('whoami', token)).status).toBe(401)
    expect((await call('whoami', token)).status).toBe(200)
    mcp.rejectTokens(request => request.method === 'tools/list')
    expect((await ask('tools/list', {}, token)).status).toBe(401)
    mcp.rejectTokens(undefined)
    expect((await ask('tools/list', {}, token)).status).toBe(200)
  })

  it('hangs on demand, and comes back', async () => {
    const token = await tokenFor('notes.read')
    world.mcp.hang(true)
    await expect(ask('tools/list', {}, token, AbortSignal.timeout(200))).rejects.toThrow()
    const waiting = ask('tools/list', {}, token)
    world.mcp.hang(false)
    expect((await waiting).status).toBe(200)
  })
})
