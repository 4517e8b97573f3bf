import { createMcpHandler } from '@modelcontextprotocol/server'
import { listen, web } from '../../demo/listen.ts'
import { createNotes } from '../../demo/notes.ts'

export interface GuardedMcp {
  url: string
  /** The tokens that are good now. */
  tokens: Set<string>
  /** From now on requests get no answer (true), or one again (false). */
  hang(on: boolean): void
  close(): Promise<void>
}

/** A real MCP server that lets in whoever has one of its tokens, without any authorization server behind it. */
export async function startGuardedMcp(): Promise<GuardedMcp> {
  const tokens = new Set<string>()
  let hanging = false
  const handler = createMcpHandler(() => createNotes('notes'))
  const server = await listen(origin =>
    web(async request => {
      if (hanging) await new Promise(() => {})
      const metadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`
      if (request.url === metadataUrl) {
        return Response.json({
          resource: `${origin}/mcp`,
          authorization_servers: ['https://auth.example.com'],
        })
      }
      const token = request.headers.get('authorization')?.replace(/^Bearer /, '') ?? ''
      if (!tokens.has(token)) {
        const challenge = `Bearer error="invalid_token", scope="notes.read", resource_metadata="${metadataUrl}"`
        return new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
      }
      const authInfo = { token, clientId: 'test', scopes: ['notes.read'], extra: { name: 'Ada' } }
      return handler.fetch(request, { authInfo })
    }),
  )
  return {
    url: `${server.origin}/mcp`,
    tokens,
    hang(on) {
      hanging = on
    },
    async close() {
      await handler.close()
      await server.close()
    },
  }
}
