import { type Authenticator, createAuthenticator, type SignInPolicy } from '../../src/auth/authenticator.ts'
import type { Elsewhere } from '../../src/auth/elsewhere.ts'
import { createHttp, type Http } from '../../src/auth/http.ts'
import { Secret } from '../../src/auth/secret.ts'
import type { JournalEntry } from '../../src/auth/store/journal.ts'
import type { Answer, AuthRequest, Choice, Grant, Reason, ServerKey } from '../../src/auth/types.ts'
import { webUrl } from '../../src/auth/url.ts'
import { clean } from '../../src/text.ts'
import { type ScriptedBrowser, scriptedBrowser } from './browser.ts'
import { type FakeClock, fakeClock } from './clock.ts'
import { type ScriptedPrompt, scriptedPrompt } from './prompt.ts'
import { type TestStore, testStore } from './token-store.ts'

export interface Engine extends Authenticator {
  prompt: ScriptedPrompt
  browser: ScriptedBrowser
  clock: FakeClock
  store: TestStore
  log: string[]
  /** As whom each server was used, and what became of sign-ins. */
  acting: [server: string, account: string | undefined][]
  journal: JournalEntry[]
  /** One request of the runtime, answered. The person does not withdraw it. */
  ask(request: AuthRequest, signal?: AbortSignal): Promise<Answer>
}

export interface EngineOptions {
  policy?: Partial<SignInPolicy>
  /** What the person does at once in every panel. */
  first?: Choice
  store?: TestStore
  clock?: FakeClock
  browser?: ScriptedBrowser
  http?: Http
  /** How the engine learns of sign-ins in other programs. */
  elsewhere?: Elsewhere
}

/** The engine as the program puts it together, with a test in the place of person, browser, clock and keychain. */
export function createEngine(options: EngineOptions = {}): Engine {
  const prompt = scriptedPrompt(options.first)
  const { clock = fakeClock(), store = testStore(), browser = scriptedBrowser() } = options
  const log: string[] = []
  const acting: Engine['acting'] = []
  const journal: JournalEntry[] = []
  const authenticator = createAuthenticator({
    store,
    prompt,
    browser,
    clock,
    http: options.http ?? createHttp(fetch),
    policy: { ask: true, ...options.policy },
    log: line => log.push(line),
    acting: (...who) => acting.push(who),
    journal: entry => journal.push(entry),
    elsewhere: options.elsewhere,
  })
  const ask = (request: AuthRequest, signal = new AbortController().signal) =>
    authenticator.authenticate(request, signal)
  return { ...authenticator, prompt, browser, clock, store, log, acting, journal, ask }
}

/** The person presses Enter: browser. */
export const BROWSER: Choice = { kind: 'route', route: 'browser' }
export const DEVICE: Choice = { kind: 'route', route: 'device' }
export const PASTE: Choice = { kind: 'route', route: 'paste' }
export const CANCEL: Choice = { kind: 'cancel' }

let requests = 0

/** A request as `judgeRequest` gives it, for a server whose metadata names this issuer. */
export function requestFor(
  server: { mcp: string; issuer: string },
  reason: Reason = 'initial',
  more: Partial<AuthRequest> = {},
): AuthRequest {
  requests += 1
  return {
    id: `request-${requests}`,
    server: { name: clean('notes'), url: webUrl(server.mcp, 'the server') },
    reason,
    challenge: { scope: 'notes.read' },
    metadata: JSON.stringify({
      resource: server.mcp,
      authorization_servers: [server.issuer],
      scopes_supported: ['notes.read', 'notes.write'],
    }),
    calls: [],
    ...more,
  }
}

/** A grant that was stored earlier, by default ten minutes before its end. */
export function storedGrant(
  store: TestStore,
  server: { mcp: string; issuer: string },
  now: number,
  more: Partial<Grant> = {},
): { key: ServerKey; grant: Grant } {
  const key = { server: webUrl(server.mcp, 'the server'), issuer: server.issuer }
  const grant: Grant = {
    issuer: server.issuer,
    resource: server.mcp,
    client: { id: 'stored client', source: 'registered', authMethod: 'none', redirectUris: [] },
    access: new Secret('stored access'),
    scope: 'notes.read',
    receivedAt: now - 50 * 60_000,
    expiresAt: now + 10 * 60_000,
    ...more,
  }
  store.grants.set(`${key.server} ${key.issuer}`, grant)
  return { key, grant }
}

/** The access token of an answer; undefined for `cancelled`. */
export function tokenOf(answer: Answer): string | undefined {
  return answer.kind === 'token' ? answer.token.reveal() : undefined
}

/** The kind of the error of a `cancelled` answer. */
export function whyOf(answer: Answer): string | undefined {
  return answer.kind === 'cancelled' ? answer.error?.kind : undefined
}
