import { posix, win32 } from 'node:path'
import { expect, test } from 'vitest'
import { folders } from '../../src/config/folders.ts'
import type { HostError } from '../../src/errors.ts'

test.each([
  ['linux', '/home/me', '.local/share/copilot-host', '.config/copilot-host'],
  ['linux', '/home/Jörg Müller', '.local/share/copilot-host', '.config/copilot-host'],
  [
    'darwin',
    '/Users/me',
    'Library/Application Support/copilot-host',
    'Library/Application Support/copilot-host',
  ],
  ['win32', 'C:\\Users\\me', 'AppData\\Local\\copilot-host\\Data', 'AppData\\Local\\copilot-host'],
] as const)('on %s, at home in %s', (platform, home, state, config) => {
  const { join } = platform === 'win32' ? win32 : posix
  expect(folders({}, platform, home)).toEqual({
    state: join(home, state),
    config: join(home, config, 'config.json'),
    copilot: join(home, '.copilot'),
    isDefault: true,
  })
})

test('the configuration is where people of a system look for it', () => {
  const config = (env: Record<string, string>, platform: 'linux' | 'win32', home: string) =>
    folders({ COPILOT_HOME: platform === 'linux' ? '/c' : 'C:\\c', ...env }, platform, home).config
  expect(config({ XDG_CONFIG_HOME: '/etc/me' }, 'linux', '/home/me')).toBe('/etc/me/copilot-host/config.json')
  expect(config({ XDG_CONFIG_HOME: 'me' }, 'linux', '/home/me')).toBe(
    '/home/me/.config/copilot-host/config.json',
  )
  expect(config({ XDG_DATA_HOME: '/data' }, 'linux', '')).toBe('/data/copilot-host/config.json')
  expect(config({ APPDATA: 'D:\\Roaming' }, 'win32', 'C:\\Users\\me')).toBe(
    'D:\\Roaming\\copilot-host\\config.json',
  )
  expect(config({ COPILOT_HOST_HOME: '/state' }, 'linux', '/home/me')).toBe('/state/config.json')
})

test('the data folder of the system is obeyed', () => {
  expect(folders({ XDG_DATA_HOME: '/data' }, 'linux', '/home/me').state).toBe('/data/copilot-host')
  expect(folders({ LOCALAPPDATA: 'D:\\Local' }, 'win32', 'C:\\Users\\me').state).toBe(
    'D:\\Local\\copilot-host\\Data',
  )
  expect(folders({ XDG_DATA_HOME: '/data' }, 'darwin', '/Users/me').state).toMatch(/^\/Users\/me\//)
})

test('a relative XDG_DATA_HOME is ignored, as its specification says', () => {
  expect(folders({ XDG_DATA_HOME: 'data' }, 'linux', '/home/me').state).toBe(
    '/home/me/.local/share/copilot-host',
  )
})

test('both folders can be named, and then no home is needed', () => {
  const env = { COPILOT_HOST_HOME: '/tmp/my state/日本/', COPILOT_HOME: '/srv//copilot' }
  expect(folders(env, 'linux', '')).toEqual({
    state: '/tmp/my state/日本',
    config: '/tmp/my state/日本/config.json',
    copilot: '/srv/copilot',
    isDefault: false,
  })
})

test.each([
  ['linux', '/state/', '/state'],
  ['linux', '/state///', '/state'],
  ['linux', '/', '/'],
  ['win32', 'C:\\state\\', 'C:\\state'],
  ['win32', 'C:/state/', 'C:\\state'],
  ['win32', 'C:\\', 'C:\\'],
] as const)('on %s a folder is the same with a slash at its end: %s', (platform, named, state) => {
  const env = { COPILOT_HOST_HOME: named, COPILOT_HOME: named }
  expect(folders(env, platform, '')).toMatchObject({ state, copilot: state })
})

test('an empty variable is an unset one', () => {
  expect(folders({ COPILOT_HOST_HOME: '', COPILOT_HOME: '' }, 'linux', '/home/me')).toEqual(
    folders({}, 'linux', '/home/me'),
  )
})

test.each([
  [{ COPILOT_HOST_HOME: 'state' }, '/home/me', /"state": COPILOT_HOST_HOME must be an absolute path/],
  [{ COPILOT_HOST_HOME: '~/state' }, '/home/me', /COPILOT_HOST_HOME must be an absolute path/],
  [{ COPILOT_HOST_HOME: '/a\0b' }, '/home/me', /COPILOT_HOST_HOME must be an absolute path/],
  [{ COPILOT_HOME: './x' }, '/home/me', /COPILOT_HOME must be an absolute path/],
  [{}, '', /HOME is not set.*COPILOT_HOST_HOME/],
  [{}, 'relative', /HOME is not set/],
  [{ COPILOT_HOST_HOME: '/state' }, '', /HOME is not set.*COPILOT_HOME$/],
])('%j with the home %j is refused', (env, home, message) => {
  let error: HostError | undefined
  try {
    folders(env, 'linux', home)
  } catch (thrown) {
    error = thrown as HostError
  }
  expect(error?.message).toMatch(message)
  expect(error?.exitCode).toBe(1)
})
