import * as v from 'valibot'
import type { FollowedSession, Following } from './types.ts'

export interface FollowPorts {
  /** The runtime no longer waits for this request. */
  withdraw(requestId: string): void
  /** The turn was stopped, and with it every tool call that waits for a sign-in. */
  interrupted(): void
  /** Whether a request of this session is open. */
  asking(): boolean
  /** The server of this name needs a sign-in and asks for none. True if it was given a token, which it refused, then. */
  refusedToken(server: string): boolean
  /** The server of this name has worked with the token that it was given. */
  acceptedToken(server: string): void
}

/** So many calls of tools are followed at a time: more than there are. */
const MOST_CALLS = 500

const Completed = v.object({ requestId: v.string() })
const Call = v.object({ toolCallId: v.string(), mcpServerName: v.string() })
const Success = v.object({ toolCallId: v.string(), success: v.literal(true) })
const Idle = v.object({ aborted: v.optional(v.boolean(), false) })
const Servers = v.object({
  servers: v.array(v.object({ name: v.string(), status: v.string() })),
  host: v.optional(v.object({ pendingConnections: v.array(v.string()) })),
})

/** Listens to what a session says about sign-ins beside the requests themselves. */
export function followSession(session: FollowedSession, ports: FollowPorts): Following {
  const { mcp } = session.rpc
  /** Servers that a reload was tried for: once each. */
  const tried = new Set<string>()
  /** Open calls of tools, and whose they are. */
  const calls = new Map<string, string>()
  let turn = false
  let due = false
  let over = false
  let reloading: Promise<unknown> | undefined
  let changed = Promise.withResolvers<void>()

  /** Gives the servers that are still connecting, one that waits for a sign-in among them. */
  function noteServers(data: unknown): readonly string[] {
    const judged = v.safeParse(Servers, data)
    if (!judged.success) return []
    for (const { name, status } of judged.output.servers) {
      if (status !== 'needs-auth' || tried.has(name) || !ports.refusedToken(name)) continue
      tried.add(name)
      due = true
    }
    reload()
    return judged.output.host?.pendingConnections ?? []
  }

  /** The runtime asks again only after a reload of all servers, which would take the tools from a running turn. */
  function reload(): void {
    if (!due || turn || over) return
    due = false
    reloading = quietly(() => mcp.reload())
  }

  /** A server that has worked with its token may refuse it another time, which a reload is tried for then. */
  function noteCall(type: string, data: unknown): void {
    const call = v.safeParse(Call, data)
    if (type === 'tool.execution_start' && call.success && calls.size < MOST_CALLS)
      calls.set(call.output.toolCallId, call.output.mcpServerName)
    const success = v.safeParse(Success, data)
    const server = success.success ? calls.get(success.output.toolCallId) : undefined
    if (type !== 'tool.execution_complete' || server === undefined) return
    tried.delete(server)
    ports.acceptedToken(server)
  }

  async function ready(): Promise<void> {
    while (!over) {
      changed = Promise.withResolvers()
      const connecting = noteServers(await quietly(() => mcp.list()))
      const before = reloading
      await before
      // What was listed before a reload says nothing about what comes after it.
      if (before !== undefined) reloading = undefined
      else if (connecting.length === 0 && !ports.asking()) return
      else await changed.promise
    }
  }

  const stop = session.on(({ type, data }) => {
    if (type === 'user.message') turn = true
    else if (type === 'abort') ports.interrupted()
    else if (type === 'session.mcp_servers_loaded') noteServers(data)
    else if (type === 'mcp.oauth_completed') {
      const judged = v.safeParse(Completed, data)
      if (judged.success) ports.withdraw(judged.output.requestId)
    } else if (type === 'session.idle') {
      turn = false
      calls.clear()
      const judged = v.safeParse(Idle, data)
      if (judged.success && judged.output.aborted) ports.interrupted()
      reload()
    } else noteCall(type, data)
    changed.resolve()
  })
  return {
    ready: ready(),
    stop() {
      over = true
      changed.resolve()
      stop()
    },
  }
}

/** What a session that has ended refuses or throws is no answer. */
async function quietly(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call()
  } catch {
    return undefined
  }
}
