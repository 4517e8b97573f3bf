import { expect, test } from 'vitest'
import { findServer } from '../../src/commands/find-server.ts'

const SERVERS = {
  notes: { type: 'http', url: 'https://notes.example/mcp', oauthClientId: 'of notes' },
  'mcp-example-com': { type: 'http', url: 'https://other.example/mcp', oauthClientId: 'of another' },
} as const

test('a name, the address of a configured server however it is written, and any other address', () => {
  expect(findServer('notes', SERVERS)).toEqual(['notes', SERVERS.notes])
  expect(findServer('https://NOTES.example:443/mcp', SERVERS)).toEqual(['notes', SERVERS.notes])
  const url = 'https://new.example/mcp'
  expect(findServer(url, SERVERS)).toEqual(['new-example', { type: 'http', url }])
})

test('an address never gets the name, and with it the settings, of another server', () => {
  const url = 'https://mcp.example.com/mcp'
  expect(findServer(url, SERVERS)).toEqual(['mcp-example-com-2', { type: 'http', url }])
  const more = { ...SERVERS, 'mcp-example-com-2': SERVERS.notes }
  expect(findServer(url, more)[0]).toBe('mcp-example-com-3')
})
