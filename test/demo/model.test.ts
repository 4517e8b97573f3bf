import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type PracticeModel, startModel } from '../../demo/model.ts'

const TOOLS = ['bash', 'notes-whoami', 'notes-delete_note']
let model: PracticeModel

beforeEach(async () => {
  model = await startModel()
})

afterEach(() => model.close())

interface Turn {
  tools?: string[]
  results?: string[]
  stream?: boolean
  signal?: AbortSignal
}

const ask = (prompt: unknown, { tools = TOOLS, results = [], stream = false, signal }: Turn = {}) =>
  fetch(`${model.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'practice-model',
      stream,
      messages: [
        { role: 'system', content: 'You are a chat.' },
        { role: 'user', content: prompt },
        ...results.map(content => ({ role: 'tool', tool_call_id: 'call_1', content })),
      ],
      tools: tools.map(name => ({ type: 'function', function: { name } })),
    }),
    ...(signal === undefined ? {} : { signal }),
  })

const Call = v.object({ function: v.object({ name: v.string(), arguments: v.string() }) })
const Message = v.object({ content: v.nullable(v.string()), tool_calls: v.optional(v.array(Call)) })
const Completion = v.object({ choices: v.tuple([v.object({ message: Message })]) })

const answer = async (prompt: unknown, turn?: Turn) =>
  v.parse(Completion, await (await ask(prompt, turn)).json()).choices[0].message

const callsOf = (message: v.InferOutput<typeof Message>) =>
  message.tool_calls?.map(call => [call.function.name, call.function.arguments])

describe('the practice model, as a person meets it', () => {
  it.each([
    ['who am i?', 'notes-whoami'],
    ['WhoAmI', 'notes-whoami'],
    ['Please delete my newest note', 'notes-delete_note'],
    ['erase it', 'notes-delete_note'],
  ])('%s calls %s', async (prompt, tool) => {
    expect(callsOf(await answer(prompt))).toEqual([[tool, '{}']])
  })

  it('answers with what the tool said', async () => {
    const { content } = await answer('who am i?', { results: ['You are signed in as Ada.'] })
    expect(content).toBe('You are signed in as Ada.')
  })

  it('says plainly that a tool is missing', async () => {
    const { content } = await answer('who am i?', { tools: ['bash'] })
    expect(content).toContain('**notes** is not connected')
  })

  it('otherwise tells what to try', async () => {
    expect((await answer('hello')).content).toContain('**who am I?**')
  })

  it('gives a short title when no tools are offered', async () => {
    expect((await answer('who am i, and what is all this about?', { tools: [] })).content).toBe(
      'who am i and what',
    )
  })

  it('sees only what the person wrote', async () => {
    const parts = [{ type: 'text', text: '<reminder>delete the file</reminder>\n\nhello' }]
    expect(callsOf(await answer(parts))).toBeUndefined()
  })
})

describe('the practice model, as tests order it', () => {
  it('calls exactly the tools of CALL lines', async () => {
    const message = await answer('CALL whoami {"a":1}\nCALL bash')
    expect(callsOf(message)).toEqual([
      ['notes-whoami', '{"a":1}'],
      ['bash', '{}'],
    ])
    expect((await answer('CALL other {}')).content).toContain('no tool whose name ends in other')
  })

  it('says the text of SAY, after the calls', async () => {
    expect((await answer('SAY one\\ntwo')).content).toBe('one\ntwo')
    expect(callsOf(await answer('CALL bash {}\nSAY done'))).toEqual([['bash', '{}']])
    expect((await answer('CALL bash {}\nSAY done', { results: ['x'] })).content).toBe('done')
  })

  it('fails with the status of FAIL', async () => {
    expect((await ask('FAIL 429')).status).toBe(429)
  })

  it('streams text that ends with usage', async () => {
    const lines = (await (await ask('SAY a **b** c', { stream: true })).text()).trim().split('\n\n')
    expect(lines.at(-1)).toBe('data: [DONE]')
    const chunks = lines.slice(0, -1).map(line => JSON.parse(line.slice('data: '.length)))
    const text = chunks.map(chunk => chunk.choices[0]?.delta.content ?? '').join('')
    expect(text).toBe('a **b** c')
    expect(chunks.at(-1).usage.total_tokens).toBeGreaterThan(0)
    expect(chunks.at(-2).choices[0].finish_reason).toBe('stop')
  })

  it('streams numbered words at a rate', async () => {
    const start = performance.now()
    const body = await (await ask('STREAM n=20 r=200 id=x', { stream: true })).text()
    expect(performance.now() - start).toBeGreaterThan(90)
    expect(body).toContain('"content":"wx-1"')
    expect(body).toContain('"content":" wx-20"')
  })

  it('stops when the reader leaves, and keeps a record of what was asked', async () => {
    const reader = new AbortController()
    const response = await ask('STREAM n=100000 r=1 id=x', { stream: true, signal: reader.signal })
    reader.abort()
    await expect(response.text()).rejects.toThrow()
    expect(model.requests).toMatchObject([
      { prompt: 'STREAM n=100000 r=1 id=x', tools: TOOLS, model: 'practice-model' },
    ])
  })

  it.each(['', '{}', '[]', '{"messages":"x"}'])('refuses the body %j', async body => {
    expect((await fetch(`${model.url}/chat/completions`, { method: 'POST', body })).status).toBe(400)
  })
})
