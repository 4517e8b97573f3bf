// Whatever a server answers to a question without a token: one of the states, in words that can be shown.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHttp } from '../../src/auth/http.ts'
import { probe } from '../../src/auth/probe.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import { hostileText, mostlyJson } from '../support/hostile.ts'
import { TRIALS } from '../support/trials.ts'

const header = (text: fc.Arbitrary<string>) =>
  text.map(each => each.replace(/[^\x20-\x7e]/g, '').slice(0, 4000))
const challenge = header(
  fc.oneof(
    hostileText,
    fc
      .tuple(fc.constantFrom('Bearer ', 'bearer', 'Basic ', 'Bearer ,'), hostileText, hostileText)
      .map(([scheme, one, other]) => `${scheme} error="${one}", scope="${other}", resource_metadata=${one}`),
  ),
)
const answer = fc.record({
  status: fc.constantFrom(200, 204, 301, 400, 401, 401, 401, 403, 404, 429, 500),
  text: mostlyJson({ jsonrpc: '2.0', id: 1, result: {} }),
  challenge,
  session: header(hostileText),
  type: fc.constantFrom('application/json', 'text/event-stream', 'text/html', ''),
})

test('probe', async () => {
  const server = webUrl('https://mcp.example/mcp', 'the test')
  await fc.assert(
    fc.asyncProperty(answer, async ({ status, text, challenge, session, type }) => {
      const headers = { 'www-authenticate': challenge, 'mcp-session-id': session, 'content-type': type }
      const http = createHttp(async () => new Response(status === 204 ? null : text, { status, headers }))
      const question = { server, transport: 'http' as const, headers: {}, version: '1' }
      const { state, why, scopes } = await probe(question, http, new AbortController().signal)
      expect(['accepted', 'refused', 'more-rights', 'unreachable']).toContain(state)
      if (why !== undefined) expect(why).toBe(clean(why, 200))
      for (const scope of scopes ?? []) expect(scope).toMatch(/^[\x21-\x7e]+$/)
    }),
    TRIALS,
  )
})
