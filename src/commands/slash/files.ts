import { relative, resolve, sep } from 'node:path'
import { readStoredEvents } from '../../runtime/stored-events.ts'
import type { FileUse } from '../../runtime/types.ts'
import { clean } from '../../text.ts'
import { cells, padCells } from '../../ui/width.ts'
import { type SlashCommand, type SlashPorts, say, sayAll, sessionOf } from './command.ts'

/** So many files are listed. */
const LISTED = 100

/** `/files`. */
export const FILE_COMMANDS: readonly SlashCommand[] = [
  { name: 'files', what: 'the files that were changed, read or attached', run: list },
]

/** From the log, so that what was said before a resume counts too. */
async function list(_input: string, ports: SlashPorts): Promise<void> {
  const { host, settings, current } = ports
  const { session } = await sessionOf(ports)
  const none = 'no file was changed, read or attached yet'
  if (!current.state.said) return say(ports, none)
  const { folder } = settings.session
  const uses = new Map<string, Set<FileUse['how']>>()
  const running = new Map<string, readonly FileUse[]>()
  const note = (files: readonly FileUse[]) => {
    for (const { path, how } of files) {
      const absolute = resolve(folder, path)
      uses.set(absolute, (uses.get(absolute) ?? new Set()).add(how))
    }
  }
  for await (const stored of readStoredEvents(settings.folders.copilot, session.id)) {
    host.signal.throwIfAborted()
    if (stored.kind === 'damaged') continue
    const { event } = stored
    if (event.type === 'user') note(event.files ?? [])
    else if (event.type === 'tool-start' && event.files) running.set(event.id, event.files)
    else if (event.type === 'tool-end') {
      if (event.end === 'ok') note(running.get(event.id) ?? [])
      running.delete(event.id)
    }
  }
  if (uses.size === 0) return say(ports, none)
  const rows = [...uses].map(([path, how]) => ({
    what: ORDER.filter(each => how.has(each)).join(', '),
    path: clean(shown(path, folder), 300),
  }))
  const shownRows = rows.sort((one, other) => (one.path < other.path ? -1 : 1)).slice(0, LISTED)
  const width = Math.max(...shownRows.map(({ path }) => cells(path)))
  sayAll(ports, [
    ...shownRows.map(({ what, path }) => `${padCells(path, Math.min(width, 50))}  ${what}`),
    ...(rows.length > LISTED ? [`${rows.length - LISTED} more`] : []),
  ])
}

const ORDER: readonly FileUse['how'][] = ['changed', 'read', 'attached']

/** From the folder, for what lies in it. */
function shown(path: string, folder: string): string {
  return path.startsWith(`${folder}${sep}`) ? relative(folder, path) : path
}
