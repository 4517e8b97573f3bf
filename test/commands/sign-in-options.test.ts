import { expect, test } from 'vitest'
import { configuredServers, signInOptions } from '../../src/commands/sign-in-options.ts'
import { readConfiguration } from '../../src/config/configuration.ts'
import type { Servers } from '../../src/config/servers.ts'

const at = (place: string) => ({
  clientMetadataUrl: `https://${place}.example.com/app.json`,
  callbackUrl: `https://${place}.example.com/`,
})
const ENV = {
  COPILOT_HOST_CLIENT_METADATA_URL: `${at('environment').clientMetadataUrl}\n`,
  COPILOT_HOST_CALLBACK_URL: at('environment').callbackUrl,
}
const entries = { notes: { ...at('entry'), identity: true, redirectPort: 3118 }, other: {} }
const servers = { options: entries, origins: {} }

/** What the environment and the file of the person say. */
const says = (env: Record<string, string>, file: unknown = {}) =>
  readConfiguration({
    file: '/config.json',
    project: { root: '/p', file: '/p/.copilot-host.json', serverFiles: [] },
    ...{ trusts: () => false, env, home: '/home/me' },
    readFile: async path =>
      path === '/config.json'
        ? JSON.stringify(file)
        : Promise.reject(Object.assign(new Error(), { code: 'ENOENT' })),
  })

test('the command line, then the entry of the server, then the environment', async () => {
  const own = { identity: true, redirectPort: 3118 }
  const env = await says(ENV)
  expect(signInOptions(at('flag'), servers, env)({ name: 'notes' })).toEqual({ ...at('flag'), ...own })
  expect(signInOptions({}, servers, env)({ name: 'notes' })).toEqual({ ...at('entry'), ...own })
  expect(signInOptions({}, servers, env)({ name: 'other' })).toEqual(at('environment'))
  expect(signInOptions({}, servers, env)({ name: 'unknown' })).toEqual(at('environment'))
  expect(signInOptions({}, servers, await says({}))({ name: 'constructor' })).toEqual({})
})

test('our own file comes before an entry, unless the command line has named that', async () => {
  const file = {
    ...at('general'),
    servers: { notes: { ...at('own'), redirectPort: 1, identity: false, scopes: ['a'], route: 'device' } },
  }
  const ours = { ...at('own'), redirectPort: 1, identity: false }
  const rest = { scopes: ['a'], route: 'device' }
  const configuration = await says({}, file)
  expect(signInOptions({}, servers, configuration)({ name: 'notes' })).toEqual({ ...ours, ...rest })
  expect(signInOptions(at('flag'), servers, configuration)({ name: 'notes' })).toMatchObject(at('flag'))
  const flagged = { ...servers, origins: { notes: 'flag' as const } }
  expect(signInOptions({}, flagged, configuration)({ name: 'notes' })).toEqual({ ...entries.notes, ...rest })
  expect(signInOptions({}, servers, configuration)({ name: 'other' })).toEqual(at('general'))
  expect(signInOptions({}, servers, await says(ENV, file))({ name: 'other' })).toEqual(at('environment'))
})

test('client id and port reach the runtime, where a server has them', async () => {
  const url = 'https://mcp.example.com/mcp'
  const said = { clientId: 'mine', redirectPort: 3118 }
  const configuration = await says({}, { servers: { a: said, b: said, local: said } })
  const found: Servers = {
    servers: {
      a: { type: 'http', url, oauthClientId: 'theirs', auth: { redirectPort: 1 } },
      b: { type: 'http', url, auth: false },
      c: { type: 'http', url },
      local: { type: 'stdio', command: 'x' },
    },
    ...{ options: {}, origins: {}, own: [], brought: [], held: [], problems: [] },
  }
  expect(configuredServers(found, configuration)).toEqual({
    a: { type: 'http', url, oauthClientId: 'mine', auth: { redirectPort: 3118 } },
    b: { type: 'http', url, oauthClientId: 'mine', auth: false },
    c: { type: 'http', url },
    local: { type: 'stdio', command: 'x' },
  })
})

test.each([
  [
    { COPILOT_HOST_CLIENT_METADATA_URL: 'https://secret.example.com' },
    /^COPILOT_HOST_CLIENT_METADATA_URL has no path/,
  ],
  [
    { COPILOT_HOST_CALLBACK_URL: 'http://secret.example.com/' },
    /^COPILOT_HOST_CALLBACK_URL does not begin with https/,
  ],
])('%j is told by its name alone', async (env, message) => {
  const error = await says(env).catch(thrown => thrown)
  expect(error).toMatchObject({ kind: 'config', exitCode: 2, message: expect.stringMatching(message) })
  expect(String(error)).not.toContain('secret')
})
