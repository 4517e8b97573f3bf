interface Kind {
  /** The exit code that follows when this error ends the program (see docs/architecture.md, "Exit codes"). */
  exit: 1 | 2 | 3 | 4 | 5
  /** What the person reads: one line, the thing named, the next step in it. */
  text: (detail: string) => string
}

/** Every way to fail, its words and its exit code. A detail is already cleaned and holds no secret. */
const KINDS = {
  // 1: something is wrong outside
  failure: { exit: 1, text: detail => detail },
  'no-model': { exit: 1, text: detail => detail },
  /** The person's own limit: of turns, of time. */
  limit: { exit: 1, text: detail => detail },
  model: { exit: 1, text: detail => `the model could not answer: ${detail}` },
  'session-unknown': { exit: 1, text: detail => detail },
  'session-ambiguous': { exit: 1, text: detail => detail },
  folder: { exit: 1, text: detail => `cannot use the folder ${detail}` },
  'store-unavailable': { exit: 1, text: detail => `the token store cannot be used: ${detail}` },
  // 2: wrong usage
  usage: { exit: 2, text: detail => detail },
  config: { exit: 2, text: detail => detail },
  // 3: the runtime
  'runtime-missing': { exit: 3, text: detail => `the Copilot runtime was not found: ${detail}` },
  'runtime-start': { exit: 3, text: detail => `the Copilot runtime could not start: ${detail}` },
  'runtime-version': { exit: 3, text: detail => `this Copilot runtime is not supported: ${detail}` },
  'runtime-died': { exit: 3, text: detail => `the Copilot runtime stopped (${detail})` },
  'runtime-silent': { exit: 3, text: detail => `the Copilot runtime stopped answering (${detail})` },
  'runtime-refused': { exit: 1, text: detail => `the Copilot runtime refused: ${detail}` },
  // 4: signing in
  'sign-in-needed': { exit: 4, text: detail => detail },
  'sign-in-failed': { exit: 4, text: detail => detail },
  'sign-in-denied': { exit: 4, text: detail => detail },
  'sign-in-expired': { exit: 4, text: detail => detail },
  /** A passing fault: the sign-in is still there, only its token could not be renewed now. */
  'renewal-failed': { exit: 4, text: detail => detail },
  /** Most likely the answer to a refresh token that is good once went to a program that was killed before it could keep it. */
  'renewal-cut': {
    exit: 4,
    text: detail =>
      `${detail}: another copilot-host was killed while it worked on this sign-in, which the server no longer accepts`,
  },
  'not-revoked': { exit: 4, text: detail => detail },
  'issuer-changed': { exit: 4, text: detail => detail },
  'unsafe-address': { exit: 4, text: detail => `unsafe address: ${detail}` },
  'metadata-missing': { exit: 4, text: detail => `no sign-in server was found: ${detail}` },
  'metadata-bad': { exit: 4, text: detail => `the sign-in metadata cannot be used: ${detail}` },
  'metadata-issuer': {
    exit: 4,
    text: detail => `the metadata belongs to another sign-in server (${detail})`,
  },
  'metadata-resource': { exit: 4, text: detail => `the metadata is for another server (${detail})` },
  'no-pkce': { exit: 4, text: detail => `${detail} does not offer PKCE (S256)` },
  'no-client': { exit: 4, text: detail => detail },
  'token-bad': { exit: 4, text: detail => `unreadable answer from the sign-in server ${detail}` },
  'invalid-grant': { exit: 4, text: detail => `${detail} no longer accepts this sign-in` },
  'invalid-client': {
    exit: 4,
    text: detail =>
      `${detail} does not accept this app (client id or secret); copilot-host auth client set names another`,
  },
  'http-deadline': { exit: 4, text: detail => `${detail} did not answer in time` },
  'http-size': { exit: 4, text: detail => `the answer of ${detail} is too large` },
  'http-redirect': { exit: 4, text: detail => `${detail} redirects to another place, which is not followed` },
  'http-name': { exit: 4, text: detail => `the host name ${detail} was not found` },
  'http-proxy': { exit: 4, text: detail => `the proxy ${detail}` },
  'http-network': { exit: 4, text: detail => `${detail} cannot be reached` },
  'http-certificate': { exit: 4, text: detail => `the certificate of ${detail} is not valid` },
  'http-trouble': { exit: 4, text: detail => `${detail} has temporary trouble, try again later` },
  'http-content': { exit: 4, text: detail => `no usable document from ${detail}` },
  // 5: the person said no
  cancelled: { exit: 5, text: detail => detail },
  /** ... for now. */
  later: { exit: 5, text: detail => detail },
} satisfies Record<string, Kind>

export type ErrorKind = keyof typeof KINDS

/**
 * The one error of this program. Its kind decides text and exit code; the detail names the thing (a host, a file, a
 * server, the next step), cleaned and without secrets. The original stays in `cause` and is never shown.
 */
export class HostError extends Error {
  override readonly name = 'HostError'
  readonly kind: ErrorKind
  readonly detail: string
  /** For how many seconds the server wants to be left alone, where it says so. */
  readonly retryAfter?: number
  /** True where the request certainly never reached the server. */
  readonly unsent: boolean

  constructor(
    kind: ErrorKind,
    detail: string,
    options?: { cause?: unknown; retryAfter?: number; unsent?: boolean },
  ) {
    super(KINDS[kind].text(detail), options)
    this.kind = kind
    this.detail = detail
    this.retryAfter = options?.retryAfter
    this.unsent = options?.unsent ?? false
  }

  get exitCode(): number {
    return KINDS[this.kind].exit
  }
}

/** What was thrown, where it is of this kind; anything else is thrown on. */
export function ofKind(kind: ErrorKind, thrown: unknown): HostError {
  if (thrown instanceof HostError && thrown.kind === kind) return thrown
  throw thrown
}

/** Makes one error of ours out of whatever was thrown; anything unknown becomes `failure` with the text given. */
export function hostError(thrown: unknown, otherwise: string): HostError {
  return thrown instanceof HostError ? thrown : new HostError('failure', otherwise, { cause: thrown })
}

/** Why a file or folder cannot be read or written, in words: by what `node:fs` throws, or its code. */
export function whyNot(cause: unknown): string {
  switch (codeOf(cause) ?? cause) {
    case 'ENOENT':
      return 'there is no such file'
    case 'ENOTDIR':
      return 'what should be its folder is a file'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a folder'
    case 'EFBIG':
      return 'it is too large'
    case 'ENOSPC':
    case 'EDQUOT':
      return 'its disk is full'
    case 'EROFS':
      return 'its disk can only be read'
    case 'EEXIST':
      return 'it is there already'
    case 'ENAMETOOLONG':
      return 'its name is too long'
    default:
      return 'it is not a readable file'
  }
}

/** The code that Node and the system give what they throw: `ENOENT`, `EADDRINUSE`. */
export function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
}
