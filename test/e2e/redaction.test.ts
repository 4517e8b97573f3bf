import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStage } from '../support/chat.ts'
import { leave, panel, prompted, say, unwrapped } from '../support/person.ts'

/** By the header of the JWT (RFC 9068). */
const isAccessToken = (secret: string) =>
  Buffer.from(secret.split('.')[0] ?? '', 'base64url')
    .toString()
    .includes('"at+jwt"')

test('a token that the model gets hold of: what a command prints of it reaches neither model nor screen', async ({
  onTestFinished,
}) => {
  const stage = await openStage({ keychain: false })
  onTestFinished(() => stage.close())
  const args = ['chat', '--allow-all-tools', '--mcp', `notes=${stage.world.mcp.url}`]
  const chat = stage.open(args, { env: { BROWSER: stage.browser() } })
  await panel(chat, 'Sign in to notes')
  await chat.keys('b')
  await chat.until(() => unwrapped(chat).includes('signed in to notes'))
  await prompted(chat)
  const token = [...stage.world.authorizationServer.secrets].find(isAccessToken) ?? ''
  expect(token).not.toBe('')
  await writeFile(join(stage.world.work, 'turned'), [...token].reverse().join(''))
  const before = stage.world.model.requests.length
  await say(chat, 'CALL bash {"command":"rev turned","description":"turn"}')
  await chat.until(() => stage.world.model.requests.length > before + 1)
  await chat.until(() => !chat.screen().includes('working…'))
  expect(JSON.stringify(stage.world.model.requests)).not.toContain(token)
  expect(unwrapped(chat)).not.toContain(token)
  expect(unwrapped(chat)).toMatch(/● bash .*\*{6}/)
  await leave(chat)
})
