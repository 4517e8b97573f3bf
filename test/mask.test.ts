import { expect, test } from 'vitest'
import { maskSecrets } from '../src/mask.ts'
import { SOON } from './support/patience.ts'

test.each([
  ['Authorization: Bearer abcdef.ghi', 'abcdef'],
  ['bearer abcdefghij', 'abcdefghij'],
  ['header Basic dXNlcjpwYXNz', 'dXNl'],
  ['{"access_token":"abc","expires_in":5}', 'abc'],
  ['refresh_token=abc&x=1', 'abc'],
  ['client_secret=p%20w', 'p%20w'],
  ['apiKey: sk-1', 'sk-1'],
  ['GET /callback?code=abc&state=def', 'abc'],
  ['GET /callback?code=abc&state=def', 'def'],
  ['code_verifier=abc', 'abc'],
  ['device_code: abc', 'abc'],
  ['password = hunter2', 'hunter2'],
  ['saw ghp_0123456789abcdefABCDEF0123456789abcd here', '0123456789'],
  [
    'saw eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
    'dozjg',
  ],
  ['saw 0123456789abcdef0123456789abcdef', 'abcdef'],
  ['using sk-short1 now', 'short1'],
  ['github_pat_11ABCDEFG0', '11ABC'],
  ['no way through http://ada:pass@proxy.example:8080/', 'pass'],
])('%s keeps its secret', (line, secret) => {
  expect(maskSecrets(line)).not.toContain(secret)
})

test.each([
  'rpc session.create 6a77b1c2-0d3e-4f5a-8b9c-0123456789ab 40 ms',
  'server billing: pending -> needs-auth, exit code: 3, state: idle, tokens: 812',
  'https://mcp.example.com/api/v1/resource/metadata/well-known',
  'node_modules/@github/copilot-sdk-linuxmusl-x64/prebuilds',
  'aMethodNameThatIsRatherLongButHasNoDigits',
])('%s stays readable', line => {
  expect(maskSecrets(line)).toBe(line)
})

test('a text that only looks like the beginning of an address takes no time', () => {
  const text = `://${':'.repeat(500_000)}`
  const began = performance.now()
  expect(maskSecrets(text)).toBe(text)
  expect(performance.now() - began).toBeLessThan(SOON)
  expect(maskSecrets('https://me:pass:word@host/')).toBe('https://[secret]@host/')
})
