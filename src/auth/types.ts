import type { HostError } from '../errors.ts'
import type { Clean } from '../text.ts'
import type { Secret } from './secret.ts'
import type { AccountBook } from './store/accounts.ts'
import type { Identity } from './store/identity.ts'
import type { KnownIssuer } from './store/index.ts'

/** An address that `webUrl()` has judged: https, or http on loopback; no user-info, no control characters. */
export type WebUrl = string & { readonly __webUrl: true }

/** Why the runtime asks: `mcp.oauth_required`, field `reason`. */
export type Reason = 'initial' | 'refresh' | 'upscope' | 'reauth'

/** A judged `mcp.oauth_required` event. Nothing else of the event goes further. */
export interface AuthRequest {
  id: string
  server: { name: Clean; url: WebUrl }
  reason: Reason
  challenge: { scope?: string; metadataUrl?: WebUrl }
  /** The protected-resource metadata (RFC 9728) as the runtime fetched it: unjudged text. */
  metadata?: string
  /** The client that the configuration of the server names (`staticClientConfig`). */
  client?: { id: string; secret?: Secret; grant?: 'client_credentials' }
  /** The fixed port of the loopback redirect, where the configuration names one. */
  redirectPort?: number
  /** Open tool calls of this server, as the runtime names them: the request was made on their behalf. */
  calls: readonly string[]
  /** The tool that made the runtime ask, for the panel. */
  tool?: Clean
  /** Not of the event: which account of the server is to answer it, see {@link ServerKey}. */
  slot?: Clean
}

/** What the runtime gets: exactly one for each request. */
export type Answer =
  /** `declined`: more rights were asked for on this occasion, and not given. */
  | { kind: 'token'; token: Secret; expiresIn?: number; declined?: HostError }
  /** `error` says why, for the exit code of a one-shot; it has been told to the person already. */
  | { kind: 'cancelled'; error?: HostError }

/** How a client shows who it is at the token endpoint (RFC 8414 names). */
export type ClientAuthMethod = 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'

/** Our client at one issuer (RFC 7591 names, less the underscore). It is never used at another issuer. */
export interface Client {
  id: string
  /** Who made it: the person's configuration, a client-id metadata document, or a registration of ours (RFC 7591). */
  source: 'configured' | 'document' | 'registered'
  /** The client secret; for `private_key_jwt` the private key (PKCS #8 in PEM). */
  secret?: Secret
  /** Absent for a configured client: then it is what the authorization server offers, at each use. */
  authMethod?: ClientAuthMethod
  /** Redirect addresses the client was registered with; only for `registered`. */
  redirectUris?: readonly string[]
}

/** What the person configured for one MCP server, beyond what the runtime is told of it. */
export interface ServerOptions {
  /** Our client-id metadata document: an https address with a path, which is the client id itself. */
  clientMetadataUrl?: WebUrl
  /** The fixed port of the loopback redirect. */
  redirectPort?: number
  /** The address under which the person's browser reaches our listener (container, codespace, tunnel). */
  callbackUrl?: WebUrl
  /** True where that listener must be reachable from other machines: a published port of a container. */
  everywhere?: boolean
  /** True: ask for `openid profile email` too, where the server lists them, so that the account can be named. */
  identity?: boolean
  /** The rights to ask for, in place of those that its metadata lists; the route to offer first, where the run names none. */
  scopes?: readonly string[]
  route?: RouteName
}

/** What names a grant: the MCP server it is for and the issuer it came from. */
export interface ServerKey {
  server: WebUrl
  issuer: string
  /** The account among several: a name that `store/slot.ts` has judged. Absent for the first one. */
  slot?: Clean
}

/** What the store keeps for one {@link ServerKey}. */
export interface Grant {
  issuer: string
  /** The `resource` of RFC 8707 that the tokens are for. */
  resource: string
  client: Client
  /** The name of who signed in, to be shown. */
  account?: Clean
  identity?: Identity
  access: Secret
  refresh?: Secret
  scope?: string
  /** When the access token was received and when it ends, in milliseconds since the epoch. */
  receivedAt: number
  expiresAt?: number
  /** When the refresh token ends, where the server says so; only a forecast goes by it. */
  refreshExpiresAt?: number
}

/** That a grant is kept, where, and since when (milliseconds since the epoch): nothing of its content. */
export interface StoredEntry {
  server: string
  issuer: string
  slot?: Clean
  /** `memory`: only as long as this process lasts. */
  store: 'keychain' | 'file' | 'memory'
  since: number
}

