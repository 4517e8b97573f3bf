import * as v from 'valibot'
import { type Clean, clean } from '../text.ts'
import { maybe } from './protocol.ts'

const text = maybe(v.string())
const Kind = v.object({
  type: v.string(),
  ...{ description: text, status: text, senderName: text, summary: text },
  ...{ sourcePath: text, factoryName: text, shellId: text, exitCode: maybe(v.number()) },
})
type Kind = v.InferOutput<typeof Kind>

/**
 * What the runtime tells the model beside the conversation, in a few words for the person: its text is wrapped in elements
 * and meant for the model. `kind` is what it says about it, unjudged. Undefined where the person sees it anyway: that a
 * sub-agent is over is told by its own row.
 */
export function notificationText(content: string, kind: unknown): Clean | undefined {
  const judged = v.safeParse(Kind, kind)
  if (judged.success && judged.output.type.startsWith('agent_')) return undefined
  const words = judged.success ? wordsOf(judged.output) : undefined
  return clean(words ?? content.replace(/<\/?[a-z][^<>]{0,200}>/gi, ' ').trim(), 300)
}

function wordsOf(kind: Kind): string | undefined {
  const { description, exitCode, shellId } = kind
  const command = `shell command ${description || shellId || ''}`.trim()
  switch (kind.type) {
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
