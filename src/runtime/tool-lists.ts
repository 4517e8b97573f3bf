import { HostError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { methods } from './protocol.ts'

/** What a server makes of a request for its tools; `refused`: by a 401. */
export type ToolList = 'told' | 'refused' | 'silent'

/** How the runtime tells a 401 at the list of tools. */
const CHALLENGE = /oauth challenge|requires authentication|HTTP 401/i

/** Asks a server for its tools, for at most `deadline` milliseconds. Never rejects. */
export async function askForTools(
  connection: Connection,
  { sessionId, serverName }: { sessionId: string; serverName: string },
  deadline: number,
): Promise<ToolList> {
  try {
    await connection.call(methods.listTools, { sessionId, serverName }, deadline)
    return 'told'
  } catch (error) {
    if (!(error instanceof HostError)) return 'told'
    if (error.kind === 'runtime-silent') return 'silent'
    return error.kind === 'runtime-refused' && CHALLENGE.test(error.detail) ? 'refused' : 'told'
  }
}
