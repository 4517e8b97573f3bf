import type { Probed } from '../auth/probe.ts'
import type { RemoteServer } from './find-server.ts'

type Config = Pick<RemoteServer['config'], 'headers'> | undefined

/** Why an answer without all headers says nothing, as a line ends with it. */
export const WHY_NOT_CHECKED = 'its headers have variables, which are filled in only in a chat'

/** The headers that the configuration adds to every request; those with a variable in them only the runtime can fill in. */
export function literalHeaders(config: Config): Record<string, string> {
  return Object.fromEntries(headersOf(config).filter(([, value]) => !hasVariable(value)))
}

/** Whether there are others: a server that refuses us may let a session in. */
export function leavesOut(config: Config): boolean {
  return headersOf(config).some(([, value]) => hasVariable(value))
}

/** Whether this refusal may be for want of those. */
export function saysNothing({ state }: Pick<Probed, 'state'>, config: Config): boolean {
  return (state === 'refused' || state === 'more-rights') && leavesOut(config)
}

function headersOf(config: Config): [name: string, value: string][] {
  return Object.entries(config?.headers ?? {})
}

function hasVariable(value: string): boolean {
  return value.includes('$')
}
