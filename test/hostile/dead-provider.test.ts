import { expect, test } from 'vitest'
import { openStage } from '../support/chat.ts'

test('a provider that is not there: tried for a while, then exit 1 and one line', async ({
  onTestFinished,
}) => {
  const stage = await openStage({ keychain: false })
  onTestFinished(() => stage.close())
  const env = { COPILOT_PROVIDER_BASE_URL: 'http://127.0.0.1:1/v1' }
  const result = await stage.run(['chat', '-p', 'x'], { env })
  expect(result.stderr).toMatch(/model/)
  expect(result).toMatchObject({ code: 1, stdout: '' })
  expect(result.stderr).not.toMatch(/^\s+at /m)
})
