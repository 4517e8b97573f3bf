// What the runtime itself allows: the official SDK with its own runtime, readline, and no screen. `-p <prompt>` asks once,
// `--resume <id>` prints a stored session; `--mcp <url>` has a server, which is given the token in `BENCH_TOKEN`. Without a terminal
// library there is nothing to draw.
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { approveAll, CopilotClient, type SessionEvent } from '@github/copilot-sdk'

const { values } = parseArgs({
  options: {
    prompt: { type: 'string', short: 'p' },
    resume: { type: 'string' },
    mcp: { type: 'string' },
  },
})
const { COPILOT_HOME, COPILOT_PROVIDER_BASE_URL = '', COPILOT_MODEL = 'practice-model' } = process.env
const client = new CopilotClient({ baseDirectory: COPILOT_HOME, useLoggedInUser: false, logLevel: 'error' })
await client.start()
const at = (milestone: string) => console.log(`${performance.now().toFixed(1)} ms  ${milestone}`)
const guarded = values.mcp && {
  mcpServers: { notes: { type: 'http' as const, url: values.mcp, tools: ['*'] } },
  onMcpAuthRequest: async () => {
    at('token asked for')
    return { kind: 'token' as const, accessToken: process.env.BENCH_TOKEN ?? '', expiresIn: 3600 }
  },
  onEvent: (event: SessionEvent) => {
    const isThere = event.type === 'session.mcp_server_status_changed' && event.data.status === 'connected'
    if (isThere) at('server connected')
  },
}
const config = {
  model: COPILOT_MODEL,
  provider: { type: 'openai' as const, baseUrl: COPILOT_PROVIDER_BASE_URL, apiKey: 'practice' },
  streaming: true,
  onPermissionRequest: approveAll,
  ...guarded,
}
const session = await (values.resume === undefined
  ? client.createSession(config)
  : client.resumeSession(values.resume, config))
session.on('assistant.message_delta', event => void process.stdout.write(event.data.deltaContent))
const ask = (prompt: string) => session.sendAndWait({ prompt }, 600_000)

if (values.prompt !== undefined) {
  await ask(values.prompt)
  process.stdout.write('\n')
  await session.disconnect()
  await client.forceStop()
  process.exit()
}
for (const event of values.resume === undefined ? [] : await session.getEvents()) {
  if (event.type === 'user.message' || event.type === 'assistant.message') console.log(event.data.content)
}
const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '› ' })
lines.prompt()
for await (const line of lines) {
  await ask(line)
  process.stdout.write('\n')
  lines.prompt()
}
