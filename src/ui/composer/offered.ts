import type { ChatPorts } from '../types.ts'
import type { ComposeEffect, Given } from './compose.ts'

export type OfferEffect = Extract<ComposeEffect, { type: 'files' | 'commands' }>

/** What the host has to complete a name with; nothing where it has none. */
export async function offered(
  wanted: OfferEffect,
  { listFiles, listCommands }: Pick<ChatPorts, 'listFiles' | 'listCommands'>,
): Promise<Given | undefined> {
  if (wanted.type === 'files') {
    const files = await listFiles?.()
    return files && { type: 'files', files }
  }
  const commands = await listCommands?.(wanted.behind)
  return commands && { type: 'commands', commands }
}
