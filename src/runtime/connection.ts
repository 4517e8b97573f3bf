import type { Readable, Writable } from 'node:stream'
import * as v from 'valibot'
import { createMessageConnection, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node'
import { HostError } from '../errors.ts'
import { maskSecrets } from '../mask.ts'
import { clean } from '../text.ts'
import { createFlow } from './flow.ts'
import { BoundedFrames } from './framing.ts'
import { HOOKS } from './hooks.ts'
import type { Limits } from './limits.ts'
import type { Method } from './protocol.ts'

export interface ConnectionOptions {
  input: Readable
  output: Writable
  limits: Limits
  onNotification(method: string, params: unknown): void
  /** Answers the one request of the runtime that there is an answer to. */
  onHook?(params: unknown): object
  /** The stream ended or broke; called once, with a reason where the stream gives one. Nothing is rejected before {@link Connection.close}. */
  onLost(error: HostError | undefined): void
  /** A call was not answered within its deadline. */
  onSilent?(): void
  log: (line: string) => void
}

export interface Connection {
  /**
   * Rejects with HostError `runtime-refused` (the runtime said no), `runtime-silent` (no answer within the method's
   * deadline, or within `deadline` milliseconds), or with what {@link close} was given.
   */
  call<Params extends object, Result>(
    method: Method<Params, Result>,
    params: NoInfer<Params>,
    deadline?: number,
  ): Promise<Result>
  /** Ends the connection; every call, pending or to come, rejects with this error. */
  close(error: HostError): void
}

/** Speaks JSON-RPC with the runtime. Requests of the runtime but for {@link HOOKS} are answered MethodNotFound. */
export function openConnection(options: ConnectionOptions): Connection {
  const { input, output, limits, log } = options
  const pending = new Set<(error: HostError) => void>()
  let closed: HostError | undefined
  let lost = false

  const frames = new BoundedFrames(log)
  const { reader, writer, strategy } = createFlow(frames, output, log)
  const rpc = createMessageConnection(reader, writer, undefined, { messageStrategy: strategy })
  const onLost = (error?: unknown) => {
    if (lost) return
    lost = true
    options.onLost(error instanceof HostError ? error : undefined)
  }
  frames.on('error', onLost)
  rpc.onClose(() => onLost())
  // The text of such an error can hold a piece of the message.
  rpc.onError(() => log('runtime: an unreadable message was skipped'))
  rpc.onNotification((method, params) => {
    try {
      if (!closed) options.onNotification(method, params)
    } catch (error) {
      log(`runtime: ${clean(method)} was not understood (${error instanceof Error ? error.name : 'error'})`)
    }
  })
  const { onHook } = options
  if (onHook) rpc.onRequest(HOOKS, (params: unknown) => onHook(params))
  rpc.listen()
  input.pipe(frames)
  // Asynchronous, since sendRequest() throws at once when the stream has ended.
  const request = async (method: string, params: object): Promise<unknown> => rpc.sendRequest(method, params)

  return {
    call(method, params, deadline = limits[method.deadline]) {
      if (closed) return Promise.reject(closed)
      return new Promise((resolve, reject) => {
        const settle = () => {
          clearTimeout(timer)
          pending.delete(fail)
        }
        const fail = (error: HostError) => {
          settle()
          reject(error)
        }
        const timer = setTimeout(() => {
          fail(silent(method.name, deadline))
          options.onSilent?.()
        }, deadline)
        pending.add(fail)
        request(method.name, params).then(
          answer => {
            const judged = v.safeParse(method.result, answer)
            if (!judged.success) return fail(unreadable(method.name))
            settle()
            resolve(judged.output)
          },
          error => {
            // Whatever else happens is a lost connection: close() knows why and rejects with that.
            if (isRefusal(error)) fail(refused(method.name, error.message))
          },
        )
      })
    },
    close(error) {
      if (closed) return
      closed = error
      for (const fail of [...pending]) fail(error)
      input.unpipe(frames)
      // Nobody reads it any more, and a full pipe would hold up the runtime's own end.
      input.resume()
      rpc.dispose()
      frames.destroy()
    },
  }
}

function isRefusal(error: unknown): error is ResponseError<unknown> {
  if (!(error instanceof ResponseError)) return false
  return error.code !== ErrorCodes.PendingResponseRejected && error.code !== ErrorCodes.MessageWriteError
}

function refused(method: string, message: string): HostError {
  const prefix = `Request ${method} failed with message: `
  const text = message.startsWith(prefix) ? message.slice(prefix.length) : message
  return new HostError('runtime-refused', clean(maskSecrets(text), 300) || clean(method))
}

function unreadable(method: string): HostError {
  return new HostError('runtime-refused', `the answer to ${method} is not what this program understands`)
}

function silent(method: string, deadline: number): HostError {
  return new HostError('runtime-silent', `${method}, ${Math.round(deadline / 1000)} s`)
}
