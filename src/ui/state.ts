import type { ServerStatus } from '../runtime/types.ts'
import { type Clean, clean, cleanBlock } from '../text.ts'
import { withAccount } from './accounts.ts'
import { type Given, take } from './composer/compose.ts'
import { createEditor, type Editor, knowing } from './composer/editor.ts'
import type { Mentions } from './composer/mention.ts'
import { type Folded, fold, printPart } from './folded.ts'
import type { AskState } from './panels/ask-state.ts'
import type { Guard } from './panels/guard.ts'
import { takePanel } from './panels/order.ts'
import type { PermissionState } from './panels/permission-state.ts'
import type { SignInState } from './panels/sign-in-state.ts'
import { takeShell } from './shell.ts'
import { atRest, NEW_STATUS, type Status, takeStatus } from './status.ts'
import { noticeWords } from './status-words.ts'
import { takeStopped } from './stopped.ts'
import type { Theme } from './theme.ts'
import { takeThought } from './thoughts.ts'
import { cancelTools, takeTool } from './tools.ts'
import { type Agent, promptBlock, type Tool } from './transcript/blocks.ts'
import { linesOf } from './transcript/diff.ts'
import type { Line } from './transcript/line.ts'
import { listed } from './transcript/listed.ts'
import { drop, notice, print, release } from './transcript/print.ts'
import type { Block } from './transcript/printing.ts'
import type { ChatEvent } from './types.ts'

/** A question to the person; the first one is on screen, the others wait. */
export type Panel =
  | { key: number; kind: 'sign-in'; state: SignInState }
  | { key: number; kind: 'permission'; state: PermissionState }
  | { key: number; kind: 'ask'; state: AskState }

/** Everything the screen shows. */
export interface View {
  /** Of the window, as it was when the last thing happened. */
  readonly columns: number
  /** False once the screen gives the terminal back. */
  readonly open: boolean
  /** Finished blocks that are still to be released to `done`: a little at a time, so that no frame takes long. */
  readonly ready: readonly Block[]
  /** Blocks for the scrollback, of which the first may be printed, and how often printed ones were dropped from it. */
  readonly done: readonly Block[]
  readonly drops: number
  /** What the last printed block was; blocks of different kinds have an empty line between them. */
  readonly last: string
  /** The unfinished end of the running reply. */
  readonly tail: { readonly lines: readonly Line[]; readonly kind: string }
  readonly tools: readonly Tool[]
  /** The sub-agents that are at work. */
  readonly agents: ReadonlyMap<string, Agent>
  /** What the model thinks, as long as it does: the newest lines. */
  readonly reasoning?: { readonly startedAt: number; readonly text: string }
  /** What was printed in part, the newest last; and whether live output is shown in several rows. */
  readonly folded: readonly Folded[]
  readonly unfolded: boolean
  readonly busy: boolean
  /** What the runtime does about a failed request to the model. */
  readonly retry?: string
  readonly waiting: readonly string[]
  readonly queued: readonly string[]
  /** Sent into the running turn, which has not taken them up yet. */
  readonly steering: readonly string[]
  /** Names of servers, in the order in which they are told. */
  readonly order: readonly string[]
  readonly servers: Readonly<Record<string, ServerStatus>>
  /** Of servers that have several. */
  readonly accounts: ReadonlyMap<string, Clean>
  /** Servers that nobody has signed in to, although they asked for it. */
  readonly unsigned: readonly string[]
  /** Those of them that the person wants to sign in to later. */
  readonly later: readonly string[]
  readonly model?: string
  /** How full the context of the model is, in percent. */
  readonly context?: number
  readonly folder: string
  readonly status: Status
  readonly panels: readonly Panel[]
  /** Questions that the person has put away until they call them back. */
  readonly away: readonly Panel[]
  /** How many panels were answered since the last time that none was open: for "2 of 3". */
  readonly answered: number
  /** Of the first panel. */
  readonly guard?: Guard
  readonly theme: Theme
  readonly editor: Editor
  readonly mentions: Mentions
  /** Set for a while after Ctrl+C: until when a second one leaves, and what the first one took from the composer. */
  readonly leaving?: { readonly until: number; readonly draft: string }
}

