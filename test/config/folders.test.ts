import { expect, test } from 'vitest'
import { folders } from '../../src/config/folders.ts'
import type { HostError } from '../../src/errors.ts'

test.each([
  ['linux', '/home/me', '/home/me/.local/share/copilot-host', '/home/me/.copilot'],
  ['linux', '/home/Jörg Müller', '/home/Jörg Müller/.local/share/copilot-host', '/home/Jörg Müller/.copilot'],
  ['darwin', '/Users/me', '/Users/me/Library/Application Support/copilot-host', '/Users/me/.copilot'],
  ['win32', 'C:\\Users\\me', 'C:\\Users\\me\\AppData\\Local\\copilot-host\\Data', 'C:\\Users\\me\\.copilot'],
] as const)('on %s, at home in %s', (platform, home, state, copilot) => {
  expect(folders({}, platform, home)).toEqual({ state, copilot, isDefault: true })
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
    state: '/tmp/my state/日本/',
    copilot: '/srv/copilot',
    isDefault: false,
  })
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
