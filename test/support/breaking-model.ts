import { bodyOf, listen } from '../../demo/listen.ts'

/** A model whose first answers break off in the middle; after so many of them it gives a whole one. */
export async function startBreakingModel(
  broken: number,
  texts: { half: string; whole: string },
): Promise<{ url: string; close(): Promise<void> }> {
  let asked = 0
  const { origin, close } = await listen(() => async (incoming, outgoing) => {
    const title = !(await bodyOf(incoming)).includes('"tools"')
    if (!title) asked += 1
    const breaks = !title && asked <= broken
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
    const say = (delta: object, finish: string | null = null) => {
      const choices = [{ index: 0, delta, finish_reason: finish }]
      const chunk = {
        id: `answer-${asked}`,
        object: 'chat.completion.chunk',
        created: 1,
        model: 'm',
        choices,
      }
      outgoing.write(`data: ${JSON.stringify(chunk)}\n\n`)
    }
    say({ role: 'assistant', content: '' })
    say({ content: title ? 'Title' : breaks ? texts.half : texts.whole })
    // Until it has been seen.
    if (breaks) setTimeout(() => outgoing.destroy(), 400)
    else {
      say({}, 'stop')
      outgoing.end('data: [DONE]\n\n')
    }
  })
  return { url: `${origin}/v1`, close }
}
