import { expect, onTestFinished, test } from 'vitest'
import { converse } from '../../src/commands/conversation.ts'
import type { HostError } from '../../src/errors.ts'
import { createEngine, storedGrant } from '../support/engine.ts'
import { startFake } from '../support/fake.ts'
import { waitFor } from '../support/wait-for.ts'

/** A conversation on a runtime that leaves a server unasked, and a person who has signed in to it before. */
async function begin(scenario: string, asks = true) {
  const { runtime, sent } = await startFake(scenario, {}, { quiet: 20 })
  const mcp = 'https://mcp.example.com/'
  const engine = createEngine({ policy: { ask: false } })
  storedGrant(engine.store, { mcp, issuer: 'https://mcp.example.com' }, engine.clock.now())
  const servers = { notes: { type: 'http' as const, url: mcp } }
  const session = await runtime.create({ folder: '/', servers, signIn: asks })
  const lines: string[] = []
  const replies: string[] = []
  const refused: (HostError | string)[] = []
  const conversation = converse({
    session,
    asks,
    authenticator: engine,
    show: event => event.type === 'reply' && replies.push(event.text),
    permit: async () => ({ kind: 'no' }),
    tell: line => lines.push(line.text),
    log: () => {},
    refused: error => refused.push(error.kind),
  })
  onTestFinished(() => conversation.end())
  const count = (method: string) => sent().filter(each => each.method === method).length
  return { conversation, lines, replies, refused, count }
}

test('a server that nobody was asked about is asked for by one reload, before the first message goes', async () => {
  const { conversation, lines, replies, count } = await begin('asks-late')
  conversation.say('hello')
  await waitFor(() => expect(replies).toEqual(['fake reply']))
  expect(count('session.mcp.reload')).toBe(1)
  expect(count('session.mcp.oauth.handlePendingRequest')).toBe(1)
  expect(conversation.servers().get('notes')).toMatchObject({ status: 'connected' })
  expect(lines).toEqual([])
})

test('a runtime that never asks is reloaded once and then told; /login tries once more', async () => {
  const { conversation, lines, replies, refused, count } = await begin('never-asks')
  conversation.say('hello')
  await waitFor(() => expect(replies).toEqual(['fake reply']))
  expect(count('session.mcp.reload')).toBe(1)
  expect(lines).toEqual(['notes needs a sign-in that it does not ask for'])
  expect(refused).toEqual(['sign-in-failed'])
  conversation.reload()
  await waitFor(() => expect(count('session.mcp.reload')).toBe(3))
})

test('where nobody answers sign-ins, nothing is tried', async () => {
  const { conversation, lines, replies, count } = await begin('never-asks', false)
  conversation.say('hello')
  await waitFor(() => expect(replies).toEqual(['fake reply']))
  expect(count('session.mcp.reload')).toBe(0)
  expect(lines).toEqual([])
})
