import * as v from 'valibot'
import { ofKind } from '../errors.ts'
import { type Clean, clean } from '../text.ts'
import type { Connection } from './connection.ts'
import * as wire from './control-methods.ts'
import type { Method } from './protocol.ts'
import type { Mode, PermissionMode } from './types.ts'

/** A model of the person's account. A model of a provider of their own is in no list. */
export interface Model {
  id: string
  name: Clean
  /** How hard it may be told to think. */
  efforts: readonly string[]
}

export interface ModelUse {
  model: Clean
  requests: number
  /** Tokens. */
  input: number
  output: number
  cached: number
}

/** What a session has used so far. */
export interface Usage {
  /** As GitHub counts them; 0 with a provider of one's own. */
  premiumRequests: number
  /** Milliseconds in which a model was at work. */
  modelTime: number
  linesAdded: number
  linesRemoved: number
  models: readonly ModelUse[]
}

/** What a command of the runtime came to. */
export type Invoked =
  | { kind: 'text'; text: string }
  /** To be sent to the model; `shown` stands for it in the conversation. */
  | { kind: 'prompt'; prompt: string; shown?: string; mode?: Mode }
  | { kind: 'done'; text?: string; mode?: Mode }
  /** It wants an interface that this host does not have. */
  | { kind: 'other' }

/** What a person sets in a session, or asks about it, outside the conversation. All reject with HostError. */
export interface Controls {
  setMode(mode: Mode): Promise<void>
  permissions(): Promise<PermissionMode>
  /** Gives the mode that is on afterwards: a runtime need not offer the one that was asked for. */
  setPermissions(mode: PermissionMode): Promise<PermissionMode>
  /** Empty for a provider of one's own. */
  models(): Promise<Model[]>
  /** Not while a turn runs: the runtime would forget it when the turn is interrupted. */
  setModel(id: string, effort: string | undefined): Promise<void>
  /** The tools of a connected server. */
  tools(server: string): Promise<{ name: Clean; description: Clean }[]>
  /** Replaces the conversation, for the model, by a summary of it; `focus` is what it must not lose. */
  compact(focus: string | undefined): Promise<{ messages: number; tokens: number }>
  /** Ends a {@link compact} that runs. */
  stopCompacting(): Promise<void>
  usage(): Promise<Usage>
  /** What differs from the last commit in the folder, as unified diffs (raw). */
  changes(): Promise<string[]>
  /** The commands that the runtime has, by name. */
  commands(): Promise<{ name: string; description: Clean }[]>
  invoke(name: string, input: string): Promise<Invoked>
}

export function createControls(connection: Connection, sessionId: string): Controls {
  async function list<T>(
    rows: Promise<readonly unknown[]>,
    schema: v.GenericSchema<unknown, T>,
  ): Promise<T[]> {
    return (await rows).flatMap(row => {
      const judged = v.safeParse(schema, row)
      return judged.success ? [judged.output] : []
    })
  }
  const ask = <P extends object, R>(method: Method<P, R>, params: NoInfer<P>, deadline?: number) =>
    connection.call(method, params, deadline)

  return {
    async setMode(mode) {
      await ask(wire.setMode, { sessionId, mode })
    },
    permissions: async () => (await ask(wire.getPermissions, { sessionId })).mode,
    setPermissions: async mode => (await ask(wire.setPermissions, { sessionId, mode })).mode,
    async models() {
      const found = await list(
        ask(wire.listModels, { sessionId }).then(answer => answer.list),
        wire.OneModel,
      )
      return found.map(({ id, name, supportedReasoningEfforts: efforts }) => ({
        ...{ id, efforts },
        name: clean(name ?? id),
      }))
    },
    async setModel(modelId, reasoningEffort) {
      await ask(wire.switchModel, { sessionId, modelId, reasoningEffort })
    },
    async tools(serverName) {
      const found = await list(
        ask(wire.listTools, { sessionId, serverName }).then(answer => answer.tools),
        wire.Tool,
      )
      return found.map(({ name, description }) => ({
        name: clean(name),
        description: clean(description, 200),
      }))
    },
    async compact(focus) {
      const params = { sessionId, customInstructions: focus }
      const { messagesRemoved, tokensRemoved } = await ask(wire.compact, params, wire.COMPACTING)
      return { messages: messagesRemoved, tokens: tokensRemoved }
    },
    async stopCompacting() {
      await ask(wire.stopCompacting, { sessionId })
    },
    async usage() {
      const { codeChanges, modelMetrics, ...totals } = await ask(wire.getUsage, { sessionId })
      const models = Object.entries(modelMetrics).flatMap(([model, metrics]) => {
        const judged = v.safeParse(wire.ModelMetrics, metrics)
        if (!judged.success) return []
        const { requests, usage } = judged.output
        const { inputTokens: input, outputTokens: output, cacheReadTokens: cached } = usage
        return [{ model: clean(model), requests: requests.count, input, output, cached }]
      })
      return {
        premiumRequests: totals.totalPremiumRequestCost,
        modelTime: totals.totalApiDurationMs,
        ...codeChanges,
        models,
      }
    },
    async changes() {
      const found = await list(
        ask(wire.getChanges, { sessionId, mode: 'unstaged' }).then(answer => answer.changes),
        wire.Change,
      )
      return found.map(({ diff }) => diff)
    },
    async commands() {
      const found = await list(
        ask(wire.listCommands, { sessionId }).then(answer => answer.commands),
        wire.Command,
      )
      return found.map(({ name, description }) => ({ name, description: clean(description, 200) }))
    },
    async invoke(name, input) {
      const answer = await ask(wire.invoke, { sessionId, name, input: input === '' ? undefined : input })
      if (answer.kind === 'text') return answer
      if (answer.kind === 'agent-prompt')
        return { kind: 'prompt', prompt: answer.prompt, shown: answer.displayPrompt, mode: answer.mode }
      return answer.kind === 'completed'
        ? { kind: 'done', text: answer.message, mode: answer.mode }
        : { kind: 'other' }
    },
  }
}

/**
 * Takes back, at resume, that a session runs every tool without a question: the runtime keeps it with the session, and a
 * person who allowed it for one sitting has not allowed it for the next one. True if there was something to take back.
 */
export async function askAgain(controls: Controls, log: (line: string) => void): Promise<boolean> {
  try {
    if ((await controls.permissions()) === 'manual') return false
    await controls.setPermissions('manual')
    return true
  } catch (thrown) {
    // A runtime without such modes asks for everything.
    log(`runtime: no permission modes (${ofKind('runtime-refused', thrown).detail})`)
    return false
  }
}
