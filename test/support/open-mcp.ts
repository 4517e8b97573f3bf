import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { listen, web } from '../../demo/listen.ts'

export interface OpenMcp {
  url: string
  /** Requests with these JSON-RPC methods get no answer from now on; `all`: none does. */
  hang(methods: 'all' | readonly string[]): void
  /** How often a method was asked for. */
  count(method: string): number
  close(): Promise<void>
}

/**
 * A real MCP server that lets everybody in, with one tool, `greet`; and that can stop to answer. `readOnly`: it says that the tool
 * only reads, which it would do of any.
 */
export async function startOpenMcp({ readOnly = false } = {}): Promise<OpenMcp> {
  let hanging: 'all' | readonly string[] = []
  const asked: string[] = []
  const stopped = new AbortController()
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'open', version: '1.0.0' })
    const annotations = readOnly ? { readOnlyHint: true } : {}
    server.registerTool('greet', { description: 'Greets.', annotations }, () => ({
      content: [{ type: 'text', text: 'Hello there.' }],
    }))
    return server
  })
  const server = await listen(() =>
    web(async request => {
      const method = await methodOf(request.clone())
      asked.push(method)
      const silent = () => hanging === 'all' || hanging.includes(method)
      while (silent() && !stopped.signal.aborted && !request.signal.aborted)
        await new Promise(resolve => setTimeout(resolve, 20))
      return handler.fetch(request)
    }),
  )
  return {
    url: `${server.origin}/mcp`,
    hang(methods) {
      hanging = methods
    },
    count: method => asked.filter(each => each === method).length,
    async close() {
      stopped.abort()
      await handler.close()
      await server.close()
    },
  }
}

async function methodOf(request: Request): Promise<string> {
  const body: unknown = await request.json().catch(() => undefined)
  return typeof body === 'object' && body !== null && 'method' in body ? String(body.method) : ''
}
