import { Command } from 'commander'
import { expect, test } from 'vitest'
import { chatOptions } from '../../src/commands/options.ts'

function parse(...args: string[]) {
  const said: string[] = []
  const command = chatOptions(new Command('chat'))
    .exitOverride()
    .configureOutput({ writeErr: text => said.push(text) })
  try {
    return { options: command.parse(args, { from: 'user' }).opts(), said }
  } catch {
    return { options: undefined, said }
  }
}

test('how to sign in can be said on the command line', () => {
  const document = 'https://apps.example.com/copilot-host.json'
  const back = 'https://box.example.com/'
  const { options } = parse(
    '--client-metadata-url',
    document,
    '--callback-url',
    back,
    '--accept-issuer-change',
  )
  expect(options).toMatchObject({ clientMetadataUrl: document, callbackUrl: back, acceptIssuerChange: true })
  expect(parse().options).not.toHaveProperty('acceptIssuerChange')
})

test.each([
  ['--client-metadata-url', 'http://apps.example.com/a.json', /The address does not begin with https:\/\/\./],
  ['--client-metadata-url', 'https://apps.example.com', /The address has no path/],
  ['--callback-url', 'http://box.example.com/', /The address does not begin with https/],
  ['--callback-url', '', /The address is empty/],
  ['--deny-tool', 'shell (rm:*)', /As a rule it must have no white space behind its name/],
  ['--deny-url', '*', /The address takes \* only as \*\. before a host: it must look like example\.com/],
  ['--allow-url', 'https://example.com/docs/*', /The address has \*, \? or # in it/],
  ['--deny-tool', 'url(*)', /As a rule it must be about an address, and this one takes \* only/],
  ['--sign-in-timeout', '0.5', /between 1 and 86400/],
  ['--sign-in-timeout', '86401', /between 1 and 86400/],
  ['--sign-in-timeout', 'long', /between 1 and 86400/],
])('%s %j is wrong usage', (option, value, message) => {
  const { options, said } = parse(option, value)
  expect([options, said.length]).toEqual([undefined, 1])
  expect(said[0]).toMatch(message)
})
