import type { HostEvent, Session } from '../../src/runtime/types.ts'

export interface ScriptedSession extends Session {
  /** The runtime says this. */
  tell(event: HostEvent): void
  /** How each sign-in request was answered. */
  answers: { id: string; kind: 'token' | 'cancelled' }[]
  sent: string[]
  reloads: number
}

/** A session whose runtime is the test; `reload` is what it does when all servers are to connect anew. */
export function scriptedSession(
  script: { ready?: () => Promise<void>; reload?: (session: ScriptedSession) => void } = {},
): ScriptedSession {
  let listener: (event: HostEvent) => void = () => {}
  const session: ScriptedSession = {
    id: 'session',
    answers: [],
    sent: [],
    reloads: 0,
    tell: event => listener(event),
    listen(next) {
      listener = next
      return () => {}
    },
    async ready() {
      await script.ready?.()
      return []
    },
    stale: false,
    async send(prompt) {
      session.sent.push(prompt)
      return `message ${session.sent.length}`
    },
    abort: async () => {},
    answerPermission: async () => true,
    answerAsk: async () => true,
    async answerAuth(id, { kind }) {
      session.answers.push({ id, kind })
      return true
    },
    async reloadServers() {
      session.reloads += 1
      script.reload?.(session)
    },
    stopServer: async () => {},
    rename: async () => {},
    controls: {
      setMode: async () => {},
      permissions: async () => 'manual',
      setPermissions: async mode => mode,
      models: async () => [],
      setModel: async () => {},
      tools: async () => [],
      compact: async () => ({ messages: 0, tokens: 0 }),
      stopCompacting: async () => {},
      usage: async () => ({ premiumRequests: 0, modelTime: 0, linesAdded: 0, linesRemoved: 0, models: [] }),
      changes: async () => [],
      commands: async () => [],
      invoke: async () => ({ kind: 'other' }),
    },
    history: async () => [],
    close: async () => {},
  }
  return session
}