export type Action =
  | Exclude<ChatEvent, { type: 'reply-delta' | 'reply' | 'reasoning-delta' | 'reasoning' | 'tool-output' }>
  /** Lines of the reply `id` that are final, and what comes after them. */
  | { type: 'stream'; id: string; lines: readonly Line[]; tail: readonly Line[] }
  /** The newest lines of what the model thinks; and all of it at the end. */
  | { type: 'reasoning-tail'; text: string }
  | { type: 'reasoned'; text: string }
  | { type: 'progress'; id: string; text: string }
  /** The next blocks are printed. */
  | { type: 'release' }
  /** So many blocks at the front of `done` are on the terminal. */
  | { type: 'printed'; count: number }
  /** The past was printed, what its last block was, and what was printed of it in part. */
  | { type: 'history'; last: string; folded: readonly Folded[]; prompts: readonly string[] }
  /** A text that no panel has room for, for the scrollback, where it can be copied as one line. */
  | { type: 'whole'; text: string }
  | { type: 'panel'; panel: Panel }
  | { type: 'panel-state'; panel: Panel }
  | { type: 'panel-gone'; key: number }
  /** Nobody has typed for a while: the panel takes keys. */
  | { type: 'quiet' }
  | { type: 'stay' }
  | { type: 'theme'; theme: Theme }
  | Given
  | { type: 'close' }

export function newView(options: {
  model?: string
  folder: string
  prompts: readonly string[]
  columns?: number
  theme?: Theme
  servers?: readonly string[]
}): View {
  return {
    columns: options.columns ?? 80,
    theme: options.theme ?? 'auto',
    open: true,
    ready: [],
    done: [],
    drops: 0,
    last: 'header',
    tail: { lines: [], kind: '' },
    tools: [],
    agents: new Map(),
    folded: [],
    unfolded: false,
    busy: false,
    ...{ waiting: [], queued: [], steering: [] },
    status: NEW_STATUS,
    order: options.servers ?? [],
    servers: {},
    accounts: new Map(),
    ...{ unsigned: [], later: [] },
    model: options.model === undefined ? undefined : clean(options.model),
    folder: clean(options.folder, 200),
    ...{ panels: [], away: [], answered: 0 },
    editor: createEditor(options.prompts),
    mentions: { files: [], commands: [] },
  }
}

/** The view after an event. Pure; `now` is in milliseconds since the epoch. */
export function reduce(view: View, action: Action, now: number): View {
  switch (action.type) {
    case 'stream': {
      const kind = `reply ${action.id}`
      const next = action.lines.length === 0 ? view : print(view, kind, action.lines)
      return { ...next, tail: { lines: action.tail, kind }, retry: undefined }
    }
    case 'reasoning-tail':
    case 'reasoned':
      return takeThought(view, action, now)
    case 'agent':
    case 'agent-end':
    case 'progress':
    case 'tool-start':
    case 'tool-end':
      return takeTool(view, action, now)
    case 'shell-start':
    case 'shell-end':
      return takeShell(view, action, now)
    case 'sent':
      return printPart({ ...view, busy: true }, 'prompt', promptBlock(action.text, view.columns))
    case 'user':
      return printPart(view, 'prompt', promptBlock(action.text, view.columns))
    case 'turn-start':
      return { ...view, busy: true }
    case 'interrupted':
      return notice(cancelTools(view, now), 'info', 'interrupted')
    case 'idle':
      return cancelTools({ ...view, busy: false, retry: undefined, status: atRest(view.status) }, now)
    case 'stopped':
    case 'restarting':
      return takeStopped(view, action, now)
    case 'line':
    case 'notice':
      return notice(view, action.level, noticeWords(action))
    case 'error':
      return notice({ ...view, retry: undefined }, 'error', action.text)
    case 'retry':
      return { ...view, retry: action.text }
    case 'server':
    case 'started':
    case 'session':
    case 'usage':
    case 'mode':
    case 'permissions':
    case 'model':
    case 'unsigned':
    case 'doing':
    case 'branch':
    case 'cost':
      return takeStatus(view, action)
    case 'title':
      return view
    case 'account':
      return withAccount(view, action.server, action.account)
    case 'waiting':
      return { ...view, waiting: action.servers.map(name => clean(name)) }
    case 'queued':
      return {
        ...view,
        queued: action.messages.map(message => clean(message, 200)),
        steering: (action.steering ?? []).map(message => clean(message, 200)),
      }
    case 'draft':
    case 'edited':
    case 'files':
    case 'commands':
      return take(view, action)
    case 'history':
      return { ...fold(view, action.folded), last: action.last, editor: knowing(view.editor, action.prompts) }
    case 'whole':
      return print(view, 'whole', linesOf(cleanBlock(action.text)))
    case 'text':
      return print(view, 'whole', listed(cleanBlock(action.text), view.columns, action.diff))
    case 'release':
      return release(view)
    case 'printed':
      return drop(view, action.count)
    case 'panel':
    case 'panel-state':
    case 'panel-gone':
    case 'quiet':
      return takePanel(view, action, now)
    case 'stay':
      return view.leaving === undefined ? view : { ...view, leaving: undefined }
    case 'theme':
      return { ...view, theme: action.theme }
    case 'close':
      return {
        ...cancelTools({ ...view, open: false }, now),
        tail: { lines: [], kind: '' },
        panels: [],
        away: [],
      }
  }
}
