import * as v from 'valibot'
import { maybe } from './protocol.ts'
import type { KeptRule, ToolCall } from './types.ts'

/** The runtime's request at moments of a turn, among them before a tool runs. */
export const HOOKS = 'hooks.invoke'

export interface Hooks {
  /** The answer to {@link HOOKS}: at most that the call is asked about first. Never throws. */
  answer(params: unknown): object
  /** From now on this decides for the session. */
  attach(id: string, asks: (call: ToolCall) => boolean): void
  detach(id: string): void
}

const BeforeTool = v.object({
  sessionId: v.string(),
  hookType: v.literal('preToolUse'),
  input: maybe(v.object({ toolName: v.string(), toolArgs: v.optional(v.unknown()) })),
})

const SHELLS: ReadonlySet<string> = new Set(['bash', 'powershell'])
const Shell = v.object({ command: v.string() })

const ASK = { output: { permissionDecision: 'ask' } }

const Kept = v.object({ kind: v.string(), argument: v.fallback(v.nullish(v.string()), undefined) })

/** What was allowed for the project, as far as it can be read. */
export function keptRules({ appliedRules }: { appliedRules: readonly unknown[] }): KeptRule[] {
  return appliedRules.flatMap(each => {
    const judged = v.safeParse(Kept, each)
    return judged.success ? [{ kind: judged.output.kind, argument: judged.output.argument ?? undefined }] : []
  })
}

/** The line that one of the runtime's own shells is to run. */
export function shellLine(tool: string, args: unknown): string | undefined {
  const judged = v.safeParse(Shell, args)
  return SHELLS.has(tool) && judged.success ? judged.output.command : undefined
}

/** Has calls asked about that the runtime takes for harmless. What is not understood is asked about too: that allows nothing. */
export function createHooks(log: (line: string) => void): Hooks {
  const sessions = new Map<string, (call: ToolCall) => boolean>()
  return {
    answer(params) {
      const judged = v.safeParse(BeforeTool, params)
      if (!judged.success) return {}
      const { sessionId, input } = judged.output
      const asks = sessions.get(sessionId)
      if (asks === undefined || input === undefined) {
        log('runtime: a call that belongs to no session is asked about')
        return ASK
      }
      const { toolName: tool, toolArgs } = input
      // Of a shell whose line cannot be read no rule knows anything.
      const command = shellLine(tool, toolArgs) ?? (SHELLS.has(tool) ? '' : undefined)
      return asks({ tool, command }) ? ASK : {}
    },
    attach(id, asks) {
      sessions.set(id, asks)
    },
    detach(id) {
      sessions.delete(id)
    },
  }
}
