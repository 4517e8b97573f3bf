/** How long the runtime is waited for, in milliseconds. Tests shorten them. */
export interface Limits {
  /** From the start of the process to its first answer. */
  connect: number
  /** An ordinary call. */
  call: number
  /** A call that the runtime may hold up while MCP servers load. */
  slow: number
  /** A call whose answer is of use only when it comes at once. */
  brief: number
  /** How long a server may take to tell its tools before it is asked once more. */
  again: number
  /** {@link Session.ready}, time with an open sign-in not counted. */
  ready: number
  /** How long a server must have said nothing new before `needs-auth` counts as its last word. */
  quiet: number
  /** From sending a message to the start of its turn; then the servers that load are left behind. */
  turn: number
  /** The same when {@link Session.ready} has waited for these servers already. */
  turnAfterReady: number
  /** How long an event waits for one that belongs before it. */
  order: number
  /** How long a tool call of an MCP server may say nothing before that is told. */
  silent: number
  /** How long a running turn may say nothing before the runtime is asked for a sign of life. */
  pulse: number
  /** How long it has for that; it is asked twice. */
  alive: number
  /** From asking the runtime to end to SIGKILL. */
  end: number
}

export const LIMITS: Limits = {
  connect: 30_000,
  call: 30_000,
  slow: 60_000,
  brief: 2_000,
  again: 1_000,
  ready: 10_000,
  quiet: 300,
  turn: 8_000,
  turnAfterReady: 500,
  order: 200,
  silent: 60_000,
  pulse: 10_000,
  alive: 8_000,
  end: 2_000,
}
