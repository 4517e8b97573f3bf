import type { Target } from '../discovery.ts'
import type { Http } from '../http.ts'
import type { Tokens } from '../token.ts'
import type { AuthRequest, Client, Clock, ServerOptions } from '../types.ts'

/** What every flow works from. */
export interface FlowInput {
  request: AuthRequest
  target: Target
  /** What the person configured for this server. */
  options: ServerOptions
  /** A client of ours at this issuer, if one is known. */
  client?: Client
  scope?: string
  /** The page is to ask which account to use. */
  chooseAccount?: boolean
  /** Who is to sign in, as this issuer has named them. */
  loginHint?: string
  http: Http
  clock: Clock
}

/** What a flow ends with. It neither stores nor prints; when it fails it throws. */
export interface SignedIn {
  tokens: Tokens
  client: Client
  /** When the token request was sent, in milliseconds since the epoch. */
  at: number
}
