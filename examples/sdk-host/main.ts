import { CopilotClient } from '@github/copilot-sdk'
import { createMcpAuthHandler } from 'copilot-host/auth'
const [url = '', prompt = ''] = process.argv.slice(2)
const { COPILOT_PROVIDER_BASE_URL: baseUrl, COPILOT_PROVIDER_API_KEY: apiKey, COPILOT_MODEL: model, ROUTE } = process.env
const auth = createMcpAuthHandler({ program: 'sdk-host', ...(ROUTE ? { route: ROUTE as 'browser' } : {}), log: l => console.error('LOG', l) })
const client = new CopilotClient()
try {
  const session = await client.createSession({
    model,
    provider: { type: 'openai', baseUrl: baseUrl!, apiKey },
    mcpServers: { notes: { type: 'http', url, tools: ['*'] } },
    onPermissionRequest: () => ({ kind: 'approve-once' } as any),
    onMcpAuthRequest: async (r, c) => { console.error('ASK', r.reason, r.requestId); const x = await auth(r, c); console.error('ANS', JSON.stringify(x).slice(0, 60)); return x },
    onEvent: e => { if (/mcp|abort|idle/.test(e.type)) console.error('EV', e.type, JSON.stringify(e.data).slice(0, 150)) },
  })
  await new Promise(r => setTimeout(r, 3000))
  for (const p of prompt.split('|')) { const a = await session.sendAndWait({ prompt: p }); console.log(a?.data.content) }
  await session.disconnect()
} finally {
  await auth.close()
  console.error('closed')
  await client.stop()
}
