import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'

let stage: Stage
afterEach(() => stage.close())

test('T-12: a sign-in server that registers nobody: the client is set with its secret, then signs in and is used', async () => {
  stage = await openStage({
    authorizationServer: {
      register: false,
      clients: [
        {
          client_id: 'our-app',
          client_secret: 's3cret:100%+of us&=',
          token_endpoint_auth_method: 'client_secret_basic',
          application_type: 'native',
          redirect_uris: ['http://127.0.0.1/'],
          grant_types: ['authorization_code', 'refresh_token'],
        },
      ],
    },
  })
  stage.secrets.add('s3cret:100%+of us&=')
  const { url } = stage.world.mcp
  const login = () =>
    stage.run(['auth', 'login', url, '--sign-in', 'browser'], { env: { BROWSER: stage.browser() } })
  const refused = await login()
  expect(refused).toMatchObject({ code: 4, stdout: '' })
  expect(refused.stderr).toContain('copilot-host auth client set')

  const set = await stage.run(['auth', 'client', 'set', url, '--client-id', 'our-app'], {
    stdin: 's3cret:100%+of us&=\n',
  })
  expect(set).toMatchObject({ code: 0, stderr: '' })
  expect(set.stdout).toContain(`kept for ${new URL(stage.world.authorizationServer.issuer).host}`)
  expect(await login()).toMatchObject({ code: 0 })
  const answer = await stage.run(['chat', '-p', 'who am i?', '--mcp', `notes=${url}`, '--allow-all-tools'])
  expect(answer).toMatchObject({ code: 0, stderr: '' })
  expect(answer.stdout).toContain('You are signed in as Ada')
})
