import { readFile } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { findClient } from '../../src/auth/client.ts'
import { listen } from '../../src/auth/flows/listener.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clientMetadataUrlFault } from '../../src/config/sign-in-options.ts'
import { clean } from '../../src/text.ts'
import { type FaultyServer, startFaultyServer } from '../support/faulty-server.ts'
import { askerFor } from '../support/targets.ts'

const signal = new AbortController().signal
let server: FaultyServer
afterEach(() => server.close())

test('the document to host says what the program says of itself when it registers', async () => {
  const document = JSON.parse(
    await readFile(new URL('../../docs/client-metadata.json', import.meta.url), 'utf8'),
  )
  server = await startFaultyServer()
  const listener = await listen({}, async () => undefined)
  const { redirectUri } = listener
  await listener.close()
  const { target, http } = await askerFor(server)
  const request = { server: { name: clean('notes'), url: webUrl(server.mcp, 'the test') } }
  await findClient({ request, target, options: {}, redirectUri, http }, signal)
  const { redirect_uris, ...registered } = JSON.parse(server.requests.at(-1)?.body ?? '')

  const { client_id, redirect_uris: hosted, ...rest } = document
  expect(rest).toEqual(registered)
  expect(clientMetadataUrlFault(client_id)).toBe(undefined)
  // RFC 8252 7.3: the port is left out of the comparison.
  expect(hosted).toContain(redirect_uris[0].replace(/:\d+/, ''))
  expect(hosted).toEqual(['127.0.0.1', '[::1]', 'localhost'].map(host => `http://${host}/`))
})
