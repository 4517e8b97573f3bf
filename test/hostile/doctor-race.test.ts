import { expect, test } from 'vitest'
import { openStage } from '../support/chat.ts'

test('doctor --race: six programs renew one sign-in at once', async ({ onTestFinished }) => {
  const stage = await openStage()
  onTestFinished(() => stage.close())
  const file = stage.keychain ? [] : ['--token-store', 'file']
  const { stdout } = await stage.run(['doctor', '--json', '--race', ...file])
  expect(JSON.parse(stdout).findings).toContainEqual(
    expect.objectContaining({
      ...{ check: 'renewal race', state: 'ok' },
      text: expect.stringContaining('6 answered, 1 renewal'),
    }),
  )
})
