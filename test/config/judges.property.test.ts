// No file, variable or entry of a server makes its judge throw anything but an error for the person.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ruling, type ToolRules } from '../../src/commands/tool-rules.ts'
import { judgeConfig } from '../../src/config/judge.ts'
import { ruleFault } from '../../src/config/rule.ts'
import { judgeEntry, nameFault } from '../../src/config/server-entry.ts'
import { matchesUrl, urlRuleFault } from '../../src/config/url-rule.ts'
import { permissionAsk } from '../../src/runtime/permission.ts'
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

test('ruling: no rule for one command lets a line pass that a shell would take for more', () => {
  const rule = fc.oneof(
    hostileText,
    fc.constantFrom('shell(git:*)', 'shell(git status)', 'write(src)', 'url(a.b)', 'x(y)'),
  )
  const line = fc
    .array(
      fc.oneof(
        fc.constantFrom('git', ' ', 'status', '&&', ';', '|', '$(x)', '`x`', '\n', '>', '(', 'rm'),
        hostileText,
      ),
    )
    .map(parts => parts.join(''))
  fc.assert(
    fc.property(fc.array(rule), fc.array(rule), line, hostileValue, (allowTool, denyTool, command, other) => {
      const rules: ToolRules = { allowTool, denyTool, addDir: [], allowUrl: allowTool, denyUrl: denyTool }
      for (const each of allowTool) ruleFault(each)
      for (const request of [
        { kind: 'commands', fullCommandText: command },
        other,
        { kind: 'url', url: command },
      ])
        ruling(permissionAsk('id', request), rules, '/work')
      const one = { ...rules, allowTool: ['shell(git:*)'], denyTool: [] }
      const passed = ruling(permissionAsk('id', { kind: 'commands', fullCommandText: command }), one, '/work')
      if (passed?.kind === 'allowed') expect(command).toMatch(/^\s*git(?:[^&;|`$<>(){}\n\r\\]*)$/)
    }),
    TRIALS,
  )
})

test('urlRuleFault: a rule without fault matches the address that it spells', () => {
  const part = fc.constantFrom(
    ...[
      'https://',
      'http://',
      'foo://',
      'file://',
      '*.',
      '*',
      'example.com',
      'bücher.de',
      '.',
      ':',
      ':443',
      ':80',
      '@',
    ],
    ...['/', '\\', '/a b', '/..', '?', '#', '%2a', '1', '[::1]', ' ', '\t', 'x'],
  )
  const spelt = fc.array(fc.oneof({ weight: 4, arbitrary: part }, hostileText), { maxLength: 6 })
  fc.assert(
    fc.property(
      spelt.map(parts => parts.join('')),
      rule => {
        const fault = urlRuleFault(rule)
        const plain = rule.trim().replace(/^([a-z][a-z\d+.-]*:\/\/)?\*\./i, '$1a.')
        const address = /^[a-z][a-z\d+.-]*:\/\//i.test(plain) ? plain : `https://${plain}`
        const matched = matchesUrl(rule, address)
        expect(matched).toBe(fault === undefined && URL.parse(address) !== null)
      },
    ),
    TRIALS,
  )
})
