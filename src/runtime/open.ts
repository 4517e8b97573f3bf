import { HostError } from '../errors.ts'
import { clean } from '../text.ts'
import type { Connection } from './connection.ts'
import { askAgain } from './controls.ts'
import type { Limits } from './limits.ts'
import { methods, type SessionParams } from './protocol.ts'
import type { Pulse } from './pulse.ts'
import type { Router } from './router.ts'
import { createSession } from './session.ts'
import type { HostEvent, Mode, Session, SessionConfig } from './types.ts'

/** What has no flag of its own, and is asked of nobody without interest. */
const ASKED = ['user_input.requested', 'exit_plan_mode.requested']

const ASKED_AGAIN = {
  type: 'notice',
  level: 'info',
  text: clean('this session ran tools without asking: from now on you are asked again', 100),
} as const

export interface OpenPorts {
  connection: Connection
  router: Router
  limits: Limits
  log: (line: string) => void
  /** Every open session, to be told when the runtime is gone. */
  live: Set<(event: HostEvent) => void>
  pulse: Pick<Pulse, 'turn'>
}

/** Creates or resumes a session. Throws HostError `session-unknown` or `folder` where the runtime's words say so. */
export function openSession(ports: OpenPorts) {
  const { connection, router, limits, log, live, pulse } = ports
  return (
    method: typeof methods.create | typeof methods.resume,
    asked: string,
    config: SessionConfig,
  ): Promise<Session> =>
    router.opening(async () => {
      // What opens is waited for like a turn.
      pulse.turn(asked, true)
      const opened = ask(connection, method, paramsOf(asked, config))
      const { sessionId: id, mode } = await opened.finally(() => pulse.turn(asked, false))
      const { session, take, tell } = createSession({
        id,
        connection,
        limits,
        log,
        folder: config.folder,
        servers: config.servers,
        patient: config.asks === true,
        onClose() {
          router.detach(id, take)
          live.delete(tell)
        },
        onTurn: running => pulse.turn(id, running),
      })
      live.add(tell)
      router.attach(id, take)
      // Before anything else: the first call that has to do with servers starts their load, and without interest the
      // runtime would ask nobody for a sign-in.
      const interests = [...(config.signIn ? ['mcp.oauth_required'] : []), ...(config.asks ? ASKED : [])]
      await Promise.all(interests.map(type => registerInterest(connection, id, type, tell)))
      if (mode !== undefined && mode !== 'interactive') tell({ type: 'mode', mode })
      const stored = method === methods.resume && !config.quietly
      if (stored && (await askAgain(session.controls, log))) tell(ASKED_AGAIN)
      return session
    })
}

function paramsOf(sessionId: string, config: SessionConfig): SessionParams {
  return {
    sessionId,
    model: config.model,
    provider: config.provider,
    gitHubToken: config.gitHubToken,
    mcpServers: config.servers,
    workingDirectory: config.folder,
    clientName: 'copilot-host',
    streaming: true,
    requestPermission: true,
    // Without it a command is only its whole text: nothing can be allowed for longer than once, and no path is looked at.
    enableScriptSafety: config.everyCommand !== true,
    requestElicitation: config.asks,
    envValueMode: 'direct',
    disableResume: config.quietly,
    disabledMcpServers: config.off,
  }
}

/** The id that is answered need not be ours: a cloud session has one that its server chose. */
async function ask(
  connection: Connection,
  method: typeof methods.create | typeof methods.resume,
  params: SessionParams,
): Promise<{ sessionId: string; mode?: Mode }> {
  try {
    return await connection.call(method, params)
  } catch (thrown) {
    if (!(thrown instanceof HostError) || thrown.kind !== 'runtime-refused') throw thrown
    if (thrown.detail.includes('Session not found')) {
      throw new HostError('session-unknown', `there is no session ${clean(params.sessionId)}`, {
        cause: thrown,
      })
    }
    if (thrown.detail.includes('Directory does not exist')) {
      throw new HostError('folder', clean(params.workingDirectory, 200), { cause: thrown })
    }
    throw thrown
  }
}

async function registerInterest(
  connection: Connection,
  sessionId: string,
  eventType: string,
  tell: (event: HostEvent) => void,
): Promise<void> {
  try {
    await connection.call(methods.registerInterest, { sessionId, eventType })
  } catch (thrown) {
    if (!(thrown instanceof HostError) || thrown.kind !== 'runtime-refused') throw thrown
    const what = eventType === 'mcp.oauth_required' ? 'ask for sign-ins' : 'pass on questions'
    const text = clean(`this runtime cannot ${what}: ${thrown.detail}`, 300)
    tell({ type: 'notice', level: 'warning', text })
  }
}
