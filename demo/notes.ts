import { McpServer, requireScopes } from '@modelcontextprotocol/server'

/** The tools of the practice MCP server: one for everybody who is signed in, one that needs a further scope. */
export function createNotes(name: string): McpServer {
  const server = new McpServer({ name, version: '1.0.0' })
  server.registerTool(
    'whoami',
    { title: 'Who am I', description: 'Tells who is signed in and with which rights.' },
    context => {
      const { extra, scopes } = context.http?.authInfo ?? {}
      const who = `${extra?.name ?? 'nobody'} (${extra?.email ?? 'unknown'})`
      return {
        content: [
          { type: 'text', text: `You are signed in as ${who}, with the rights: ${scopes?.join(', ')}.` },
        ],
      }
    },
  )
  server.registerTool(
    'delete_note',
    {
      title: 'Delete a note',
      description: 'Deletes the newest note. Needs the right to write.',
      scopeChallenge: requireScopes('notes.write'),
    },
    context => {
      const who = context.http?.authInfo?.extra?.name ?? 'nobody'
      return { content: [{ type: 'text', text: `The newest note of ${who} is deleted.` }] }
    },
  )
  return server
}
