import { expect, test } from 'vitest'
import { type ConfigSources, readConfiguration } from '../../src/config/configuration.ts'
import { SERVER_SETTINGS, SETTINGS } from '../../src/config/setting.ts'

const PERSON = '/home/config.json'
const PROJECT = '/r/.copilot-host.json'

function read(files: Record<string, unknown>, over: Partial<ConfigSources> = {}) {
  return readConfiguration({
    file: PERSON,
    project: { root: '/r', file: PROJECT, serverFiles: [] },
    trusts: () => true,
    env: {},
    home: '/home/me',
    readFile: async path => {
      const found = files[path]
      if (found === undefined) throw Object.assign(new Error(), { code: 'ENOENT' })
      return typeof found === 'string' ? found : JSON.stringify(found)
    },
    ...over,
  })
}

test('environment over project over person, and who it is', async () => {
  const files = {
    [PERSON]: { model: 'mine', tokenStore: 'memory', servers: { a: { clientId: 'mine', route: 'device' } } },
    [PROJECT]: { model: 'theirs', servers: { a: { clientId: 'theirs' } } },
  }
  const { find } = await read(files, { env: { COPILOT_MODEL: 'env\n' } })
  expect(find(SETTINGS.model)).toEqual({ value: 'env', origin: 'environment', where: 'COPILOT_MODEL' })
  const { find: without, serverKeys } = await read(files, { env: { COPILOT_MODEL: '' } })
  expect(without(SETTINGS.model)).toEqual({ value: 'theirs', origin: 'project', where: PROJECT })
  expect(without(SETTINGS.tokenStore)).toEqual({ value: 'memory', origin: 'person', where: PERSON })
  expect(without(SETTINGS.notify)).toBeUndefined()
  expect(without(SERVER_SETTINGS.clientId, 'a')?.value).toBe('theirs')
  expect(without(SERVER_SETTINGS.route, 'a')?.value).toBe('device')
  expect(without(SERVER_SETTINGS.route, 'b')).toBeUndefined()
  expect(serverKeys).toEqual(['servers.a.clientId', 'servers.a.route'])
})

test.each([PERSON, PROJECT])('%s that nests without end cannot be used, in one line', async file => {
  const deep = `{"model":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
  await expect(read({ [file]: deep })).rejects.toMatchObject({
    kind: 'config',
    message: `${file} nests too deep to be used`,
  })
})

test('denials add up, whoever says them', async () => {
  const files = {
    [PERSON]: { denyTools: ['a', 'b'] },
    [PROJECT]: { denyTools: ['b', 'c'], allowTools: ['x'] },
  }
  const { find } = await read(files, { trusts: () => false })
  expect(find(SETTINGS.denyTools)).toEqual({ value: ['b', 'c', 'a'], origin: 'project', where: PROJECT })
  expect(find(SETTINGS.allowTools)).toBeUndefined()
})

test('paths of a project count from its root, ~/ is the home folder; consent is to what is written', async () => {
  const rules = ['write(secrets)', 'read(~/.ssh)', 'write(/etc)', 'shell(rm:*)', 'notes(src)', 'write']
  const files = {
    [PERSON]: { denyTools: ['read(~/.aws)', 'write(build)'], debugLog: '~/x.log' },
    [PROJECT]: { denyTools: rules, allowTools: ['write(src)'], addDirs: ['../shared', '.', '~', '~x'] },
  }
  const over = { project: { root: '/r/$&', file: PROJECT, serverFiles: [] } }
  const { find, brought } = await read(files, over)
  expect(find(SETTINGS.denyTools)?.value).toEqual([
    ...['write(/r/$&/secrets)', 'read(/home/me/.ssh)', 'write(/etc)', 'shell(rm:*)', 'notes(src)', 'write'],
    ...['read(/home/me/.aws)', 'write(build)'],
  ])
  expect(find(SETTINGS.allowTools)?.value).toEqual(['write(/r/$&/src)'])
  expect(find(SETTINGS.addDirs)?.value).toEqual(['/r/shared', '/r/$&', '/home/me', '/r/$&/~x'])
  expect(find(SETTINGS.debugLog)?.value).toBe('/home/me/x.log')
  expect(brought.map(({ value }) => value)).toEqual([['write(src)'], ['../shared', '.', '~', '~x']])
  const long = { [PROJECT]: { denyTools: [`write(${'x'.repeat(240)})`] } }
  expect((await read(long, over)).find(SETTINGS.denyTools)?.value).toHaveLength(1)
  const nowhere = await read(files, { home: '' })
  expect(nowhere.find(SETTINGS.debugLog)?.value).toBe('~/x.log')
})

test('what a project says does not count, but for the harmless, before the person agrees', async () => {
  const files = {
    [PERSON]: { tokenStore: 'keychain' },
    [PROJECT]: {
      model: 'theirs',
      tokenStore: 'file',
      servers: { a: { callbackUrl: 'https://evil.example.com/' } },
    },
  }
  const { find, held, brought } = await read(files, { trusts: ({ key }) => key === 'nothing' })
  expect(find(SETTINGS.model)?.value).toBe('theirs')
  expect(find(SETTINGS.tokenStore)).toMatchObject({ value: 'keychain', origin: 'person' })
  expect(find(SERVER_SETTINGS.callbackUrl, 'a')).toBeUndefined()
  expect(held.map(({ file, key }) => [file, key])).toEqual([
    ['.copilot-host.json', 'tokenStore'],
    ['.copilot-host.json', 'servers.a.callbackUrl'],
  ])
  expect(brought).toEqual(held)
  expect((await read(files)).held).toEqual([])
})

test('variables that are written otherwise than in a file', async () => {
  const { find } = await read({}, { env: { COPILOT_HOST_NO_TITLE: '1', COPILOT_HOST_PLAIN: '0' } })
  expect([find(SETTINGS.title)?.value, find(SETTINGS.plain)?.value]).toEqual([false, false])
  const other = await read({}, { env: { COPILOT_HOST_PLAIN: 'yes', COPILOT_HOST_SIGN_IN_TIMEOUT: '90' } })
  expect([other.find(SETTINGS.plain)?.value, other.find(SETTINGS.signInTimeout)?.value]).toEqual([true, 90])
})

test.each([
  [{ [PERSON]: '{"model": }' }, {}, /^\/home\/config\.json is not valid JSON: line 1, column 11$/],
  [{ [PROJECT]: '[]' }, {}, /^\/r\/\.copilot-host\.json: the file must be an object$/],
  [{ [PROJECT]: { plain: 1 } }, {}, /^\/r\/\.copilot-host\.json: plain must be true or false$/],
  [
    {},
    { COPILOT_HOST_TOKEN_STORE: 'vault' },
    /^COPILOT_HOST_TOKEN_STORE must be auto, keychain, memory or file$/,
  ],
  [{}, { COPILOT_HOST_SIGN_IN_TIMEOUT: 'soon' }, /^COPILOT_HOST_SIGN_IN_TIMEOUT must be a number of seconds/],
])('%j with %j is refused', async (files, env, message) => {
  const error = await read(files, { env }).catch(thrown => thrown)
  expect(error).toMatchObject({ kind: 'config', exitCode: 2, message: expect.stringMatching(message) })
})

test('a file that is there and cannot be read is no missing one', async () => {
  const readFile = async () => Promise.reject(Object.assign(new Error(), { code: 'EACCES' }))
  await expect(read({}, { readFile })).rejects.toThrow('cannot read /home/config.json: permission denied')
})
