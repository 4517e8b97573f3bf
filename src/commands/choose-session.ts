import type { Host } from '../host.ts'
import { readStoredTail } from '../runtime/stored-events.ts'
import type { SessionSummary } from '../runtime/types.ts'
import { type Clean, clean } from '../text.ts'
import type { Chat } from '../ui/types.ts'
import { listSessions } from './pick-session.ts'
import { tilde } from './place.ts'

export interface ChoosePorts {
  chat: Pick<Chat, 'ask'>
  host: Host
  copilotHome: string
}

/** How many sessions are offered at once. */
const PAGE = 10
const OLDER = 'older'

/**
 * Lets the person choose a session; those of this folder come first, and of the marked one its last words are shown, from its
 * log: nothing is resumed. Gives its id, or undefined.
 */
export async function chooseSession(
  sessions: readonly SessionSummary[],
  ports: ChoosePorts,
): Promise<string | undefined> {
  const { chat, host } = ports
  const here = sessions.filter(({ folder }) => folder === host.folder)
  const all = [...here, ...sessions.filter(session => !here.includes(session))]
  const titles = listSessions(all, host.clock.now())
  for (let from = 0; from < all.length; from += PAGE) {
    const page = all.slice(from, from + PAGE)
    const offered = await Promise.all(
      page.map(async (session, at) => ({
        value: session.id,
        title: titles[from + at] ?? clean(session.id),
        details: await detailsOf(session, ports),
      })),
    )
    const left = all.length - from - page.length
    const older = left > 0 ? [{ value: OLDER, title: clean(`older ones (${left})`) }] : []
    const answer = await chat.ask(
      {
        ...{ id: 'resume', kind: 'question', freeform: false },
        ...{ text: 'Which session?', choices: [...offered, ...older] },
      },
      host.signal,
    )
    if (answer.kind !== 'text') return undefined
    if (answer.text !== OLDER) return answer.text
  }
  return undefined
}

/** Where it was, what was said to it last, and what came back. */
async function detailsOf(
  { id, folder }: SessionSummary,
  { host, copilotHome }: ChoosePorts,
): Promise<Clean[]> {
  const events = await readStoredTail(copilotHome, id)
  const at = events.findLastIndex(event => event.type === 'user')
  const said = events[at]
  const reply = events.slice(at + 1).findLast(event => event.type === 'reply')
  const lines = [
    folder === undefined || folder === host.folder ? '' : `in ${tilde({ folder, home: host.home })}`,
    said?.type === 'user' ? `› ${said.text}` : '',
    reply?.type === 'reply' ? reply.text : '',
  ]
  return lines.map(text => clean(text, 200)).filter(text => text !== '')
}
