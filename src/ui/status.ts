import type { Mode, PermissionMode } from '../runtime/types.ts'
import { clean } from '../text.ts'
import type { View } from './state.ts'
import { MODE_WORDS, modelWords, PERMISSION_WORDS, TRY_AGAIN } from './status-words.ts'
import { notice } from './transcript/print.ts'
import type { ChatEvent } from './types.ts'

/** What the status line tells besides model, folder and context. */
export interface Status {
  readonly mode: Mode
  readonly permissions: PermissionMode
  /** How hard the model thinks, where that was chosen. */
  readonly effort?: string
  readonly branch?: string
  readonly premiumRequests: number
  /** What the model says that it is doing. */
  readonly doing?: string
  /** Since the runtime has stopped, until a session is there again. */
  readonly stopped?: 'stopped' | 'restarting'
}

export const NEW_STATUS: Status = { mode: 'interactive', permissions: 'manual', premiumRequests: 0 }

/** ... when the turn is over. */
export function atRest(status: Status): Status {
  return status.doing === undefined ? status : { ...status, doing: undefined }
}

type StatusEvent = Extract<
  ChatEvent,
  {
    type:
      | 'server'
      | 'started'
      | 'session'
      | 'usage'
      | 'mode'
      | 'permissions'
      | 'model'
      | 'branch'
      | 'cost'
      | 'unsigned'
      | 'doing'
  }
>

/** The view after an event that changes the status line only. */
export function takeStatus(view: View, event: StatusEvent): View {
  const { status } = view
  switch (event.type) {
    case 'server': {
      const next = { ...view, servers: { ...view.servers, [event.name]: event.status } }
      if (event.status !== 'failed' || view.servers[event.name] === 'failed') return next
      const why = event.error ? `: ${event.error}` : ''
      return notice(next, 'warning', `${event.name} is not available${why}; ${TRY_AGAIN}`)
    }
    case 'started': {
      const next = { ...view, model: event.model ?? view.model }
      return event.alreadyInUse
        ? notice(next, 'warning', 'this session is open in another program as well')
        : next
    }
    case 'session':
      return {
        ...view,
        ...{ servers: {}, unsigned: [], later: [], waiting: [], context: undefined },
        status: { ...NEW_STATUS, branch: status.branch },
        model: event.model === undefined ? view.model : clean(event.model),
      }
    case 'doing':
      return { ...view, status: { ...status, doing: event.text || undefined } }
    case 'unsigned':
      return {
        ...view,
        unsigned: event.servers.map(name => clean(name)),
        later: event.later.map(name => clean(name)),
      }
    case 'usage':
      return event.limit > 0
        ? { ...view, context: Math.min(100, Math.round((100 * event.tokens) / event.limit)) }
        : view
    case 'mode':
      if (event.mode === status.mode) return view
      return notice({ ...view, status: { ...status, mode: event.mode } }, 'info', MODE_WORDS[event.mode])
    case 'permissions':
      if (event.mode === status.permissions) return view
      return notice(
        { ...view, status: { ...status, permissions: event.mode } },
        event.mode === 'allow-all' ? 'warning' : 'info',
        PERMISSION_WORDS[event.mode],
      )
    case 'model':
      return notice(
        { ...view, model: event.model, status: { ...status, effort: event.effort } },
        'info',
        `model: ${modelWords(event.model, event.effort)}`,
      )
    case 'branch': {
      const branch = event.branch === undefined ? undefined : clean(event.branch, 60)
      return branch === status.branch ? view : { ...view, status: { ...status, branch } }
    }
    case 'cost': {
      const { premiumRequests } = event
      return premiumRequests === status.premiumRequests
        ? view
        : { ...view, status: { ...status, premiumRequests } }
    }
  }
}
