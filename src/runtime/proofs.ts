import type { Clean } from '../text.ts'
import type { Limits } from './limits.ts'
import type { ToolList } from './tool-lists.ts'
import type { HostEvent } from './types.ts'

/** For how long it counts that a server has told its tools, in milliseconds: a token may be over soon after. */
const LASTS = 10_000

export interface ProofPorts {
  limits: Pick<Limits, 'ready' | 'brief'>
  askForTools(server: Clean, deadline: number): Promise<ToolList>
  /** Whether a server loads, which answers of others wait for. */
  loading(): boolean
  /** A server does not answer. */
  silent(server: Clean): void
  tell(event: Extract<HostEvent, { type: 'server' }>): void
  log: (line: string) => void
}

/**
 * Asks servers on the network for their tools. The runtime does that only in a turn, at the first call of the model after a server
 * has connected, at start or in the middle; a 401 there raises no sign-in request and leaves the server connected without
 * tools (runtime 1.0.85 and 1.0.102): then it needs a sign-in after all. One that does not answer would hold up the turn for ever.
 */
export interface Proofs {
  /** Being asked. */
  asking(server: Clean): boolean
  /** Has told its tools since it connected. */
  has(server: Clean): boolean
  /** It has connected. Its proof, or that there is none, is told. */
  begin(server: Clean): void
  /** It is no longer connected. */
  forget(server: Clean): void
  reset(): void
  /** Takes what tells about turns: after one, those that the runtime has asked meanwhile are asked once more. */
  note(event: HostEvent): void
  /** True when the runtime is still to ask a server whose own answer is long ago. */
  readonly stale: boolean
  /** Asks these once more. Never rejects. */
  renew(): Promise<void>
}

export function createProofs(ports: ProofPorts): Proofs {
  const { limits, tell, log } = ports
  const asked = new Set<Clean>()
  /** When each server has told its tools. */
  const proven = new Map<Clean, number>()
  /** Servers that have connected since the runtime asked for tools last, and whether the model has been called since. */
  const unlisted = new Map<Clean, { called: boolean }>()

  async function prove(name: Clean): Promise<void> {
    let answer: ToolList = 'silent'
    let blocked = true
    for (let deadline = limits.ready; answer === 'silent' && blocked; deadline = limits.brief) {
      blocked = ports.loading()
      answer = await ports.askForTools(name, deadline)
      // Something else has been said about it meanwhile.
      if (!asked.has(name)) return
      blocked ||= ports.loading()
    }
    if (answer === 'silent') return ports.silent(name)
    asked.delete(name)
    if (answer === 'refused') return refuse(name)
    proven.set(name, performance.now())
    tell({ type: 'server', name, status: 'connected' })
  }

  function refuse(name: Clean): void {
    log(`runtime: ${name} refuses to list its tools (401)`)
    tell({ type: 'server', name, status: 'needs-auth', refused: true })
  }

  async function again(name: Clean): Promise<void> {
    const answer = await ports.askForTools(name, limits.brief)
    if (!proven.has(name)) return
    if (answer === 'refused') refuse(name)
    else proven.set(name, performance.now())
  }

  const old = () => {
    const now = performance.now()
    return [...unlisted.keys()].filter(name => now - (proven.get(name) ?? now) > LASTS)
  }

  return {
    asking: name => asked.has(name),
    has: name => proven.has(name),
    begin(name) {
      if (asked.has(name)) return
      asked.add(name)
      unlisted.set(name, { called: false })
      void prove(name)
    },
    forget(name) {
      asked.delete(name)
      proven.delete(name)
      unlisted.delete(name)
    },
    reset() {
      asked.clear()
      proven.clear()
      unlisted.clear()
    },
    note({ type }) {
      if (type === 'turn-start') for (const state of unlisted.values()) state.called = true
      if (type !== 'idle') return
      for (const [name, { called }] of unlisted) {
        if (!proven.has(name)) continue
        if (called) unlisted.delete(name)
        void again(name)
      }
    },
    get stale() {
      return old().length > 0
    },
    async renew() {
      await Promise.all(old().map(again))
    },
  }
}