/** Where grants are kept. Every method has a deadline; a fault of the store behind it never loses a grant in use. */
export interface TokenStore {
  readonly kind: 'keychain' | 'file' | 'memory'
  /** The same for one server, where servers can have stores of their own. */
  kindFor?(server: WebUrl): TokenStore['kind']
  /** True while what is written outlives this process. */
  readonly durable: boolean
  read(key: ServerKey): Promise<Grant | undefined>
  /** Begins to read what `read` is about to be asked for. Resolves before it is there. */
  readAhead?(key: ServerKey): Promise<void>
  write(key: ServerKey, grant: Grant): Promise<void>
  /** Forgets the grant; with `only`, just if it is still that one (compare before delete). */
  forget(key: ServerKey, only?: Grant): Promise<void>
  /** The client for this server at this issuer: set by the person, or registered by us. Rejects where the former cannot be read. */
  readClient(key: ServerKey): Promise<Client | undefined>
  writeClient(key: ServerKey, client: Client): Promise<void>
  /** Forgets the client; with `only`, just if it still has that id. */
  forgetClient(key: ServerKey, only?: Client): Promise<void>
  /** The issuers that a client of this server is kept for, without a question to the keychain. */
  clientIssuers(server: WebUrl): Promise<string[]>
  /** The issuer of the grant that was last written for this server, also when that grant is gone. */
  knownIssuer(server: WebUrl): Promise<KnownIssuer | undefined>
  /** Forgets, with locks, what outlives sign-ins: clients in this store (gives their issuers), and the known issuer. */
  forgetServer(server: WebUrl): Promise<{ clients: string[]; issuer?: string }>
  /** Why a sign-in could not be kept beyond this process, if so: memory only, no keychain, a locked one, a bad file. */
  trouble(): Promise<string | undefined>
  /** Every grant that is kept, without a question to the keychain. */
  list(): Promise<readonly StoredEntry[]>
  readAccounts(): Promise<AccountBook>
  /** One change at a time, of all processes. Rejects when it cannot be written. */
  changeAccounts(edit: (book: AccountBook) => AccountBook): Promise<void>
  /**
   * Runs `work` while no other process of this user is inside for the same key. Never held while a person acts. When the signal is
   * aborted (lock lost, or held for 30 s), `work` must neither write nor send. `abandoned`: another one was killed or stopped in there.
   */
  exclusive<T>(key: ServerKey, work: Exclusive<T>): Promise<T>
  close(): Promise<void>
}
type Exclusive<T> = (signal: AbortSignal, check: Check, abandoned?: boolean) => Promise<T>
/** To be asked right before something is sent. Rejects for a lock that is lost, or that may end within `ms`. */
export type Check = (ms?: number) => Promise<void>

export type RouteName = 'browser' | 'device' | 'paste'

/** Everything the sign-in panel says before the person acts. */
export interface SignInView {
  /** Names this panel; the id of the request that opened it. */
  id: string
  server: Clean
  serverHost: Clean
  /** The host of the page where the person will sign in. */
  pageHost: Clean
  /** Since when this sign-in server is known for this server, in milliseconds since the epoch; absent: first seen. */
  knownSince?: number
  /** The host of the sign-in server until now, when it has changed. */
  formerHost?: Clean
  /** Other sign-in servers of this MCP server, which can be chosen as long as no route runs. */
  others: readonly { issuer: string; host: Clean }[]
  reason: Reason
  tool?: Clean
  /** Rights asked for and not yet granted; rights already granted. */
  newScopes: readonly Clean[]
  grantedScopes: readonly Clean[]
  account?: Clean
  /** The account that is to sign in, where one was named: by the person, or by a sign-in before. */
  wanted?: Clean
  keptIn: TokenStore['kind']
  /** Routes that server and machine allow, the recommended one first. */
  routes: readonly RouteName[]
  /** When the sign-in is given up, in milliseconds since the epoch. */
  deadline: number
}

export type SignInStep =
  /** `forward`: what to run on the person's own machine to reach our listener. `follows`: the page before leads there, unopened. */
  | { kind: 'browser'; url: WebUrl; opened: boolean; follows?: boolean; forward?: Clean }
  | { kind: 'paste'; url: WebUrl; forward?: Clean }
  | { kind: 'device'; page: WebUrl; completePage?: WebUrl; code: Clean; expiresAt: number }
  /** The sign-in server registers no apps: the person has to name a client id (`Choice` of kind `client`). */
  | { kind: 'client'; error: HostError }
  /** A route ended while others may still finish: one line for the panel. */
  | { kind: 'trouble'; route: RouteName; error: HostError }

export type Choice =
  | { kind: 'route'; route: RouteName }
  /** By browser, but nothing is opened: the page of a sign-in that ends before this one leads to it. */
  | { kind: 'follow' }
  | { kind: 'pasted'; address: string }
  /** Another sign-in server of {@link SignInView.others}. */
  | { kind: 'issuer'; issuer: string }
  /** A client id that the person got from the sign-in server. */
  | { kind: 'client'; id: string }
  /** The page is to ask which account to use; by that route, else by the one that is shown or the browser. */
  | { kind: 'account'; route?: 'browser' | 'paste' }
  /** A token that the person has from elsewhere: it answers this request and is not kept. */
  | { kind: 'token'; token: Secret }
  /** Not now: the turn goes on, and the person comes back to it; or not at all. */
  | { kind: 'later' | 'cancel' }

export type SignInResult =
  | { kind: 'signed-in'; account?: Clean; keptIn: TokenStore['kind'] }
  /** A token that the person brought answers this request; or nobody waits for this sign-in any more. */
  | { kind: 'brought' | 'withdrawn' }
  /** Somebody has signed in from another program. */
  | { kind: 'elsewhere' }
  | { kind: 'cancelled' | 'later' }
  | { kind: 'failed'; error: HostError }

/** One open panel. */
export interface Dialog {
  /** The next thing the person does in this panel. Rejects with the signal's reason. May be called again and again. */
  choice(signal: AbortSignal): Promise<Choice>
  show(step: SignInStep): void
  /** The panel says something else from now on: another sign-in server was chosen. */
  update(view: SignInView): void
  /** Takes the panel away and leaves one line about how it ended. */
  close(result: SignInResult): void
}

/** Asks the person; implemented by a terminal panel and by plain lines. One panel is shown at a time. */
export interface Prompt {
  signIn(view: SignInView): Dialog
  /** One line about something that happened without a panel (renewal failed, request refused). */
  tell(line: { level: 'info' | 'warning'; text: string }): void
}

/** The clock of the engine, in milliseconds since the epoch; tests bring their own. */
export interface Clock {
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** Opens a judged address in the person's browser. */
export interface Browser {
  /** False where none can be opened (no display, container), and over SSH: another route is offered first. */
  readonly available: boolean
  /** Resolves to false when no browser could be started. */
  open(url: WebUrl): Promise<boolean>
}
