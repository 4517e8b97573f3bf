import type { ToolEnd } from '../runtime/types.ts'
import { fold } from './folded.ts'
import type { Action, View } from './state.ts'
import { calledAs, type Tool, took, toolBlock, toolName } from './transcript/blocks.ts'
import { type Line, line, truncate, width as widthOf } from './transcript/line.ts'
import { print } from './transcript/print.ts'
import { cells } from './width.ts'

/** Rows of the calls of a sub-agent that are kept until the call ends that started it. */
const MOST_INNER = 200
const DEEPEST = 5
/** Rows of output below a call that runs. */
const OUTPUT_ROWS = 8

/** The tool calls that run: a row for each with the newest line of its output, or with several rows of that. */
export function liveRows(view: View, now: number, width: number): Line[] {
  return liveTools(view).flatMap(tool => {
    const indent = '  '.repeat(tool.depth ?? 0)
    const output = tool.progress === undefined ? [] : tool.progress.split('\n').slice(-OUTPUT_ROWS)
    const progress = view.unfolded || output.length === 0 ? '' : `  ${output.at(-1)?.trim()}`
    const call: Line = [{ text: `${indent}○ `, styles: ['accent'] }, ...toolName(tool)]
    // Who calls is never what is cut, and what goes on is worth more than the end of the arguments.
    const end = truncate(line(`${calledAs(tool)}${took(tool, now)}`, 'dim'), Math.floor(width * 0.6))
    const kept = Math.min(cells(progress), Math.floor(width / 3))
    const row = [...truncate(call, width - widthOf(end) - kept), ...end, ...line(progress, 'dim')]
    return [row, ...(view.unfolded ? output.map(text => line(`${indent}  ${text}`, 'dim')) : [])]
  })
}

/** The calls of a sub-agent stand below the call that started it; what the model thinks is drawn like a call. */
function liveTools(view: View): readonly Tool[] {
  const nested = view.tools.filter(tool => parentOf(view, tool) !== undefined)
  const below = (tool: Tool, depth: number): Tool[] => [
    { ...tool, depth },
    ...(depth < DEEPEST
      ? nested.filter(child => parentOf(view, child) === tool).flatMap(child => below(child, depth + 1))
      : []),
  ]
  const rows = view.tools.filter(tool => !nested.includes(tool)).flatMap(tool => below(tool, 0))
  if (view.reasoning === undefined) return rows
  const { startedAt, text } = view.reasoning
  return [...rows, { id: '', name: 'thinking', summary: '', startedAt, progress: text || undefined }]
}

type ToolAction = Extract<Action, { type: 'agent' | 'agent-end' | 'progress' | 'tool-start' | 'tool-end' }>

/** The view after something happened to a tool call. */
export function takeTool(view: View, action: ToolAction, now: number): View {
  switch (action.type) {
    case 'agent': {
      const { type: _, id, ...agent } = action
      const called = view.tools.some(tool => tool.id === agent.call)
      if (!called && !agent.background) return view
      const next = { ...view, agents: new Map(view.agents).set(id, { ...agent, startedAt: now }) }
      return called ? next : goOn(next, agent.call)
    }
    case 'agent-end':
      return endAgent(view, action, now)
    case 'progress': {
      const tools = view.tools.map(tool =>
        tool.id === action.id ? { ...tool, progress: action.text } : tool,
      )
      return { ...view, tools }
    }
    case 'tool-start': {
      const { type: _, ...tool } = action
      const others = view.tools.filter(other => other.id !== tool.id)
      const started = { ...tool, account: view.accounts.get(tool.server ?? ''), startedAt: now }
      return { ...view, retry: undefined, tools: [...others, started] }
    }
    case 'tool-end': {
      const next = cancelBelow(goOn(view, action.id), action, now)
      return endEarly(endTool(next, action.id, action.end, action.text, now), now)
    }
  }
}

/** One in the background may be over before the call that started it: its row then comes behind that of the call. */
function endAgent(view: View, { id, end, text }: Extract<Action, { type: 'agent-end' }>, now: number): View {
  const agents = new Map(view.agents)
  const agent = agents.get(id)
  agents.delete(id)
  const early = agent?.background && view.tools.some(tool => tool.id === agent.call && tool.id !== rowOf(id))
  if (early) return { ...view, agents: agents.set(id, { ...agent, over: { end, text } }) }
  return { ...endTool(view, rowOf(id), end, text, now), agents }
}

