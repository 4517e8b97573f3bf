import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { HostError, ofKind } from '../errors.ts'
import { clean } from '../text.ts'
import type { Connection } from './connection.ts'
import { askAgain } from './controls.ts'
import { folderFault } from './folder-fault.ts'
import { type Hooks, keptRules } from './hooks.ts'
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
  hooks: Hooks
  limits: Limits
  log: (line: string) => void
  /** Every open session, to be told when the runtime is gone. */
  live: Set<(event: HostEvent) => void>
  pulse: Pick<Pulse, 'turn'>
  /** Where the runtime keeps its sessions. */
  home: string
}

/** Creates or resumes a session. Throws HostError `session-unknown` or `folder` where the runtime's words say so. */
export function openSession(ports: OpenPorts) {
  const { connection, router, hooks, limits, log, live, pulse, home } = ports

  /** How to stop closing what opens too late, by the id that was asked for. */
  const abandoned = new Map<string, () => void>()

  /** Nobody waits for this session any more: if it opens after all, it is closed. */
  function abandon(id: string): void {
    const leave = () => {
      abandoned.delete(id)
      router.detach(id, late)
    }
    const late = () => {
      leave()
      connection.call(methods.destroy, { sessionId: id }).catch(error => log(`runtime: ${error.message}`))
    }
    abandoned.set(id, leave)
    router.attach(id, late)
  }

  return (
    method: typeof methods.create | typeof methods.resume,
    asked: string,
    config: SessionConfig,
  ): Promise<Session> =>
    router.opening(async () => {
      // What opens is waited for like a turn.
      pulse.turn(asked, true)
      // Somebody waits for it again.
      abandoned.get(asked)?.()
      const opened = ask(connection, method, paramsOf(asked, config), home)
      const { sessionId: id, mode } = await opened
        .catch(thrown => {
          if (thrown instanceof HostError && thrown.kind === 'runtime-silent') abandon(asked)
          throw thrown
        })
        .finally(() => pulse.turn(asked, false))
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
          hooks.detach(id)
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
      if (config.everyCommand) await leaveProject(connection, id, tell)
      const { asksFirst } = config
      if (asksFirst) {
        const kept = config.everyCommand ? [] : await keptFor(connection, id, config.folder)
        hooks.attach(id, call => asksFirst(call, kept))
      }
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
    hooks: config.asksFirst && true,
    requestElicitation: config.asks,
    // Both start programs that a file of the repository names, with no question of the runtime's.
    enableFileHooks: false,
    excludedTools: ['lsp'],
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
  home: string,
): Promise<{ sessionId: string; mode?: Mode }> {
  try {
    return await connection.call(method, params)
  } catch (thrown) {
    const refusal = ofKind('runtime-refused', thrown)
    if (refusal.detail.includes('Session not found')) {
      throw new HostError('session-unknown', `there is no session ${clean(params.sessionId)}`, {
        cause: thrown,
      })
    }
    throw folderFault(refusal, { home, work: params.workingDirectory })
  }
}

/**
 * What was allowed for the project would pass without a question, and so without anybody who judges it. A folder that does not
 * exist has nothing that was allowed; what is stored stays as it is.
 */
async function leaveProject(
  connection: Connection,
  sessionId: string,
  tell: (event: HostEvent) => void,
): Promise<void> {
  try {
    await connection.call(methods.applyLocation, { sessionId, workingDirectory: resolve('/', randomUUID()) })
  } catch (thrown) {
    ofKind('runtime-refused', thrown)
    const text = clean(
      'with this runtime, what was allowed for the project passes also where a rule denies it',
    )
    tell({ type: 'notice', level: 'warning', text })
  }
}

/** What was allowed for the project of the folder; nothing where the runtime does not tell. */
async function keptFor(connection: Connection, sessionId: string, workingDirectory: string) {
  try {
    return keptRules(await connection.call(methods.applyLocation, { sessionId, workingDirectory }))
  } catch (thrown) {
    ofKind('runtime-refused', thrown)
    return []
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
    const { detail } = ofKind('runtime-refused', thrown)
    const what = eventType === 'mcp.oauth_required' ? 'ask for sign-ins' : 'pass on questions'
    const text = clean(`this runtime cannot ${what}: ${detail}`, 300)
    tell({ type: 'notice', level: 'warning', text })
  }
}
