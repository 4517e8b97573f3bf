import type { ChatEvent } from '../types.ts'
import type { Stream } from './stream.ts'

/**
 * A stream that is loaded with the first event, and what reads Markdown with it: the prompt is there before. Events wait in order.
 * `fail` is told what goes wrong.
 */
export function openLateStream(
  load: () => Promise<Stream>,
  fail: (thrown: unknown) => void,
): Pick<Stream, 'take'> & { end(): Promise<void> } {
  const early: ChatEvent[] = []
  let stream: Stream | undefined
  let loading: Promise<void> | undefined

  async function open(): Promise<void> {
    try {
      const opened = await load()
      for (const event of early.splice(0)) opened.take(event)
      stream = opened
    } catch (thrown) {
      fail(thrown)
    }
  }

  return {
    take(event) {
      if (stream !== undefined) return stream.take(event)
      early.push(event)
      loading ??= open()
    },
    async end() {
      await loading
      stream?.end()
    },
  }
}
