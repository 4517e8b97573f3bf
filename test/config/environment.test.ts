// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to a variable, as files have it
import { expect, test } from 'vitest'
import { fillCredentials, runtimeEnvironment } from '../../src/config/environment.ts'

test.each([
  'COPILOT_PROVIDER_API_KEY',
  'COPILOT_PROVIDER_API_KEY_COMMAND',
  'COPILOT_PROVIDER_BASE_URL',
  'COPILOT_PROVIDER_BEARER_TOKEN',
  'COPILOT_PROVIDER_HEADERS',
  'COPILOT_CONNECTION_TOKEN',
  'COPILOT_GITHUB_TOKEN',
  'COPILOT_SDK_AUTH_TOKEN',
  'GH_ENTERPRISE_TOKEN',
  'GH_TOKEN',
  'GITHUB_ENTERPRISE_TOKEN',
  'GITHUB_PERSONAL_ACCESS_TOKEN',
  'GITHUB_TOKEN',
  'Github_Token',
  'NODE_DEBUG',
])('%s does not reach the runtime', name => {
  expect(runtimeEnvironment({ [name]: 'x', PATH: '/bin' })).toEqual({ PATH: '/bin' })
})

test('what the runtime, its tools and its servers need does', () => {
  const env = {
    PATH: '/bin',
    HOME: '/home/me',
    COPILOT_HOME: '/home/me/.copilot',
    HTTPS_PROXY: 'http://proxy',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    NODE_OPTIONS: '--use-system-ca',
    SSH_AUTH_SOCK: '/run/agent',
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus',
    MY_GITHUB_TOKEN_FILE: '/x',
  }
  expect(runtimeEnvironment({ ...env, UNSET: undefined })).toEqual(env)
})

test.each([
  ['$GH_TOKEN', 'tok'],
  ['${GH_TOKEN}', 'tok'],
  ['${GH_TOKEN:-none}', 'tok'],
  ['Bearer ${GH_TOKEN}!', 'Bearer tok!'],
  ['$GH_TOKEN$GH_TOKEN', 'toktok'],
  ['$GH_TOKENS', '$GH_TOKENS'],
  ['${GITHUB_TOKEN}', '${GITHUB_TOKEN}'],
  ['${GITHUB_TOKEN:-none}', '${GITHUB_TOKEN:-none}'],
  ['$HOME ${HOME}', '$HOME ${HOME}'],
  ['GH_TOKEN $ {GH_TOKEN} ${}', 'GH_TOKEN $ {GH_TOKEN} ${}'],
  ['${__proto__} $constructor', '${__proto__} $constructor'],
])('%s becomes %s', (value, filled) => {
  expect(fillCredentials(value, { GH_TOKEN: 'tok', HOME: '/home/me' })).toBe(filled)
})
