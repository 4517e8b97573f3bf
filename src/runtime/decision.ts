import { HostError } from '../errors.ts'
import { clean } from '../text.ts'
import { methods } from './protocol.ts'
import type { SessionPorts } from './session.ts'
import type { HostEvent, PermissionDecision } from './types.ts'

/** A decision as the runtime takes it. `project` gives what approvals are kept under, if the runtime keeps any. */
export async function decisionResult(
  decision: PermissionDecision,
  approval: object | undefined,
  project: () => Promise<string | undefined>,
) {
  if (decision.kind === 'no') return { kind: 'reject' as const, feedback: decision.reason }
  // Without an approval the runtime would take "this session" for "once" all the same.
  if (decision.kind === 'once' || approval === undefined) return { kind: 'approve-once' as const }
  const locationKey = decision.kind === 'project' ? await project() : undefined
  return locationKey === undefined
    ? { kind: 'approve-for-session' as const, approval }
    : { kind: 'approve-for-location' as const, approval, locationKey }
}

/** What the runtime keeps approvals of this folder under; undefined, and the person is told, where it keeps none. */
export async function projectOf(
  { id: sessionId, connection, folder: workingDirectory }: Pick<SessionPorts, 'id' | 'connection' | 'folder'>,
  tell: (event: HostEvent) => void,
): Promise<string | undefined> {
  try {
    return (await connection.call(methods.resolveLocation, { sessionId, workingDirectory })).locationKey
  } catch (thrown) {
    if (!(thrown instanceof HostError)) throw thrown
    const text = clean(`this runtime keeps nothing for a project (${thrown.detail || thrown.message})`, 200)
    tell({ type: 'notice', level: 'warning', text: clean(`${text}: it is allowed for this session`, 300) })
    return undefined
  }
}
