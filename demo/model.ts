import { setTimeout as sleep } from 'node:timers/promises'
import { listen, web } from './listen.ts'
import { type ChatRequest, parseChat, type Reply, replyTo } from './replies.ts'

export interface ModelOptions {
  /** Milliseconds between two words of an answer; default 0. */
  delay?: number
  /** Orders (`replies.ts`) for prompts that read as a person writes them; undefined: none. */
  orders?(prompt: string): string | undefined
}

/** One request that came in, for assertions. */
export interface ModelRequest {
  model: string
  /** Names of the tools that were offered. */
  tools: readonly string[]
  messages: ChatRequest['messages']
  /** The text of the last message of the person. */
  prompt: string
  /** The key that was sent, to see that it arrives where it should and nowhere else. */
  authorization: string | null
}

export interface PracticeModel {
  /** The base address, `http://127.0.0.1:<port>/v1`. */
  url: string
  requests: readonly ModelRequest[]
  close(): Promise<void>
}

/**
 * A scripted model behind the OpenAI chat-completions API, streamed or whole. What it answers is told in `replies.ts`.
 */
export async function startModel(options: ModelOptions = {}): Promise<PracticeModel> {
  const requests: ModelRequest[] = []
  const delay = options.delay ?? 0
  const server = await listen(() =>
    web(async request => {
      const path = new URL(request.url).pathname
      if (path === '/v1/models') {
        return Response.json({ object: 'list', data: [{ id: 'practice-model', object: 'model' }] })
      }
      if (path !== '/v1/chat/completions' || request.method !== 'POST') return problem(404, 'not found')
      const chat = parseChat(await request.text())
      if (chat === undefined) return problem(400, 'this is no chat completion request')
      const { model, tools, messages, prompt } = chat
      requests.push({ model, tools, messages, prompt, authorization: request.headers.get('authorization') })
      const reply = replyTo({ ...chat, prompt: options.orders?.(prompt) ?? prompt })
      if (reply.kind === 'fail') return problem(reply.status, 'the practice model was told to fail')
      return chat.stream ? streamed(chat, reply, delay, request.signal) : whole(chat, reply)
    }),
  )
  return { url: `${server.origin}/v1`, requests, close: server.close }
}

/** Repetitions in one piece of a large answer. */
const BULK = 5000

type Answer = Exclude<Reply, { kind: 'fail' }>

function problem(status: number, message: string): Response {
  return Response.json({ error: { message, type: 'practice_error' } }, { status })
}

function whole(chat: ChatRequest, answer: Answer): Response {
  const message =
    answer.kind === 'calls'
      ? { role: 'assistant', content: null, tool_calls: toolCalls(answer) }
      : { role: 'assistant', content: answer.kind === 'text' ? answer.text : [...wordsOf(answer)].join('') }
  return Response.json({
    ...envelope(chat, 'chat.completion'),
    choices: [{ index: 0, message, finish_reason: finish(answer) }],
    usage: usage(chat),
  })
}

function streamed(chat: ChatRequest, answer: Answer, delay: number, signal: AbortSignal): Response {
  const chunk = (delta: object, finishReason: string | null = null) => ({
    ...envelope(chat, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  })
  async function* events() {
    yield chunk({ role: 'assistant', content: '' })
    if (answer.kind === 'text' && answer.thoughts !== undefined) {
      for (const word of piecesOf(answer.thoughts)) yield chunk({ reasoning_content: word })
    }
    if (answer.kind === 'calls') yield chunk({ tool_calls: toolCalls(answer) })
    else {
      const pace = answer.kind === 'words' ? 1000 / answer.rate : delay
      const start = performance.now()
      let count = 0
      for (const word of wordsOf(answer)) {
        count += 1
        const early = start + count * pace - performance.now()
        if (early >= 1) await sleep(early, undefined, { signal })
        yield chunk({ content: word })
      }
      if (answer.kind === 'text' && answer.held) await gone(signal)
    }
    yield chunk({}, finish(answer))
    yield { ...envelope(chat, 'chat.completion.chunk'), choices: [], usage: usage(chat) }
  }
  const encoder = new TextEncoder()
  const source = events()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next()
      controller.enqueue(encoder.encode(done ? 'data: [DONE]\n\n' : `data: ${JSON.stringify(value)}\n\n`))
      if (done) controller.close()
    },
    async cancel() {
      await source.return()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' } })
}

/** Waits until nobody listens any more. */
function gone(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function* wordsOf(answer: Exclude<Answer, { kind: 'calls' }>): Generator<string> {
  if (answer.kind === 'text') yield* piecesOf(answer.text)
  else if (answer.kind === 'bulk')
    for (let left = answer.count; left > 0; left -= BULK) yield answer.text.repeat(Math.min(left, BULK))
  else
    for (let index = 1; index <= answer.count; index += 1)
      yield `${index === 1 ? '' : ' '}w${answer.id}-${index}`
}

function piecesOf(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

function toolCalls(answer: Extract<Answer, { kind: 'calls' }>): object[] {
  return answer.calls.map((call, index) => ({
    index,
    id: call.id,
    type: 'function',
    function: { name: call.tool, arguments: call.arguments },
  }))
}

function finish(answer: Answer): string {
  return answer.kind === 'calls' ? 'tool_calls' : 'stop'
}

function envelope(chat: ChatRequest, object: string): object {
  return { id: chat.id, object, created: Math.floor(Date.now() / 1000), model: chat.model }
}

function usage(chat: ChatRequest): object {
  const tokens = Math.ceil(JSON.stringify(chat.messages).length / 4)
  return { prompt_tokens: tokens, completion_tokens: 40, total_tokens: tokens + 40 }
}