function endEarly(view: View, now: number): View {
  const early = [...view.agents].flatMap(([id, { over }]) => {
    const hasRow = view.tools.some(tool => tool.id === rowOf(id))
    return over && hasRow ? [{ type: 'agent-end' as const, id, ...over }] : []
  })
  return early.reduce((next, action) => endAgent(next, action, now), view)
}

/** A sub-agent that goes on behind the call that started it gets a row of its own, with its calls below. */
function goOn(view: View, call: string): View {
  const started = view.tools.find(tool => tool.id === call)
  const [id, agent] = [...view.agents].find(([, agent]) => agent.background && agent.call === call) ?? []
  if (id === undefined || agent === undefined) return view
  const row: Tool = {
    id: rowOf(id),
    name: agent.name || 'sub-agent',
    summary: 'in the background',
    agent: started?.agent,
    startedAt: agent.startedAt,
    inner: started?.inner,
  }
  const tools = view.tools.map(other => (other === started ? { ...other, inner: [] } : other))
  const agents = new Map(view.agents).set(id, { ...agent, call: row.id })
  return { ...view, tools: [...tools, row], agents }
}

/** What the row of a sub-agent is named by: no call has such an id. */
function rowOf(agent: string): string {
  return `\0${agent}`
}

/** Prints a finished call; one of a sub-agent is kept for the call that started it. `output` is raw. */
function endTool(view: View, id: string, end: ToolEnd, output: string, now: number): View {
  const tool = view.tools.find(tool => tool.id === id)
  if (tool === undefined) return view
  const parent = parentOf(view, tool)
  const tools = view.tools.filter(other => other !== tool)
  // What a call gave before it was cut off is not said again.
  const given = end === 'cancelled' && output.trim() === '' ? (tool.progress ?? '') : output
  const { row, shown, folded } = toolBlock(tool, end, given, now, view.columns)
  const agents = new Map([...view.agents].filter(([, { call }]) => call !== id))
  const next = fold({ ...view, tools, agents }, folded && [folded])
  const inner = (tool.inner ?? []).map(indented)
  if (parent === undefined) return print(next, 'tool', [...row, ...inner, ...shown])
  const rows = [...(parent.inner ?? []), ...row, ...inner, ...(end === 'failed' ? shown.slice(0, 1) : [])]
  const kept = rows.length > MOST_INNER ? [...rows.slice(0, MOST_INNER - 1), MORE] : rows
  return { ...next, tools: tools.map(other => (other === parent ? { ...parent, inner: kept } : other)) }
}

/** The calls that run were cut off; what they gave until then stays. */
export function cancelTools(view: View, now: number): View {
  // A command of the person's own goes on, unless the chat is over.
  const cut = view.tools.filter(tool => !(tool.own && view.open))
  return cancel(view, cut, now)
}

/** A call that is cut off takes the calls of its sub-agent along; one that has ended may have left it behind, at work. */
function cancelBelow(view: View, { id, end }: Extract<Action, { type: 'tool-end' }>, now: number): View {
  if (end !== 'cancelled') return view
  const isBelow = (tool: Tool, depth = 0): boolean => {
    const parent = parentOf(view, tool)
    return parent !== undefined && depth < DEEPEST && (parent.id === id || isBelow(parent, depth + 1))
  }
  const cut = view.tools.filter(tool => tool.id !== id && isBelow(tool))
  return cancel(view, cut, now)
}

function cancel(view: View, cut: readonly Tool[], now: number): View {
  // Those of sub-agents first, so that they are printed with the call that started them.
  const inward = cut.toSorted((a, b) => depthOf(view, b) - depthOf(view, a))
  return inward.reduce((next, { id }) => endTool(next, id, 'cancelled', '', now), view)
}

const MORE: Line = [{ text: '… and more calls', styles: ['dim'] }]

function parentOf(view: View, tool: Tool): Tool | undefined {
  const call = view.agents.get(tool.agent ?? '')?.call
  return call === undefined ? undefined : view.tools.find(other => other.id === call && other !== tool)
}

function depthOf(view: View, tool: Tool): number {
  let depth = 0
  for (let parent = parentOf(view, tool); parent !== undefined && depth < DEEPEST; depth += 1)
    parent = parentOf(view, parent)
  return depth
}

function indented(spans: Line): Line {
  return [{ text: '  ' }, ...spans]
}
