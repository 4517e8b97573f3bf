import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { methods } from './protocol.ts'

/** What a server makes of a request for its tools; `refused`: by a 401. */
export type ToolList = 'told' | 'refused' | 'silent'

/** How the runtime tells a 401 at the list of tools. */
const CHALLENGE = /oauth challenge|requires authentication|HTTP 401/i

interface Asked {
  sessionId: string
  serverName: string
}

/**
 * Asks a server for its tools, for at most `deadline` milliseconds, and after `again` a second time; the first answer counts.
 * Never rejects. The runtime (1.0.85) loses one in some thousand requests that come just when a server has connected, and
 * answers the next.
 */
export async function askForTools(
  connection: Connection,
  asked: Asked,
  { deadline, again }: { deadline: number; again: number },
): Promise<ToolList> {
  const first = ask(connection, asked, deadline)
  const early = await Promise.race([first, sleep(again, undefined, { ref: false })])
  if (early !== undefined) return early
  const second = ask(connection, asked, deadline - again)
  return Promise.any([first, second].map(heard)).catch(() => 'silent')
}

async function heard(asking: Promise<ToolList>): Promise<ToolList> {
  const answer = await asking
  if (answer === 'silent') throw new Error(answer)
  return answer
}

async function ask(connection: Connection, asked: Asked, deadline: number): Promise<ToolList> {
  try {
    await connection.call(methods.listTools, asked, deadline)
    return 'told'
  } catch (error) {
    if (!(error instanceof HostError)) return 'told'
    if (error.kind === 'runtime-silent') return 'silent'
    return error.kind === 'runtime-refused' && CHALLENGE.test(error.detail) ? 'refused' : 'told'
  }
}
