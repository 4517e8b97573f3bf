import * as v from 'valibot'
import { blobName } from '../text.ts'
import { maybe } from './protocol.ts'
import type { ToolEnd } from './types.ts'

/** Images and other data of a tool, given or only named. */
const Binary = v.object({
  mimeType: maybe(v.string()),
  byteLength: maybe(v.number()),
  data: maybe(v.string()),
})

/** How a tool call ended. */
export const ToolResult = {
  success: v.boolean(),
  result: maybe(
    v.object({
      content: maybe(v.string()),
      detailedContent: maybe(v.string()),
      binaryResultsForLlm: maybe(v.array(Binary)),
    }),
  ),
  error: maybe(v.object({ message: maybe(v.string()), code: maybe(v.string()) })),
  shellExecution: maybe(v.object({ exitCode: v.number() })),
}
type Judged = v.InferOutput<v.ObjectSchema<typeof ToolResult, undefined>>

export function toolEnd({ success, error, shellExecution }: Judged): ToolEnd {
  if (success && (shellExecution?.exitCode ?? 0) === 0) return 'ok'
  // A no with a reason, and a no without one, which ends the turn.
  if (error?.code === 'denied' || error?.code === 'rejected') return 'denied'
  return error?.code === 'interrupted' || error?.code === 'cancelled' ? 'cancelled' : 'failed'
}

/** What a tool gave, raw. Data that nobody can read is named. */
export function toolText({ result, error, shellExecution }: Judged): string {
  const given = result?.detailedContent || result?.content || error?.message || ''
  // What the runtime adds for the model.
  const text =
    shellExecution === undefined ? given : given.replace(SHELL_END, exitOf(shellExecution.exitCode))
  const named = (result?.binaryResultsForLlm ?? []).map(({ mimeType = 'data', byteLength, data = '' }) =>
    blobName(mimeType, byteLength ?? (data.length * 3) / 4),
  )
  return [text, ...named].join('\n')
}

const SHELL_END = /(?:^|\n)<shellId: \d+ completed with exit code -?\d+>\s*$/

function exitOf(code: number): string {
  return code === 0 ? '' : `\nexit code ${code}`
}
