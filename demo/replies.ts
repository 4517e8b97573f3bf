import { randomUUID } from 'node:crypto'
import * as v from 'valibot'

const Message = v.looseObject({
  role: v.string(),
  content: v.optional(
    v.nullable(
      v.union([v.string(), v.array(v.looseObject({ type: v.string(), text: v.optional(v.string()) }))]),
    ),
  ),
})

const Body = v.looseObject({
  model: v.optional(v.string(), 'practice-model'),
  stream: v.optional(v.boolean(), false),
  messages: v.array(Message),
  tools: v.optional(
    v.array(v.looseObject({ function: v.optional(v.looseObject({ name: v.string() })) })),
    [],
  ),
})

export interface ChatRequest {
  id: string
  model: string
  stream: boolean
  messages: readonly { role: string; text: string }[]
  tools: readonly string[]
  /** What the person wrote last, without what the runtime adds to it. */
  prompt: string
  /** Results of tools since then, in order. */
  results: readonly string[]
}

export type Reply =
  /** `held`: and no more, until whoever listens goes away. */
  | { kind: 'text'; text: string; thoughts?: string; held?: boolean }
  | { kind: 'calls'; calls: readonly { id: string; tool: string; arguments: string }[] }
  /** Numbered words `w<id>-1 w<id>-2 …`, `rate` of them in a second. */
  | { kind: 'words'; count: number; rate: number; id: string }
  /** The same text many times, in large pieces. */
  | { kind: 'bulk'; count: number; text: string }
  | { kind: 'fail'; status: number }

/** Judges the body of a request; undefined if it is none. */
export function parseChat(body: string): ChatRequest | undefined {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return undefined
  }
  const parsed = v.safeParse(Body, json)
  if (!parsed.success) return undefined
  const { model, stream, tools } = parsed.output
  const messages = parsed.output.messages.map(({ role, content }) => ({
    role,
    text: typeof content === 'string' ? content : (content ?? []).map(part => part.text ?? '').join('\n'),
  }))
  const asked = messages.findLastIndex(message => message.role === 'user')
  return {
    id: `chatcmpl-${randomUUID()}`,
    model,
    stream,
    messages,
    tools: tools.flatMap(tool => tool.function?.name ?? []),
    prompt: withoutAdditions(messages[asked]?.text ?? ''),
    results: messages
      .slice(asked + 1)
      .filter(message => message.role === 'tool')
      .map(message => message.text.trim()),
  }
}

/**
 * What the practice model answers. Orders in the prompt, each on a line of its own, come first:
 *
 *     CALL <tool> <json>          calls the tool whose name ends so (several lines: several calls at once)
 *     SAY <text>                  says the text (after the results, if there were calls too); \n and \u001b as in JSON
 *     HOLD <text>                 says it and does not come to an end
 *     THINK <text>                thinks the text before it SAYs something
 *     STREAM n=<words> r=<per second> id=<tag>
 *     REPEAT <times> <text>       says the text so often, as fast as it can
 *     FAIL <status>
 *
 * Without an order it understands a few questions about the practice world and otherwise tells what to try.
 */
export function replyTo(chat: ChatRequest): Reply {
  // The runtime asks for a title of the session without offering tools.
  if (chat.tools.length === 0) return { kind: 'text', text: titleOf(chat.prompt) }
  return ordered(chat) ?? understood(chat)
}

function ordered({ prompt, tools, results }: ChatRequest): Reply | undefined {
  const orders = prompt
    .split('\n')
    .map(line => /^\s*(CALL|SAY|HOLD|THINK|STREAM|REPEAT|FAIL) (.*)$/.exec(line))
  const of = (kind: string) => orders.flatMap(order => (order?.[1] === kind ? [order[2]?.trim() ?? ''] : []))
  const [fail] = of('FAIL')
  if (fail !== undefined) return { kind: 'fail', status: Number.parseInt(fail, 10) || 500 }
  const calls = of('CALL')
  if (calls.length > 0 && results.length === 0) return callAll(calls, tools)
  const [say] = of('SAY')
  const [thoughts] = of('THINK').map(unescaped)
  if (say !== undefined) return { kind: 'text', text: unescaped(say), thoughts }
  const [hold] = of('HOLD')
  if (hold !== undefined) return { kind: 'text', text: unescaped(hold), thoughts, held: true }
  const [, times, repeated] = /^(\d+) (.*)$/.exec(of('REPEAT')[0] ?? '') ?? []
  if (repeated !== undefined) return { kind: 'bulk', count: Number(times), text: unescaped(repeated) }
  const [stream] = of('STREAM')
  if (stream !== undefined) {
    const value = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(stream)?.[1]
    const number = (name: string, otherwise: number) => Math.max(1, Number(value(name)) || otherwise)
    return { kind: 'words', count: number('n', 50), rate: number('r', 50), id: value('id') ?? '' }
  }
  return calls.length > 0 ? text(results.join('\n\n')) : undefined
}

/** `\\n` and `\\u001b` as in JSON, for text that no person could type. */
function unescaped(say: string): string {
  return say
    .replaceAll('\\n', '\n')
    .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function callAll(orders: readonly string[], tools: readonly string[]): Reply {
  const calls = orders.map(order => {
    const [suffix = '', ...json] = order.split(' ')
    return { suffix, tool: find(tools, suffix), json: json.join(' ') || '{}' }
  })
  const missing = calls.find(call => call.tool === undefined)
  if (missing) return text(`I have no tool whose name ends in ${missing.suffix}.`)
  return {
    kind: 'calls',
    calls: calls.flatMap(({ tool, json }) => (tool === undefined ? [] : [callOf(tool, json)])),
  }
}

function understood({ prompt, tools, results }: ChatRequest): Reply {
  if (results.length > 0) return text(results.join('\n\n'))
  const wanted = /who\s*am\s*i|signed in as|wer bin ich/i.test(prompt)
    ? 'whoami'
    : /\b(delete|erase|remove)(_|\b)/i.test(prompt)
      ? 'delete_note'
      : undefined
  if (wanted === undefined) return text(HELP)
  const tool = find(tools, wanted)
  if (tool !== undefined) return { kind: 'calls', calls: [callOf(tool, '{}')] }
  return text('I have no tool for that: **notes** is not connected. Try `/login notes`, then ask again.')
}

const HELP = `I am a small practice model. I only know a few tricks, but the rest of this program is real. Try:

- **who am I?** asks the *notes* server, which wants you to sign in first
- **delete my newest note** needs one more right, so you are asked again, for that right only

Press **Esc** while the sign-in is open to say no, and leave and start again to see that nobody asks a second time.`

function text(content: string): Reply {
  return { kind: 'text', text: content }
}

function callOf(tool: string, json: string) {
  return { id: `call_${randomUUID().replaceAll('-', '').slice(0, 20)}`, tool, arguments: json }
}

function find(tools: readonly string[], suffix: string): string | undefined {
  return tools.find(tool => tool === suffix) ?? tools.find(tool => tool.endsWith(suffix))
}

function titleOf(prompt: string): string {
  const words = prompt
    .replace(/[^\p{L}\p{N}' ]/gu, ' ')
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 5)
  return words.join(' ') || 'Practice'
}

// The runtime wraps notes of its own into elements round the prompt.
function withoutAdditions(message: string): string {
  return message.replace(/<([a-z][\w-]*)>[\s\S]*?<\/\1>/g, '').trim()
}
