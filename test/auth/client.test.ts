import { afterEach, describe, expect, test } from 'vitest'
import { findClient } from '../../src/auth/client.ts'
import { Secret } from '../../src/auth/secret.ts'
import type { AuthRequest, Client } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import {
  type Fault,
  type FaultyServer,
  html,
  huge,
  json,
  raw,
  redirect,
  startFaultyServer,
} from '../support/faulty-server.ts'
import { askerFor } from '../support/targets.ts'

const signal = new AbortController().signal
const REDIRECT = 'http://127.0.0.1:4711/callback'
const open: FaultyServer[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

interface Given {
  stored?: Client
  configured?: AuthRequest['client']
  document?: string
  redirectUri?: string
  device?: true
  scope?: string
}

async function find(fault: Fault | undefined, given: Given = {}, metadata: Record<string, unknown> = {}) {
  const server = await startFaultyServer(fault ? { '/register': fault } : {}, metadata)
  open.push(server)
  const { target, http } = await askerFor(server)
  const request = {
    server: { name: clean('notes'), url: webUrl(server.mcp, 'the test') },
    client: given.configured,
  }
  const options =
    given.document === undefined ? {} : { clientMetadataUrl: webUrl(given.document, 'the test') }
  const redirectUri = given.device ? undefined : (given.redirectUri ?? REDIRECT)
  const search = { request, target, options, stored: given.stored, redirectUri, scope: given.scope, http }
  const client = findClient(search, signal)
  const sent = () =>
    server.requests.filter(seen => seen.path === '/register').map(seen => JSON.parse(seen.body))
  return { client, sent, server }
}

const kind = (kind: string, text = '') =>
  expect.objectContaining({ kind, message: expect.stringContaining(text) })

const DOCUMENT = 'https://apps.example.com/copilot-host.json'
const TAKES_DOCUMENTS = { client_id_metadata_document_supported: true }
const set: Client = { id: 'set', source: 'configured', secret: new Secret('of the store') }
const known: Client = { id: 'known', source: 'registered', authMethod: 'none', redirectUris: [REDIRECT] }
const document: Client = { id: DOCUMENT, source: 'document', authMethod: 'none' }

describe('who we are', () => {
  test.each<[string, Given, Record<string, unknown>, Client | 'registered']>([
    [
      'the client that was set, over all',
      { stored: set, configured: { id: 'mine' }, document: DOCUMENT },
      TAKES_DOCUMENTS,
      set,
    ],
    [
      'the same without its id in the configuration',
      { stored: set, document: DOCUMENT },
      TAKES_DOCUMENTS,
      set,
    ],
    [
      'the configuration, over document and registration',
      { stored: known, configured: { id: 'mine' }, document: DOCUMENT },
      TAKES_DOCUMENTS,
      { id: 'mine', source: 'configured', authMethod: 'none' },
    ],
    [
      'the configuration with a secret',
      { configured: { id: 'mine', secret: new Secret('s') } },
      {},
      { id: 'mine', source: 'configured', secret: new Secret('s') },
    ],
    ['the document, over a registration', { stored: known, document: DOCUMENT }, TAKES_DOCUMENTS, document],
    ['the document for a device code', { document: DOCUMENT, device: true }, TAKES_DOCUMENTS, document],
    ['the registration where no document is taken', { stored: known, document: DOCUMENT }, {}, known],
    [
      'the registration where the support is not said in so many words',
      { stored: known, document: DOCUMENT },
      { client_id_metadata_document_supported: 'true' },
      known,
    ],
    ['the registration where there is no document', { stored: known }, TAKES_DOCUMENTS, known],
    ['the registration for a device code', { stored: known, device: true }, {}, known],
    ['a new registration in place of an earlier document', { stored: document }, {}, 'registered'],
    ['a new registration', {}, TAKES_DOCUMENTS, 'registered'],
  ])('%s', async (_name, given, metadata, expected) => {
    const { client, sent } = await find(undefined, given, metadata)
    if (expected === 'registered') await expect(client).resolves.toMatchObject({ source: 'registered' })
    else await expect(client).resolves.toEqual(expected)
    expect(sent()).toHaveLength(expected === 'registered' ? 1 : 0)
  })

  test('R-08 another port is registered anew', async () => {
    const redirectUri = 'http://127.0.0.1:4712/callback'
    const { client, sent } = await find(undefined, { stored: known, redirectUri })
    await expect(client).resolves.toMatchObject({ redirectUris: [redirectUri] })
    expect(sent()).toHaveLength(1)
  })

  test('device codes need no redirect address', async () => {
    const { client, sent } = await find(undefined, { device: true })
    await expect(client).resolves.toMatchObject({ redirectUris: [] })
    expect(sent()[0]).toMatchObject({ redirect_uris: [], response_types: [] })
  })
})

describe('a client that acts for itself', () => {
  const machine = { id: 'robot', grant: 'client_credentials' } as const

  test('has the secret that was set, or that of the configuration', async () => {
    await expect((await find(undefined, { configured: machine, stored: set })).client).resolves.toEqual(set)
    const configured = { ...machine, secret: new Secret('s') }
    await expect((await find(undefined, { configured })).client).resolves.toEqual({
      id: 'robot',
      source: 'configured',
      secret: configured.secret,
    })
  })

  test.each<[string, Given]>([
    ['no secret', {}],
    ['a registration', { stored: known, device: true }],
    ['a document', { document: DOCUMENT }],
    ['a public client', { stored: { id: 'robot', source: 'configured', authMethod: 'none' } }],
  ])('is not made up: %s', async (_name, given) => {
    const { client, sent } = await find(undefined, { ...given, configured: machine }, TAKES_DOCUMENTS)
    await expect(client).rejects.toEqual(kind('no-client', 'copilot-host auth client set notes'))
    expect(sent()).toEqual([])
  })
})

describe('registration', () => {
  test('says what a native app has to say', async () => {
    const { client, sent } = await find(
      undefined,
      { scope: 'notes.read' },
      { scopes_supported: ['notes.write'] },
    )
    await expect(client).resolves.toMatchObject({ authMethod: 'none', redirectUris: [REDIRECT] })
    expect(sent()).toEqual([
      {
        application_type: 'native',
        client_name: 'copilot-host',
        redirect_uris: [REDIRECT],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        scope: 'notes.read notes.write',
      },
    ])
  })

  test('without device codes there is no device grant, without scopes no scope', async () => {
    const { client, sent } = await find(undefined, {}, { device_authorization_endpoint: undefined })
    await client
    expect(sent()[0].grant_types).toEqual(['authorization_code', 'refresh_token'])
    expect(sent()[0]).not.toHaveProperty('scope')
  })

  test.each([
    [['client_secret_post', 'none'], 'none'],
    [['client_secret_post'], 'client_secret_post'],
    [['client_secret_basic'], 'client_secret_basic'],
    [['client_secret_post', 'client_secret_basic'], 'client_secret_basic'],
    [undefined, 'client_secret_basic'],
  ])('where %j is offered it asks for %s', async (offered, method) => {
    const fault = json({ client_id: 'x', client_secret: 's' }, 201)
    const { client, sent } = await find(fault, {}, { token_endpoint_auth_methods_supported: offered })
    expect((await client).authMethod).toBe(method)
    expect(sent()[0].token_endpoint_auth_method).toBe(method)
  })

  test('the answer decides over the method', async () => {
    const answer = { client_id: 'x', client_secret: 's', token_endpoint_auth_method: 'client_secret_post' }
    const { client } = await find(json(answer, 201))
    await expect(client).resolves.toEqual({
      id: 'x',
      source: 'registered',
      secret: new Secret('s'),
      authMethod: 'client_secret_post',
      redirectUris: [REDIRECT],
    })
    expect(JSON.stringify(await client)).not.toContain('"s"')
  })

  test('without a secret there is no method that needs one', async () => {
    const answer = { client_id: 'x', token_endpoint_auth_method: 'client_secret_basic' }
    expect(await (await find(json(answer, 200))).client).toMatchObject({ id: 'x', authMethod: 'none' })
  })

  test.each(['none', 'client_secret_basic'])('an empty secret is none, with the method %s', async method => {
    const answer = { client_id: 'x', client_secret: '', token_endpoint_auth_method: method }
    const expected = { id: 'x', source: 'registered', authMethod: 'none', redirectUris: [REDIRECT] }
    expect(await (await find(json(answer, 201))).client).toEqual(expected)
  })

  test('a server that refuses the scopes is asked once more without them', async () => {
    const refuse: Fault = (response, { body }) =>
      'scope' in JSON.parse(body)
        ? json({ error: 'invalid_client_metadata' }, 400)(response)
        : json({ client_id: 'x' }, 201)(response)
    const { client, sent } = await find(refuse, { scope: 'odd' })
    await expect(client).resolves.toMatchObject({ id: 'x' })
    expect(sent()).toHaveLength(2)
  })

  test('M-18 a refusal shows the code, cleaned, and what to do', async () => {
    const answer = { error: 'invalid_redirect_uri\u001b[2J\n', error_description: '\u001b]0;x\u0007secret' }
    const { client, sent } = await find(json(answer, 400))
    const error = await client.catch(thrown => thrown)
    expect(error).toEqual(kind('no-client', 'refused to register this app (invalid_redirect_uri)'))
    expect(error.message).toContain('copilot-host auth client set notes')
    expect(error.message).not.toMatch(/\p{Cc}|secret/u)
    expect(sent()).toHaveLength(1)
  })

  test.each([
    [''],
    [7],
    [null],
    [undefined],
    ['x'.repeat(64 * 1024)],
    ['a\u001b[2J'],
    ['a\nb'],
    ['\u00e9'],
    [{}],
  ])('M-19 client_id %j is refused', async client_id => {
    const { client } = await find(json({ client_id }, 201))
    await expect(client).rejects.toEqual(kind('no-client', 'cannot be used'))
  })

  test.each([[7], ['a\u0000'], ['abc\u2028def'], ['abc\u2029def'], ['x'.repeat(3000)], [{}]])(
    'client_secret %j is refused',
    async client_secret => {
      const { client } = await find(json({ client_id: 'x', client_secret }, 201))
      await expect(client).rejects.toEqual(kind('no-client'))
    },
  )

  test('a method that we do not know is refused', async () => {
    const answer = { client_id: 'x', client_secret: 's', token_endpoint_auth_method: 'private_key_jwt' }
    await expect((await find(json(answer, 201))).client).rejects.toEqual(kind('no-client'))
  })

  test.each(['', 'null', '[]', '"x"', '{'])('answer %j is refused', async body => {
    await expect((await find(raw(body, {}, 201))).client).rejects.toEqual(kind('no-client'))
  })

  test.each<[string, Fault, string, string]>([
    ['no endpoint', html(404), 'no-client', 'does not register apps'],
    ['closed registration', json({ error: 'access_denied' }, 403), 'no-client', 'auth client set notes'],
    ['trouble', html(503), 'http-trouble', ''],
    ['redirect', redirect('/x', 307), 'http-redirect', ''],
    ['huge answer', huge(8 * 1024 * 1024), 'http-size', ''],
  ])('%s', async (_name, fault, expected, text) => {
    await expect((await find(fault)).client).rejects.toEqual(kind(expected, text))
  })

  test('a server without registration names what to configure', async () => {
    const { client } = await find(undefined, {}, { registration_endpoint: undefined })
    await expect(client).rejects.toEqual(
      kind('no-client', 'copilot-host auth client set notes, or oauthClientId in mcp-config.json'),
    )
  })
})
