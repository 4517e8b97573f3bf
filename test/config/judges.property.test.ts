// No file, variable or entry of a server makes its judge throw anything but an error for the person.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeConfig } from '../../src/config/judge.ts'
import { judgeEntry, nameFault } from '../../src/config/server-entry.ts'
import { hostileText, hostileValue, isCode, judged, mostly, PLANTED } from '../support/hostile.ts'
import { TRIALS } from '../support/trials.ts'

test('judgeConfig: one line that says what is wrong, and warnings that can be shown', () => {
  const file = mostly({
    ...{ $schema: 'x', signIn: 'browser', tokenStore: 'file', identity: true, allowTools: ['shell(git:*)'] },
    servers: { notes: { account: 'me', tokenStore: 'file', clientId: 'app' } },
  })
  // Names are shown in a fault, values are not.
  const names = fc.dictionary(hostileText.filter(isCode), hostileValue, { maxKeys: 4 })
  fc.assert(
    fc.property(
      fc.oneof(
        file,
        names,
        names.map(servers => ({ servers })),
        hostileValue,
      ),
      content => {
        const result = judged(() => judgeConfig(content, '/home/me/config.json'))
        for (const warning of result?.warnings ?? [])
          expect(warning).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e\ufeff]/u)
      },
    ),
    TRIALS,
  )
})

test('judgeEntry: an entry, disabled, or a fault without any value of it', () => {
  const entry = mostly({
    ...{
      type: 'http',
      url: 'https://mcp.example/mcp',
      headers: { 'X-Key': PLANTED },
      tools: ['*'],
      timeout: 5,
    },
    ...{
      oauth: { clientId: 'app', callbackPort: 1 },
      oauthClientId: 'app',
      oauthGrantType: 'client_credentials',
    },
    ...{ auth: { redirectPort: 3000 }, isDefaultServer: false, disabled: false },
  })
  const local = mostly({
    type: 'stdio',
    command: 'x',
    args: ['a'],
    env: { KEY: PLANTED },
    cwd: '/',
    tools: ['*'],
  })
  fc.assert(
    fc.property(fc.oneof(entry, local, hostileValue), value => {
      const result = judgeEntry(value, {})
      if (result === 'disabled' || !('fault' in result)) return
      expect(result.fault).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e\ufeff]/u)
      expect(result.fault).not.toContain(PLANTED)
      expect(result.fault.length).toBeLessThan(300)
    }),
    TRIALS,
  )
})

test('nameFault: a name without fault is one that can be shown', () => {
  fc.assert(
    fc.property(hostileText, name => {
      if (nameFault(name) === undefined)
        expect(name).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b\u202e\ufeff]|^\/|\/\//u)
    }),
    TRIALS,
  )
})
