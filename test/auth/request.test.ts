import { describe, expect, test } from 'vitest'
import { judgeRequest, serverNameOf } from '../../src/auth/request.ts'

const SERVER = 'https://mcp.example/mcp'

function judge(data: unknown) {
  return judgeRequest({ id: 'r1', data, calls: ['call-1'] })
}

const withField = (name: string, value: unknown) =>
  judge({ serverName: 'notes', serverUrl: SERVER, reason: 'initial', [name]: value })

describe('judgeRequest', () => {
  test('keeps what is known of a whole event and nothing else', () => {
    const request = judge({
      requestId: 'other',
      serverName: 'notes',
      serverUrl: SERVER,
      reason: 'upscope',
      staticClientConfig: { clientId: 'x', publicClient: true, grantType: 'client_credentials' },
      wwwAuthenticateParams: {
        resourceMetadataUrl: 'https://mcp.example/.well-known/oauth-protected-resource',
        scope: 'a b',
        error: 'insufficient_scope',
      },
      resourceMetadata: '{"resource":"x"}',
      httpResponse: { statusCode: 401, body: 'secret' },
      redirectPort: 3334,
    })
    expect(request).toEqual({
      id: 'r1',
      server: { name: 'notes', url: SERVER },
      reason: 'upscope',
      challenge: {
        scope: 'a b',
        metadataUrl: 'https://mcp.example/.well-known/oauth-protected-resource',
      },
      metadata: '{"resource":"x"}',
      client: { id: 'x', grant: 'client_credentials' },
      redirectPort: 3334,
      calls: ['call-1'],
      tool: undefined,
    })
  })

  test('takes the secret of a client, which then shows itself to nobody', () => {
    const request = withField('staticClientConfig', { clientId: 'x', clientSecret: 'hush' })
    expect(request.client?.secret?.reveal()).toBe('hush')
    expect(JSON.stringify(request)).not.toContain('hush')
  })

  test.each([[7], ['a\u0000b'], ['a\u2028b'], ['x'.repeat(2049)]])(
    'refuses the client secret %j',
    clientSecret => {
      expect(() => withField('staticClientConfig', { clientId: 'x', clientSecret })).toThrow('not readable')
    },
  )

  test('takes the barest event', () => {
    const request = judge({ serverUrl: SERVER })
    expect(request).toMatchObject({
      server: { name: 'mcp.example', url: SERVER },
      reason: 'reauth',
      challenge: {},
    })
    expect(request.metadata).toBeUndefined()
    expect(request.client).toBeUndefined()
  })

  test.each([[null], [undefined], [''], [7], [[]], [true]])('%j is no event', data => {
    expect(() => judge(data)).toThrow(expect.objectContaining({ exitCode: 4 }))
  })

  test.each([
    [undefined],
    [null],
    [7],
    [''],
    ['file:///etc/passwd'],
    ['http://mcp.example/'],
    ['javascript:1'],
  ])('J-10 server address %j is refused', serverUrl => {
    expect(() => withField('serverUrl', serverUrl)).toThrow(
      expect.objectContaining({ kind: 'unsafe-address' }),
    )
  })

  test.each([['file:///etc/passwd'], [7], ['http://mcp.example/x'], ['']])(
    'J-10 metadata address %j is refused',
    resourceMetadataUrl => {
      expect(() => withField('wwwAuthenticateParams', { resourceMetadataUrl })).toThrow(
        expect.objectContaining({ kind: 'unsafe-address' }),
      )
    },
  )

  test.each([['x'], [7], [null], [undefined], [{}]])('J-10 reason %j counts as reauth', reason => {
    expect(withField('reason', reason).reason).toBe('reauth')
  })

  test.each([['x'], [null], [7], [[]], [{ scope: 7, error: null, resourceMetadataUrl: null }]])(
    'challenge %j counts as none',
    params => {
      expect(withField('wwwAuthenticateParams', params).challenge).toEqual({})
    },
  )

  test.each([[0], [65536], [1.5], ['3334'], [-1], [null]])('redirect port %j counts as none', port => {
    expect(withField('redirectPort', port).redirectPort).toBeUndefined()
  })

  test.each([
    [{}],
    [{ clientId: 7 }],
    [{ clientId: '' }],
    [{ clientId: 'a\nb' }],
    [{ clientId: 'x'.repeat(3000) }],
    ['x'],
  ])('configured client %j is an error: no other may take its place', client => {
    expect(() => withField('staticClientConfig', client)).toThrow(expect.objectContaining({ exitCode: 4 }))
  })

  test('X-02 the name is one clean line of 80 columns, and the rights are bounded', () => {
    const hostile = `\u001b]52;c;YQ==\u0007evil\n\u001b[2Jname\u202e${'x'.repeat(500)}`
    const { server } = withField('serverName', hostile)
    expect(server.name).toMatch(/^evil namex+…$/)
    expect(server.name.length).toBeLessThanOrEqual(80)
    const { challenge } = withField('wwwAuthenticateParams', { scope: 'x'.repeat(100_000) })
    expect(challenge.scope?.length).toBeLessThanOrEqual(8192)
  })

  test('X-02 so is the name that is taken where nothing else is of use', () => {
    expect(serverNameOf({ serverName: '\u001b[2Jnotes\n', serverUrl: 7 })).toBe('notes')
    for (const data of [undefined, 'x', {}, { serverName: 7 }, { serverName: '\u001b[2J' }])
      expect(serverNameOf(data)).toBeUndefined()
  })

  test('X-05 a server without a name is called by its host in ASCII', () => {
    expect(withField('serverUrl', 'https://gith\u0443b.com/mcp').server.url).toContain('xn--')
    const request = judge({ serverUrl: 'https://gith\u0443b.com/mcp', serverName: '\u001b[2J' })
    expect(request.server.name).toBe('xn--githb-hze.com')
  })

  test('metadata of 64 MiB is cut off where its judge sees that it is too large', () => {
    const { metadata } = withField('resourceMetadata', ' '.repeat(64 * 1024 * 1024))
    expect(metadata?.length).toBe(1024 * 1024 + 1)
  })

  test.each([[7], [null], [{}]])('metadata %j counts as none', metadata => {
    expect(withField('resourceMetadata', metadata).metadata).toBeUndefined()
  })

  test('M-16 prototype keys do nothing', () => {
    const data = JSON.parse(`{"serverUrl":"${SERVER}","__proto__":{"reason":"initial","polluted":1}}`)
    expect(judge(data).reason).toBe('reauth')
    expect('polluted' in {}).toBe(false)
  })
})
