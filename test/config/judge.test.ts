import { expect, test } from 'vitest'
import { judgeConfig } from '../../src/config/judge.ts'
import type { HostError } from '../../src/errors.ts'

function fault(content: unknown): HostError {
  try {
    judgeConfig(content, '/c.json')
  } catch (thrown) {
    return thrown as HostError
  }
  return expect.fail('should have been refused')
}

test('every setting is taken under its key', () => {
  const { values, warnings } = judgeConfig(
    {
      $schema: 'x',
      ...{ model: 'gpt-5', plain: true, title: false, notify: 'bell', allowTools: ['shell(git status)'] },
      ...{ signIn: 'device', signInTimeout: 60, tokenStore: 'file', debugLog: '/tmp/a log' },
      ...{ clientMetadataUrl: 'https://a.example.com/a.json', callbackUrl: 'http://localhost:3118/' },
      servers: {
        'a.b': { clientId: 'x', redirectPort: 3118, scopes: ['read', 'a:b'], route: 'paste' },
        __proto__x: { account: 'Ada Löwe', tokenStore: 'keychain', identity: true },
      },
    },
    '/c.json',
  )
  expect(warnings).toEqual([])
  expect(values.get('model')).toBe('gpt-5')
  expect(values.get('servers.a.b.redirectPort')).toBe(3118)
  expect(values.get('servers.__proto__x.account')).toBe('Ada Löwe')
  expect(values.size).toBe(18)
})

test.each([
  [null, /^\/c\.json: the file must be an object$/],
  [[], /the file must be an object/],
  [{ model: '' }, /^\/c\.json: model must be the name of a model/],
  [{ model: ' x' }, /model must be/],
  [{ model: 'a\u001b[2J' }, /model must be/],
  [{ plain: 'yes' }, /plain must be true or false/],
  [{ notify: 'loud' }, /notify must be off, bell, osc9 or osc777/],
  [{ allowTools: 'write' }, /allowTools must be a list of rules for tools/],
  [{ allowTools: [1] }, /allowTools must be a list/],
  [{ denyTools: ['shell(x'] }, /denyTools must be a list of rules/],
  [
    { denyTools: ['shell (rm:*)'] },
    /denyTools holds what is no rule: it must have no white space behind its name/,
  ],
  [{ denyUrls: ['a.example', '*'] }, /denyUrls holds an address that takes \* only as \*\. before a host/],
  [{ allowUrls: ['a.example?x'] }, /allowUrls holds an address that has \*, \? or # in it/],
  [{ denyUrls: ['a b'] }, /denyUrls must be a list of addresses/],
  [{ allowTools: Array(101).fill('a') }, /more than 100/],
  [{ signIn: 'maybe' }, /signIn must be auto, browser, device, paste, wait, stored or never/],
  [{ signInTimeout: 0 }, /signInTimeout must be a number of seconds from 1 to 86400/],
  [{ signInTimeout: '60' }, /number of seconds/],
  [{ signInTimeout: Number.NaN }, /number of seconds/],
  [{ tokenStore: 'vault' }, /tokenStore must be auto, keychain, memory or file/],
  [{ callbackUrl: 'http://evil.example.com/' }, /callbackUrl does not begin with https/],
  [{ callbackUrl: 7 }, /callbackUrl must be text/],
  [{ clientMetadataUrl: 'https://a.example.com' }, /clientMetadataUrl has no path/],
  [{ debugLog: 'a\nb' }, /debugLog must be the path of a file/],
  [{ servers: [] }, /servers must be an object/],
  [{ servers: { a: 'x' } }, /servers\.a must be an object/],
  [{ servers: { '': {} } }, /the name is empty/],
  [
    { servers: { a: { redirectPort: 65536 } } },
    /servers\.a\.redirectPort must be a port number from 1 to 65535/,
  ],
  [{ servers: { a: { redirectPort: 1.5 } } }, /port number/],
  [{ servers: { a: { scopes: ['a b'] } } }, /servers\.a\.scopes must be a list of rights/],
  [{ servers: { a: { route: 'credentials' } } }, /route must be browser, device or paste/],
  [{ servers: { a: { account: 'x'.repeat(65) } } }, /account must be the name of an account/],
  [{ servers: { a: { clientId: 'ä' } } }, /clientId is not a client id/],
])('%j is refused in one line that names file, key and what is expected', (content, message) => {
  const error = fault(content)
  expect(error).toMatchObject({ kind: 'config', exitCode: 2, message: expect.stringMatching(message) })
  expect(error.message).not.toContain('\n')
})

test.each([
  [
    { clientSecret: 'hunter2' },
    /clientSecret is no place for a secret: copilot-host auth client set <server>/,
  ],
  [
    { servers: { linear: { clientSecret: 'hunter2' } } },
    /servers\.linear\.clientSecret is no place for a secret: copilot-host auth client set linear keeps it/,
  ],
  [{ apiKey: 'hunter2' }, /no place for a secret/],
  [{ servers: { a: { access_token: 'hunter2' } } }, /no place for a secret/],
  [{ model: { secret: 'hunter2' } }, /model must be/],
])('%j: no secret, and its value is not repeated', (content, message) => {
  const error = fault(content)
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain('hunter2')
})

test('keys of another version are named and left out, made safe to show', () => {
  const { values, warnings } = judgeConfig(
    { model: 'x', 'new\u001b[2Jer': 1, servers: { a: { colour: 'red', clientId: 'y' } } },
    '/c.json',
  )
  expect(warnings).toEqual([
    '/c.json: newer is not known to this version and is left out',
    '/c.json: servers.a.colour is not known to this version and is left out',
  ])
  expect([...values.keys()]).toEqual(['model', 'servers.a.clientId'])
})
