import { expect, test } from 'vitest'
import { matchesUrl, urlRuleFault } from '../../src/config/url-rule.ts'

test.each([
  'example.com',
  '*.example.com',
  'https://example.com/docs',
  'http://localhost:3000/',
  'bücher.de:8080/ä b',
  '[::1]:3000',
  '10.0.0.1',
  'example.com/@me',
  'file://server/share',
])('%j is a rule for addresses', rule => {
  expect(urlRuleFault(rule)).toBeUndefined()
})

test.each<[rule: string, fault: RegExp]>([
  ...[
    '',
    ' ',
    '.',
    '/docs',
    ':443',
    '*.',
    'https://',
    'https:///docs',
    '//example.com',
    'https:/example.com',
  ].map((rule): [string, RegExp] => [rule, /^names no host: it must look like example\.com, /]),
  ...['a b', 'example.com:port', 'example.com:99999', '[::1', 'exa\tmple.com', 'mailto:me'].map(
    (rule): [string, RegExp] => [rule, /^names no host/],
  ),
  ...['*', 'https://*', '*:443', '*/docs', '*.*.example.com', 'example.*', '%2a'].map(
    (rule): [string, RegExp] => [rule, /^takes \* only as \*\. before a host/],
  ),
  ['*.0.0.1', /^has \*\. before a number/],
  ['me@example.com', /^has a user name/],
  ...['example.com/*', 'https://example.com/docs/*', 'example.com?x', 'example.com/a#b'].map(
    (rule): [string, RegExp] => [rule, /^has \*, \? or # in it: a path counts with all that is below it$/],
  ),
])('%j is none: one line that says why, and nothing matches it', (rule, fault) => {
  expect(urlRuleFault(rule)).toMatch(fault)
  expect(urlRuleFault(rule)).not.toContain('\n')
  for (const address of ['https://example.com/', 'https://example.com/docs/a', 'http://127.0.0.1/', 'x'])
    expect(matchesUrl(rule, address)).toBe(false)
})

test('a scheme of its own is compared, and no address is one without', () => {
  expect(matchesUrl('HTTPS://example.com', 'https://example.com/a')).toBe(true)
  expect(matchesUrl('file://Server/share', 'file://server/share/x')).toBe(true)
  expect(matchesUrl('server', 'file://server/share/x')).toBe(false)
  expect(matchesUrl('example.com', 'example.com')).toBe(false)
})

test.each([
  ['https://example.com/docs', 'https://example.com/%64ocs/a', true],
  ['https://example.com/%64%6Fcs', 'https://example.com/docs', true],
  ['example.com/a%2fb', 'https://example.com/a%2Fb/c', true],
  ['example.com/a/b', 'https://example.com/a%2Fb', false],
  ['example.com/docs', 'https://example.com/%2564ocs', false],
])('%j and %j: an escape is the character that it stands for', (rule, address, matching) => {
  expect(matchesUrl(rule, address)).toBe(matching)
})
