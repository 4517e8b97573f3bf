import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { Clock } from '../../auth/types.ts'
import { HostError } from '../../errors.ts'
import { cleanBlock } from '../../text.ts'
import { QUIET } from '../panels/guard.ts'

/** Lines that come within this time, in milliseconds, are one text: nobody types so fast, it was pasted or typed ahead. */
const BURST = 40
/** The longest line that is taken, in characters. */
const LONGEST = 1024 * 1024

export interface ReaderOptions {
  /** It may be the program's that this one is loaded into: its encoding stays as it is, and it flows on where it did. */
  stdin: NodeJS.ReadableStream & Partial<Pick<Readable, 'readableFlowing' | 'readableEnded' | 'destroyed'>>
  clock: Clock
  /** One line for the person. */
  write: (line: string) => void
  /**
   * A text that is no answer. `free`: no question was open; `early`: it was typed before the question that is; `gone`: the
   * question it was typed for has closed by itself.
   */
  onText: (text: string, when: 'free' | 'early' | 'gone') => void
  /** An empty line, while no question is open. */
  onBlank?: () => void
}

/** Lines of the person, on a terminal that edits and echoes them itself. */
export interface Reader {
  /**
   * The answer to a question. Nothing counts that was typed before `prompt` is written, and it is written only when nobody
   * has sent a line for half a second: who types while the question comes up does not answer it. One question at a time.
   * Rejects with the signal's reason, and as `cancelled` when there is no more input.
   */
  read(signal: AbortSignal, prompt: string): Promise<string>
  /** Resolves at the end of the input with the line that was begun. */
  readonly ended: Promise<string>
  close(): void
}

interface Question {
  prompt: string
  open: boolean
  quiet: AbortController
  resolve(answer: string): void
  reject(reason: unknown): void
}

export function openReader({ stdin, clock, write, onText, onBlank }: ReaderOptions): Reader {
  const ended = Promise.withResolvers<string>()
  const flowing = stdin.readableFlowing === true
  const decoder = new StringDecoder('utf8')
  let question: Question | undefined
  /** The last question closed without an answer, and nothing was typed since. */
  let gone = false
  let over = false
  /** The line that has not ended yet; undefined while what is too long is skipped. */
  let begun: string | undefined = ''
  /** That line was begun before the question opened. */
  let before = false
  let burst: { lines: string[]; to: Question | undefined; end: AbortController } | undefined

  function take(chunk: string): void {
    const [first = '', ...more] = chunk.split('\n')
    grow(first)
    for (const next of more) {
      if (begun === undefined) write(`That line is longer than ${LONGEST} characters. It was not taken.`)
      else takeLine(begun)
      begun = ''
      grow(next)
    }
  }

  function grow(text: string): void {
    if (begun !== undefined) begun = begun.length + text.length > LONGEST ? undefined : begun + text
  }

  function takeLine(line: string): void {
    if (burst === undefined) {
      const to = question?.open && !before ? question : undefined
      burst = { lines: [], to, end: new AbortController() }
      before = false
      if (question !== undefined && burst.to === undefined) waitForQuiet(question)
    }
    burst.lines.push(line)
    burst.end.abort()
    burst.end = new AbortController()
    clock.sleep(BURST, burst.end.signal).then(deliver, () => {})
  }

  function deliver(): void {
    if (burst === undefined) return
    const { lines, to } = burst
    burst = undefined
    // Arrow keys and the like are not edited here: they come as sequences.
    const text = cleanBlock(lines.join('\n')).trimEnd()
    // Who wants out with a key that lines do not have must not take the first choice by it.
    if (text === '' && lines.some(line => line.includes('\u001b'))) {
      write('That key does nothing here. Ctrl+C gives no answer.')
      return
    }
    if (to !== undefined && to === question) {
      question = undefined
      to.resolve(text)
      return
    }
    const free = gone ? 'gone' : 'free'
    const when = to !== undefined ? 'gone' : question !== undefined ? 'early' : free
    gone = false
    if (text.trim() !== '') onText(text, when)
    else if (when === 'free') onBlank?.()
  }

  /** Opens the question when no line has come for a while, and none is left to be read. */
  function waitForQuiet(asked: Question): void {
    asked.open = false
    asked.quiet.abort()
    asked.quiet = new AbortController()
    const { signal } = asked.quiet
    clock.sleep(QUIET, signal).then(
      // What was typed while this process was busy or stopped is read first: input comes before what is set immediately.
      () => setImmediate(() => !signal.aborted && open(asked)),
      () => {},
    )
  }

  function open(asked: Question): void {
    asked.open = true
    before = begun !== ''
    write(asked.prompt)
  }

  const onData = (chunk: string | Buffer) => take(decoder.write(chunk))
  function onEnd(): void {
    over = true
    question?.reject(noMore())
    question = undefined
    const rest = [...(burst?.lines ?? []), begun ?? '']
    burst?.end.abort()
    burst = undefined
    ended.resolve(cleanBlock(rest.join('\n')).trim())
  }

  stdin.on('data', onData).once('end', onEnd).once('error', onEnd).once('close', onEnd)
  // A reader before this one has paused it.
  stdin.resume()
  if (stdin.readableEnded || stdin.destroyed) onEnd()

  return {
    read(signal, prompt) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        if (over) return reject(noMore())
        const settle = () => {
          signal.removeEventListener('abort', withdraw)
          asked.quiet.abort()
        }
        const asked: Question = {
          ...{ prompt, open: false, quiet: new AbortController() },
          resolve(text) {
            settle()
            resolve(text)
          },
          reject(reason) {
            settle()
            reject(reason)
          },
        }
        const withdraw = () => {
          if (question === asked) question = undefined
          gone = true
          asked.reject(signal.reason)
        }
        signal.addEventListener('abort', withdraw, { once: true })
        question = asked
        gone = false
        waitForQuiet(asked)
      })
    },
    ended: ended.promise,
    close() {
      burst?.end.abort()
      question?.reject(noMore())
      question = undefined
      stdin.off('data', onData).off('end', onEnd).off('error', onEnd).off('close', onEnd)
      if (!flowing) stdin.pause()
    },
  }
}

/** The answer to one question; the terminal is the person's again when this ends. Rejects as {@link Reader.read} does. */
export async function readAnswer(
  options: Omit<ReaderOptions, 'onText'>,
  prompt: string,
  signal: AbortSignal,
): Promise<string> {
  const onText = () => options.write('That came before it was asked for. It was not taken.')
  const reader = openReader({ ...options, onText })
  try {
    return await reader.read(signal, prompt)
  } finally {
    reader.close()
  }
}

function noMore(): HostError {
  return new HostError('cancelled', 'standard input has ended')
}
