import type { IssuerChange } from '../auth/issuer-change.ts'
import type { Browser, Clock, Prompt, RouteName, ServerOptions, TokenStore, WebUrl } from '../auth/types.ts'

/** What `@github/copilot-sdk` hands to `onMcpAuthRequest`: the same fields, so that nothing has to be installed for its types. */
export interface McpAuthRequest {
  requestId: string
  serverName: string
  serverUrl: string
  reason: 'initial' | 'refresh' | 'reauth' | 'upscope'
  /** Of the server's `WWW-Authenticate` (RFC 9728 5.1, RFC 6750 3). */
  wwwAuthenticateParams?: { resourceMetadataUrl?: string; scope?: string; error?: string }
  /** The protected-resource metadata (RFC 9728) as the runtime fetched it. */
  resourceMetadata?: string
  staticClientConfig?: {
    clientId: string
    clientSecret?: string
    grantType?: 'client_credentials'
    publicClient?: boolean
  }
}

/** What the runtime gets: the access token and how many seconds it lasts, and nothing else of the sign-in. */
export type McpAuthResult = { kind: 'token'; accessToken: string; expiresIn?: number } | { kind: 'cancelled' }

/** What {@link McpAuthHandler.follow} needs of a session; a `CopilotSession` of the SDK has it. */
export interface FollowedSession {
  readonly sessionId: string
  on(handler: (event: { type: string; data: unknown }) => void): () => void
  readonly rpc: { mcp: { list(): Promise<unknown>; reload(): Promise<unknown> } }
}

export interface Following {
  /**
   * Resolves when every server is connected, has failed or was not signed in to: the first prompt that is sent before has no
   * tools of a server that is still waiting. Never rejects; takes as long as the slowest server, so put a deadline to it.
   */
  readonly ready: Promise<void>
  stop(): void
}

/** Fits `onMcpAuthRequest` of `@github/copilot-sdk` as it is. */
export interface McpAuthHandler {
  /**
   * Gets a token for the request: from the store, by renewal, or by asking the person. Never rejects: what goes wrong has
   * been told to the prompt, and the answer is `cancelled`.
   */
  (request: McpAuthRequest, context: { sessionId: string }): Promise<McpAuthResult>
  /**
   * Closes questions that the session no longer waits for, and reloads the servers once where one refused the token that was
   * kept for it, which the runtime does not ask about. To be called when the session is there.
   */
  follow(session: FollowedSession): Following
  /** Nobody waits for this request any more: its question is closed and its answer is `cancelled`. */
  withdraw(requestId: string): void
  /** Who said no is asked again, at the next request: for the server of this name, or for all. */
  askAgain(server?: string): void
  /** Answers everything that is open with `cancelled`, and everything later; frees listeners, locks and the keychain. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Every part can be replaced; what is left out is the ordinary one of a program in a terminal. */
export interface McpAuthOptions {
  /** Who asks the person. Absent: plain lines on stderr, answered on stdin; without a terminal nobody is asked. */
  prompt?: Prompt
  /**
   * Where sign-ins are kept. Absent or `auto`: the system's keychain, and memory where there is none. A store of your own is
   * yours to close.
   */
  store?: TokenStore | 'auto' | 'keychain' | 'file' | 'memory'
  /** Opens addresses. Absent: what `BROWSER` names, or the system's. */
  browser?: Browser
  clock?: Clock
  /** For every request to a sign-in server. Absent: Node's, through the proxy that the environment names. */
  fetch?: typeof fetch
  /**
   * An absolute path: a store of your own beside that of copilot-host. Absent: the person's own, so that a sign-in by
   * `copilot-host auth login` counts here, and the other way round.
   */
  stateFolder?: string
  /** The way to sign in. With the default prompt it is the consent, too: nobody is asked; `paste` needs a terminal. */
  route?: RouteName
  /** How long a person may take, in milliseconds, `Infinity` for as long as they like; 10 minutes when absent. */
  timeoutMs?: number
  /** Your program, as the page names it that the person sees in the browser at the end. */
  program?: string
  /** The account to use for a server, by name. Absent: the one that the person uses in this folder. */
  accountOf?: (server: { name: string; url: WebUrl }) => string | undefined
  /** What is particular to one server. */
  serverOptions?: (server: { name: string; url: WebUrl }) => ServerOptions
  /**
   * When a server has moved to another authorization server. Absent: `tell` where somebody is asked (the prompt has to show
   * `formerHost`), `refuse` where nobody is.
   */
  issuerChange?: IssuerChange
  /** Like {@link McpAuthHandler.close}. */
  signal?: AbortSignal
  /** Gets a line for each step: names of servers and kinds of outcome, nothing secret. */
  log?: (line: string) => void
}
