import type { Clean } from '../text.ts'

/** What a permission question shows, and what "this session" would allow. */
export interface PermissionAsk {
  id: string
  kind: 'command' | 'write' | 'read' | 'mcp' | 'url' | 'other'
  /** A question of a few words: "Run a command?" */
  title: Clean
  /** What exactly will happen, in lines (a command, a diff, a path, arguments): not shortened, and what cannot be seen is written out. */
  body: string
  /** It cannot be shown, so nobody is asked: the session says no. */
  unshown?: true
  intention?: Clean
  warning?: Clean
  toolCallId?: string
  /** The name of the sub-agent that wants it. */
  agent?: Clean
  /** The server that was signed in to since the same call was asked about: it begins anew. */
  signedIn?: Clean
  /** What `--allow-tool` may call it, as Copilot CLI does: `shell`, `write`, `notes`, `notes(whoami)`, ... */
  names: readonly string[]
  /** What a rule looks at, as it came: only to be compared. `outside`: files beyond the folders of the session. */
  about?: { command?: string; paths?: readonly string[]; outside?: boolean; url?: string }
  /** True where a policy wants a person to answer: then no option of the command line does. */
  personOnly?: boolean
  /** The approval that "this session" and "this project" give; absent where the runtime offers only this once, or its words would be cut. */
  approval?: object
  /** What that allows from now on, in a few words: `npm run`, `to change any file`. */
  lasting?: Clean
}

/** "project": also in later sessions in this Git repository, or in this folder where it is in none. */
export type PermissionDecision =
  | { kind: 'once' }
  | { kind: 'session' }
  | { kind: 'project' }
  | { kind: 'no'; reason?: string }

/** A call of a tool before it runs: the name that the runtime has for it, and the line where it is one of a shell. */
export interface ToolCall {
  tool: string
  command?: string
}

/** True for a call that is to be asked about also where the runtime would let it pass. `kept`: what was allowed for the project. */
export type AsksFirst = (call: ToolCall, kept: readonly KeptRule[]) => boolean

/** `shell` and `npm run`; a server and its tool; `write`. */
export interface KeptRule {
  kind: string
  argument?: string
}
