import { setImmediate as turn } from 'node:timers/promises'
import * as v from 'valibot'
import { Secret } from '../../src/auth/secret.ts'
import type { SignInResult } from '../../src/auth/types.ts'
import { askPerson } from '../../src/commands/ask-person.ts'
import { converse } from '../../src/commands/conversation.ts'
import { HostError } from '../../src/errors.ts'
import { LIMITS } from '../../src/runtime/limits.ts'
import { createRouter } from '../../src/runtime/router.ts'
import { createSession } from '../../src/runtime/session.ts'
import { hostOf } from '../../src/text.ts'
import { signInView } from '../ui/panels/view.ts'
import { scriptedBrowser } from './browser.ts'
import { createEngine } from './engine.ts'
import type { Headless } from './headless.ts'

/** A session and its conversation in front of a chat, with a test in the place of the connection. */
export interface Played {
  /** The runtime sends these parameters of `session.event`. */
  say(params: unknown): void
  /** Everything that waits for nothing outside has happened. */
  settled(): Promise<void>
  /** The runtime is gone. */
  die(): void
  /** What the host has asked of the runtime. */
  calls: { method: string; params: object }[]
  /** Lines of the debug log that tell of a failure. */
  failures: string[]
  end(): Promise<void>
}

/** Fits every method. */
const ANSWER = { messageId: 'sent', servers: [], movedToBackground: false }
/** Nothing is decided by the time that a test takes. */
const NEVER = 1e9

/** `servers`: those of the configuration. `taken`: whether the runtime still waits for the answer to this request. */
export function play(
  { id, servers = [] }: { id: string; servers?: readonly string[] },
  { chat }: Pick<Headless, 'chat'>,
  taken: (request: string) => boolean = () => true,
): Played {
  const calls: Played['calls'] = []
  const failures: string[] = []
  const log = (line: string) => {
    if (/listener failed|^question /.test(line)) failures.push(line)
  }
  const router = createRouter()
  const live = createSession({
    ...{
      id,
      limits: { ...LIMITS, ready: NEVER, quiet: NEVER, order: 0 },
      log,
      onClose: () => undefined,
      onTurn: () => undefined,
      patient: true,
      folder: '/work',
    },
    servers: Object.fromEntries(
      servers.map(name => [name, { type: 'http', url: `https://${name}.example/mcp` }]),
    ),
    connection: {
      async call(method, params) {
        calls.push({ method: method.name, params })
        const request = v.is(v.object({ requestId: v.string() }), params) ? params.requestId : ''
        return v.parse(method.result, { ...ANSWER, success: taken(request) })
      },
      close: () => undefined,
    },
  })
  router.attach(id, live.take)
  const conversation = converse({
    ...{ session: live.session, asks: true, show: chat.show, tell: chat.tell, log, refused: () => undefined },
    authenticator: {
      ...createEngine(),
      signedInElsewhere: () => new Promise<void>(() => undefined),
      async authenticate({ id, server }, signal) {
        const dialog = chat.signIn(signInView({ id, server: server.name, serverHost: hostOf(server.url) }))
        const choice = await dialog.choice(signal).catch(() => undefined)
        const signedIn = choice?.kind === 'route'
        const result: SignInResult = signedIn
          ? { kind: 'signed-in', keptIn: 'keychain' }
          : { kind: choice === undefined ? 'withdrawn' : 'cancelled' }
        dialog.close(result)
        return signedIn ? { kind: 'token', token: new Secret('made up') } : { kind: 'cancelled' }
      },
    },
    permit: chat.askPermission,
    ask: (ask, signal) =>
      askPerson(ask, { ask: chat.ask, tell: chat.tell, browser: scriptedBrowser() }, signal),
  })
  return {
    ...{ calls, failures },
    say: router.route,
    async settled() {
      await turn()
      await turn()
    },
    die: () => live.tell({ type: 'stopped', error: new HostError('runtime-died', 'SIGKILL') }),
    end: conversation.end,
  }
}
