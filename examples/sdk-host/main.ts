// A host of your own: the official SDK drives the runtime, copilot-host signs the person in to the MCP server.
//
//     node examples/sdk-host/main.ts https://mcp.linear.app/mcp "what is due this week?"
//
// The model is that of your GitHub Copilot login, or the endpoint that COPILOT_PROVIDER_BASE_URL and COPILOT_MODEL name.
// Where nobody can be asked, SIGN_IN=browser (or device) is the consent. Needs Node 22.18 or newer.
import { approveAll, CopilotClient } from '@github/copilot-sdk'
import { createMcpAuthHandler, type RouteName } from 'copilot-host/auth'

const ROUTES: readonly RouteName[] = ['browser', 'device', 'paste']

async function main([url, prompt]: readonly string[], signal: AbortSignal): Promise<number> {
  if (url === undefined || prompt === undefined) {
    console.error('usage: main.ts <address of an MCP server> <prompt>')
    return 2
  }
  const { SIGN_IN, COPILOT_MODEL: model, COPILOT_PROVIDER_BASE_URL: baseUrl } = process.env
  const route = ROUTES.find(name => name === SIGN_IN)
  const auth = createMcpAuthHandler({ program: 'sdk-host', route, signal })
  const client = new CopilotClient()
  try {
    const session = await client.createSession({
      model,
      provider: baseUrl === undefined ? undefined : { type: 'openai', baseUrl },
      mcpServers: { server: { type: 'http', url, tools: ['*'] } },
      // A host for people asks here.
      onPermissionRequest: approveAll,
      onMcpAuthRequest: auth,
    })
    await auth.follow(session).ready
    if (signal.aborted) return 130
    const answer = await session.sendAndWait({ prompt })
    console.log(answer?.data.content ?? 'no answer')
    await session.disconnect()
    return 0
  } finally {
    await auth.close()
    // Ctrl+C has reached the runtime too: nothing can be said to it any more.
    await (signal.aborted ? client.forceStop() : client.stop())
  }
}

const ending = new AbortController()
process.once('SIGINT', () => ending.abort())
process.exitCode = await main(process.argv.slice(2), ending.signal)
