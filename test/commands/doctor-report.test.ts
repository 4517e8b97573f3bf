import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeReport } from '../../src/commands/doctor/report.ts'
import { temporaryFolder } from '../support/folder.ts'

test('no account, whatever is in its name, and no path of an address', async () => {
  const folder = await temporaryFolder()
  const account = 'Doe, John; "Jo"'
  const findings = [
    { check: 'server a', state: 'ok' as const, text: `a.example, signed in as ${account}`, account },
    { check: 'server b', state: 'ok' as const, text: 'b.example, signed in' },
    {
      ...{ check: 'server c', state: 'warning' as const, text: "'https://c.example/of-somebody?key' is odd" },
      help: "copilot-host auth login 'https://c.example:8443/of-somebody?key=1'",
    },
  ]
  const env = {
    COPILOT_HOST_CALLBACK_URL: 'https://me:key@tunnel.example/of-somebody?key=1',
    COPILOT_HOST_CLIENT_METADATA_URL: 'https://app.example/of-somebody.json',
    COPILOT_HOST_SIGN_IN: 'device',
    TERM: 'xterm',
  }
  const host = { home: '', folder, env, version: '1', nodeVersion: '24', platform: 'linux' as const }
  await writeReport('report.json', findings, undefined, host)
  const text = await readFile(join(folder, 'report.json'), 'utf8')
  expect(JSON.parse(text)).toMatchObject({
    findings: [
      { check: 'server a', state: 'ok', text: 'a.example, signed in as [account]' },
      { check: 'server b', state: 'ok', text: 'b.example, signed in' },
      { text: "'https://c.example' is odd", help: "copilot-host auth login 'https://c.example:8443'" },
    ],
    variables: [
      'COPILOT_HOST_CALLBACK_URL=tunnel.example',
      'COPILOT_HOST_CLIENT_METADATA_URL=app.example',
      'COPILOT_HOST_SIGN_IN=device',
      'TERM=xterm',
    ],
  })
  expect(text).not.toMatch(/Doe|John|Jo|somebody|key/)
})
