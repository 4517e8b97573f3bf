import { HostError, hostError } from '../errors.ts'
import { type Host, isAttended } from '../host.ts'
import { startRuntime } from '../runtime/runtime.ts'
import { converse } from './conversation.ts'
import { createEngine, linePrompt, openTokenStore } from './engine.ts'
import { findServer } from './find-server.ts'
import type { ChatOptions } from './options.ts'
import { readSettings } from './settings.ts'

/**
 * Signs in to one server without a chat: the runtime connects to it and asks, as it would in a session. Ends with 0
 * when the server is connected, 4 when the sign-in failed, 5 when the person cancelled it.
 */
export async function authLogin(server: string, options: ChatOptions, host: Host): Promise<number> {
  const settings = await readSettings(options, isAttended(host), host)
  const [name, config] = findServer(server, settings.servers.servers)
  if (settings.signIn === 'stored' || settings.signIn === 'never') {
    throw new HostError('usage', 'nobody is there to sign in; --sign-in browser or --sign-in device says how')
  }
  const warn = (text: string) => void host.stderr.write(`${text}\n`)
  for (const problem of settings.servers.problems) warn(problem)
  const starting = startRuntime({ ...settings.runtime, login: false })
  starting.catch(() => {})
  const store = openTokenStore(options, settings, warn, host)
  const prompt = linePrompt(options, settings, warn, host)
  const end = Promise.withResolvers<void>()
  // It may be rejected before anybody waits for it, when the runtime dies early.
  end.promise.catch(() => {})
  host.signal.addEventListener('abort', () => end.reject(new HostError('cancelled', 'stopped')))
  /** Why the sign-in ended: the person has read it already. */
  let told: HostError | undefined
  try {
    const runtime = await starting
    void runtime.died.then(end.reject)
    const session = await runtime.create({ folder: host.folder, servers: { [name]: config }, signIn: true })
    const conversation = converse({
      session,
      asks: true,
      authenticator: createEngine(options, settings, store, prompt, 'login', host),
      log: line => settings.log.write(line),
      tell: line => warn(line.text),
      permit: async () => ({ kind: 'no' }),
      refused(error) {
        told ??= error
        end.reject(error)
      },
      show(event) {
        if (event.type !== 'server') return
        if (event.status === 'connected') end.resolve()
        if (event.status === 'failed')
          end.reject(
            new HostError('sign-in-failed', `${name} cannot be reached: ${event.error ?? 'no reason given'}`),
          )
      },
    })
    try {
      await end.promise
    } finally {
      await conversation.end()
      await session.close().catch(() => {})
    }
    host.stdout.write(`${name} is ready\n`)
    return 0
  } catch (thrown) {
    if (told !== undefined) return told.exitCode
    throw hostError(thrown, `the sign-in to ${name} failed`)
  } finally {
    await store.close()
    await starting.then(
      runtime => runtime.stop(),
      () => {},
    )
    settings.log.close()
  }
}
