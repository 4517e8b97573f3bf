import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { HostError } from '../../errors.ts'
import { parseJson } from './json.ts'
import { type Answer, answerSchema, type Request } from './keychain-protocol.ts'

export interface KeychainProcessOptions {
  /** The Node that runs the child, and the child's file. */
  execPath: string
  childPath: string | URL
  /** The environment; the child gets no more of it than a keychain needs. */
  env: Readonly<Record<string, string>>
}

type WithoutId<R> = R extends Request ? Omit<R, 'id'> : never

export interface KeychainProcess {
  /** Sends one request. Rejects with `store-unavailable` after 3 s or when the child has ended. */
  ask(request: WithoutId<Request>): Promise<Answer>
  /** When a call took too long or the child died by itself (`performance.now()`). */
  readonly failedAt: number | undefined
  /** Kills the child; what waits and every later call reject with that detail. */
  end(detail: string): void
  /** Waits a moment for calls that are under way, then kills the child. */
  close(): Promise<void>
}

/** How long a call may take, the child to come up before that, and leaving waits for calls under way; in milliseconds. */
const CALL_LIMIT = 3000
const START_LIMIT = 10_000
const CLOSE_LIMIT = 500
/** A longer line, in characters, is no answer of ours. */
const LONGEST_LINE = 1024 * 1024
const STOPPED = 'the system keychain stopped working'
const ENV = [
  ...['DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR', 'XDG_DATA_HOME', 'HOME', 'DISPLAY', 'WAYLAND_DISPLAY'],
  ...['XAUTHORITY', 'LANG', 'LC_ALL', 'PATH', 'SystemRoot', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'TEMP'],
]

/**
 * Starts the keychain child and returns at once; it says an empty line when it is up. After a call that took too long, or after its
 * death, it has ended.
 */
export function startKeychainProcess(options: KeychainProcessOptions): KeychainProcess {
  const file = options.childPath instanceof URL ? fileURLToPath(options.childPath) : options.childPath
  const waiting = new Map<number, (answer: Answer | HostError) => void>()
  let ended: HostError | undefined
  let failedAt: number | undefined
  let count = 0

  const child = spawn(options.execPath, [file], {
    cwd: dirname(file),
    env: Object.fromEntries(Object.entries(options.env).filter(([name]) => ENV.includes(name))),
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  })

  function end(detail: string) {
    if (ended) return
    ended = new HostError('store-unavailable', detail)
    child.kill('SIGKILL')
    for (const settle of waiting.values()) settle(ended)
  }

  function fail(detail: string) {
    if (!ended) failedAt = performance.now()
    end(detail)
  }

  child.on('error', () => fail(STOPPED))
  child.on('exit', () => fail(STOPPED))
  const up = new AbortController()
  let buffer = ''
  // With no file descriptor left there are no pipes, whatever the types say: its error comes at once.
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    up.abort()
    const lines = (buffer + chunk).split('\n')
    buffer = lines.pop() ?? ''
    if (buffer.length > LONGEST_LINE) fail(STOPPED)
    for (const line of lines) {
      const answer = v.safeParse(answerSchema, parseJson(line))
      if (answer.success) waiting.get(answer.output.id)?.(answer.output)
    }
  })
  child.stdin?.on('error', () => fail(STOPPED))
  // The child must never keep the program alive; a call under way does, by its timer.
  child.unref()
  for (const pipe of [child.stdin, child.stdout]) if (pipe instanceof Socket) pipe.unref()

  return {
    ask(request) {
      return new Promise((resolve, reject) => {
        if (ended) return reject(ended)
        count += 1
        const id = count
        const expire = () =>
          fail('the system keychain does not answer (it may be locked: unlock it and try again)')
        let timer = setTimeout(expire, up.signal.aborted ? CALL_LIMIT : START_LIMIT)
        const begin = () => {
          clearTimeout(timer)
          timer = setTimeout(expire, CALL_LIMIT)
        }
        up.signal.addEventListener('abort', begin, { once: true })
        waiting.set(id, answer => {
          up.signal.removeEventListener('abort', begin)
          clearTimeout(timer)
          waiting.delete(id)
          if (answer instanceof HostError) reject(answer)
          else resolve(answer)
        })
        child.stdin?.write(`${JSON.stringify({ ...request, id })}\n`)
      })
    },
    get failedAt() {
      return failedAt
    },
    end,
    async close() {
      const deadline = performance.now() + CLOSE_LIMIT
      while (!ended && waiting.size > 0 && performance.now() < deadline) await sleep(10)
      end('the program is ending')
    },
  }
}
