import { expect, test } from 'vitest'
import { signInOptions } from '../../src/commands/sign-in-options.ts'

const at = (place: string) => ({
  clientMetadataUrl: `https://${place}.example.com/app.json`,
  callbackUrl: `https://${place}.example.com/`,
})
const ENV = {
  COPILOT_HOST_CLIENT_METADATA_URL: `${at('environment').clientMetadataUrl}\n`,
  COPILOT_HOST_CALLBACK_URL: at('environment').callbackUrl,
}
const entries = { notes: { ...at('entry'), identity: true, redirectPort: 3118 }, other: {} }

test('the command line, then the entry of the server, then the environment', () => {
  const own = { identity: true, redirectPort: 3118 }
  expect(signInOptions(at('flag'), entries, ENV)({ name: 'notes' })).toEqual({ ...at('flag'), ...own })
  expect(signInOptions({}, entries, ENV)({ name: 'notes' })).toEqual({ ...at('entry'), ...own })
  expect(signInOptions({}, entries, ENV)({ name: 'other' })).toEqual(at('environment'))
  expect(signInOptions({}, entries, ENV)({ name: 'unknown' })).toEqual(at('environment'))
  expect(signInOptions({}, entries, {})({ name: 'constructor' })).toEqual({})
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
])('%j is told by its name alone', (env, message) => {
  const error = (() => {
    try {
      return signInOptions({}, {}, env)
    } catch (thrown) {
      return thrown
    }
  })()
  expect(error).toMatchObject({ kind: 'config', exitCode: 2, message: expect.stringMatching(message) })
  expect(String(error)).not.toContain('secret')
})
