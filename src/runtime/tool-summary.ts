import * as v from 'valibot'
import { type Clean, clean, nestsTooDeep } from '../text.ts'
import { maybe } from './protocol.ts'

const Task = v.object({
  name: v.string(),
  agent_type: v.string(),
  description: maybe(v.string()),
  mode: maybe(v.string()),
})

/** What a file is to hold is shown as a diff, not among the arguments. */
const CONTENT = new Set(['file_text', 'old_str', 'new_str'])

/** Longest path that is told whole, in characters. */
const LONGEST_PATH = 32

/** The arguments of a tool call as one short line. */
export function toolSummary(tool: string, args: unknown): Clean {
  if (typeof args !== 'object' || args === null) return clean(typeof args === 'string' ? args : '', 120)
  const task = tool === 'task' ? v.safeParse(Task, args) : undefined
  if (task?.success) return clean(taskSummary(task.output), 120)
  const parts = Object.entries(args).flatMap(([key, value]) => {
    if (CONTENT.has(key)) return []
    const path = (text: string) => shortPath(text, key === 'path')
    return [`${key}=${clean(typeof value === 'string' ? path(value) : jsonOf(value), 60)}`]
  })
  return clean(parts.join(' '), 120)
}

function jsonOf(value: unknown): string {
  return nestsTooDeep(value) ? '…' : (JSON.stringify(value) ?? '')
}

/** Of a long path the end, which tells files apart: `…/src/cart/total.ts`. One that is not `sure` to be a path has no blanks. */
function shortPath(text: string, sure: boolean): string {
  const isPath = /^(?:[~/]|[a-z]:[\\/])/i.test(text) && (sure || !/\s/.test(text))
  if (text.length <= LONGEST_PATH || !isPath) return text
  const end = text.slice(-LONGEST_PATH)
  return `…${end.slice(Math.max(0, end.search(/[\\/]/)))}`
}

/** A sub-agent: `helper (explore): look around`. */
function taskSummary({ name, agent_type: type, description, mode }: v.InferOutput<typeof Task>): string {
  const what = description ? `: ${clean(description, 60)}` : ''
  return `${clean(name, 30)} (${clean(type, 30)})${what}${mode === 'background' ? ', in the background' : ''}`
}
