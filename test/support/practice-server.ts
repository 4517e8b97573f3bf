import { startAuthorizationServer } from '../../demo/authorization-server.ts'
import { type NotesServer, startMcpServer } from '../../demo/mcp-server.ts'

export interface PracticeServer {
  mcp: NotesServer
  issuer: string
  /** Host and port of the sign-in page. */
  host: string
  authorizationServer: Awaited<ReturnType<typeof startAuthorizationServer>>
  close(): Promise<void>
}

/** One more MCP server, with an authorization server of its own. */
export async function startPracticeServer(name = 'notes'): Promise<PracticeServer> {
  let resource = ''
  const authorizationServer = await startAuthorizationServer({ resource: () => resource })
  const mcp = await startMcpServer({ authorizationServer, name })
  resource = mcp.url
  return {
    mcp,
    authorizationServer,
    issuer: authorizationServer.issuer,
    host: new URL(authorizationServer.issuer).host,
    async close() {
      await mcp.close()
      await authorizationServer.close()
    },
  }
}
