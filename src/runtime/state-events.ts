import * as v from 'valibot'
import { clean } from '../text.ts'
import { MODES, PERMISSIONS } from './modes.ts'
import { maybe } from './protocol.ts'
import type { HostEvent } from './types.ts'

const Count = v.pipe(v.number(), v.finite(), v.minValue(0))
const Usage = v.object({
  currentTokens: Count,
  tokenLimit: Count,
  systemTokens: maybe(Count),
  toolDefinitionsTokens: maybe(Count),
  conversationTokens: maybe(Count),
})
const ModelChange = v.object({ newModel: v.string(), reasoningEffort: maybe(v.string()) })
const Compacted = v.object({ success: v.boolean(), error: maybe(v.string()) })

/** What an event says about the state of the session: model, modes, how full the context is. */
export function stateEvent(type: string, data: unknown): HostEvent | undefined {
  switch (type) {
    case 'session.usage_info':
      return usage(data)
    case 'session.mode_changed': {
      const judged = v.safeParse(v.object({ newMode: MODES }), data)
      return judged.success ? { type: 'mode', mode: judged.output.newMode } : undefined
    }
    case 'session.permissions_changed': {
      const judged = v.safeParse(v.object({ mode: PERMISSIONS }), data)
      return judged.success ? { type: 'permissions', mode: judged.output.mode } : undefined
    }
    case 'session.model_change': {
      const judged = v.safeParse(ModelChange, data)
      if (!judged.success) return undefined
      const { newModel, reasoningEffort: effort } = judged.output
      return { type: 'model', model: clean(newModel), effort: effort ? clean(effort, 20) : undefined }
    }
    case 'session.compaction_start':
      return { type: 'notice', level: 'info', text: clean('making room in the conversation') }
    case 'session.compaction_complete': {
      const judged = v.safeParse(Compacted, data)
      if (!judged.success || judged.output.success) return undefined
      const why = judged.output.error ? `: ${judged.output.error}` : ''
      return {
        type: 'notice',
        level: 'warning',
        text: clean(`the conversation could not be shortened${why}`, 300),
      }
    }
    case 'session.truncation': {
      const judged = v.safeParse(v.object({ messagesRemovedDuringTruncation: v.number() }), data)
      const count = judged.success ? judged.output.messagesRemovedDuringTruncation : 0
      if (count <= 0) return undefined
      const what = count === 1 ? 'the oldest message' : `the ${count} oldest messages`
      return { type: 'notice', level: 'info', text: clean(`the model is no longer given ${what}: no room`) }
    }
    default:
      return undefined
  }
}

function usage(data: unknown): HostEvent | undefined {
  const judged = v.safeParse(Usage, data)
  if (!judged.success) return undefined
  const { currentTokens, tokenLimit, ...parts } = judged.output
  const { systemTokens: system, toolDefinitionsTokens: tools, conversationTokens: conversation } = parts
  const known = system !== undefined && tools !== undefined && conversation !== undefined
  return {
    type: 'usage',
    tokens: currentTokens,
    limit: tokenLimit,
    parts: known ? { system, tools, conversation } : undefined,
  }
}
