import { clean } from '../text.ts'
import type { View } from './state.ts'
import { shellBlock } from './transcript/blocks.ts'
import { print } from './transcript/print.ts'
import type { ChatEvent } from './types.ts'

type ShellEvent = Extract<ChatEvent, { type: 'shell-start' | 'shell-end' }>

/** A command of the person's own: a row while it runs, then a block with its output. */
export function takeShell(view: View, event: ShellEvent, now: number): View {
  if (event.type === 'shell-start') {
    const tool = { id: event.id, name: '!', summary: clean(event.command, 200), startedAt: now, own: true }
    return { ...view, tools: [...view.tools, tool] }
  }
  const tool = view.tools.find(each => each.id === event.id)
  if (tool === undefined) return view
  const tools = view.tools.filter(each => each !== tool)
  return print({ ...view, tools }, 'tool', shellBlock(tool, event, now, view.columns))
}
