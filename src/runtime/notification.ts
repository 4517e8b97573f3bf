import * as v from 'valibot'
import { type Clean, clean } from '../text.ts'
import { maybe } from './protocol.ts'

const text = maybe(v.string())
const Kind = v.object({
  type: v.string(),
  ...{ displayName: text, agentType: text, description: text, status: text, senderName: text, summary: text },
  ...{ sourcePath: text, factoryName: text, shellId: text, exitCode: maybe(v.number()) },
})
type Kind = v.InferOutput<typeof Kind>

/**
 * What the runtime tells the model beside the conversation, in a few words for the person: its text is wrapped in elements
 * and meant for the model. `kind` is what it says about it, unjudged.
 */
export function notificationText(content: string, kind: unknown): Clean {
  const judged = v.safeParse(Kind, kind)
  const words = judged.success ? wordsOf(judged.output) : undefined
  return clean(words ?? content.replace(/<\/?[a-z][^<>]{0,200}>/gi, ' ').trim(), 300)
}

function wordsOf(kind: Kind): string | undefined {
  const { displayName, agentType, description, exitCode, shellId } = kind
  const agent = `agent ${displayName || agentType || ''}`.trim() + (description ? ` (${description})` : '')
  const command = `shell command ${description || shellId || ''}`.trim()
  switch (kind.type) {
    case 'agent_completed':
      return `${agent} ${kind.status === 'failed' ? 'has failed' : 'is done'}`
    case 'agent_idle':
      return `${agent} is done and waits`
    case 'shell_completed':
      return `${command} has ended${exitCode ? ` (exit code ${exitCode})` : ''}`
    case 'shell_detached_completed':
      return `${command} has ended`
    case 'new_inbox_message':
      return `message of ${kind.senderName || 'an agent'}: ${kind.summary ?? ''}`
    case 'instruction_discovered':
      return kind.sourcePath ? `instructions found: ${kind.sourcePath}` : undefined
    case 'factory_completed':
      return `${kind.factoryName || 'a factory'} ${kind.status === 'failed' ? 'has failed' : 'is done'}`
    default:
      return undefined
  }
}
