import { createHandler } from './library/handler.ts'
import { thisMachine } from './library/machine.ts'
import { createSessions } from './library/sessions.ts'
import type { McpAuthHandler, McpAuthOptions } from './library/types.ts'

export { Secret } from './auth/secret.ts'
export type { AccountBook } from './auth/store/accounts.ts'
export type { KnownIssuer } from './auth/store/index.ts'
export type {
  Browser,
  Choice,
  Client,
  ClientAuthMethod,
  Clock,
  Dialog,
  Grant,
  Prompt,
  Reason,
  RouteName,
  ServerKey,
  ServerOptions,
  SignInResult,
  SignInStep,
  SignInView,
  StoredEntry,
  TokenStore,
  WebUrl,
} from './auth/types.ts'
export { webUrl } from './auth/url.ts'
export type { ErrorKind, HostError } from './errors.ts'
export type {
  FollowedSession,
  Following,
  McpAuthHandler,
  McpAuthOptions,
  McpAuthRequest,
  McpAuthResult,
} from './library/types.ts'
export { type Clean, clean } from './text.ts'

/**
 * A handler for `onMcpAuthRequest` of `@github/copilot-sdk`: signs the person in to MCP servers by browser, device code or
 * pasted address, keeps the sign-in, and renews it without a question. Nothing is opened, started or read before the
 * first request. Throws an error of kind `folder` for a state folder that is no absolute path, `usage` for a `timeoutMs` that is
 * no time. Close it at the end.
 */
export function createMcpAuthHandler(options: McpAuthOptions = {}): McpAuthHandler {
  // The bundle, dist/auth.js, lies one level below the package, as this source file does.
  const child = new URL('../dist/keychain-child.js', import.meta.url)
  return createHandler(createSessions(options, child, thisMachine()), options.signal)
}
