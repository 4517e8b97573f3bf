import { afterEach, expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../src/auth/secret.ts'
import { webUrl } from '../../src/auth/url.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { json, raw, startFaultyServer } from '../support/faulty-server.ts'
import { inTokenFile } from '../support/kept.ts'

let stage: Stage
afterEach(() => stage.close())

test('a server that has moved to another sign-in server: only the sign-in that a run would use counts', async () => {
  stage = await openStage({ keychain: false })
  let good = 'Bearer new'
  const server = await startFaultyServer({
    '/mcp': (response, { request }) =>
      request.headers.authorization === good
        ? json({ jsonrpc: '2.0', id: 1, result: {} })(response)
        : raw('', { 'www-authenticate': 'Bearer error="invalid_token"' }, 401)(response),
  })
  onTestFinished(server.close)
  const place = (name: string) => ({
    server: webUrl(server.mcp, 'the test'),
    issuer: `https://${name}.example.com`,
  })
  const keep = (name: string) =>
    inTokenFile(stage, store =>
      store.write(place(name), {
        ...{ issuer: place(name).issuer, resource: server.mcp, access: new Secret(name) },
        ...{ client: { id: 'app', source: 'registered', redirectUris: [] }, receivedAt: Date.now() },
      }),
    )
  const here = ['--mcp', `notes=${server.mcp}`, '--token-store', 'file']
  const seen = async () => {
    const status = await stage.run(['auth', 'status', 'notes', ...here])
    const mcp = await stage.run(['mcp', 'status', 'notes', ...here])
    const doctor = await stage.run(['doctor', ...here])
    return {
      used: status.stdout
        .match(/(\w+)\.example\.com since \S+, in use here/g)
        ?.map(text => text.split('.')[0]),
      codes: [status.code, mcp.code],
      ready: mcp.stdout.includes(' ready, signed in'),
      well: doctor.stdout.includes('✓ server notes'),
    }
  }
  await keep('old')
  await keep('new')
  expect(await seen()).toEqual({ used: ['new'], codes: [0, 0], ready: true, well: true })
  await keep('old')
  expect(await seen()).toEqual({ used: ['old'], codes: [4, 4], ready: false, well: false })
  // As a run does: the last one, where the sign-in server that is known has none.
  await keep('other')
  await inTokenFile(stage, store => store.forget(place('other')))
  expect(await seen()).toEqual({ used: ['new'], codes: [0, 0], ready: true, well: true })
  good = 'none'
  expect(await seen()).toMatchObject({ used: ['new'], codes: [4, 4] })
  const out = await stage.run(['auth', 'logout', 'notes', '--json', ...here])
  expect(JSON.parse(out.stdout)).toMatchObject([place('old'), place('new')].map(({ issuer }) => ({ issuer })))
})
