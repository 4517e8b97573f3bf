import type { Authenticator } from '../auth/authenticator.ts'
import { scopeTokens } from '../auth/scope.ts'
import type { Journal } from '../auth/store/journal.ts'
import type { AuthRequest, TokenStore, WebUrl } from '../auth/types.ts'
import type { Clean } from '../text.ts'

/** More than the journal holds. */
const WHOLE_JOURNAL = 100_000
/** How a request for more rights ends that may be made again. */
const LEFT_OUT = ['sign-in-needed', 'cancelled', 'later']

interface MissingPorts {
  journal: Pick<Journal, 'read'>
  store: Pick<TokenStore, 'list'>
}

/**
 * The engine of `auth login`: where a run has missed rights that nobody was there to give, they are asked for first, as the step-up
 * that the run could not have. Without them a sign-in that is kept would answer, and the run fail again.
 */
export function withMissingRights(engine: Authenticator, { journal, store }: MissingPorts): Authenticator {
  const asked = new Set<string>()
  return {
    ...engine,
    async authenticate(request, signal) {
      const { url } = request.server
      const scope = request.reason === 'initial' && !asked.has(url) ? await missing(request) : undefined
      asked.add(url)
      if (scope === undefined) return engine.authenticate(request, signal)
      return engine.authenticate(
        { ...request, reason: 'upscope', challenge: { ...request.challenge, scope } },
        signal,
      )
    },
  }

  async function missing({ server }: AuthRequest): Promise<string | undefined> {
    const slot = await engine.accounts.inUse(server)
    return missingRights({ url: server.url, slot }, { journal, store })
  }
}

/**
 * The rights that a run has asked for in the name of this account, and that nobody has given since, separated by spaces. None
 * for who is not signed in: they are asked for everything anyway.
 */
export async function missingRights(
  { url, slot }: { url: WebUrl; slot: Clean | undefined },
  { journal, store }: MissingPorts,
): Promise<string | undefined> {
  const kept = await store.list()
  if (!kept.some(entry => entry.server === url && entry.slot === slot)) return undefined
  const entries = (await journal.read(WHOLE_JOURNAL)).filter(entry => entry.url === url)
  const at = entries.findLastIndex(
    ({ reason, account, scope }) => reason === 'upscope' && account === slot && scope !== undefined,
  )
  const last = entries[at]
  if (last === undefined || !LEFT_OUT.includes(last.outcome)) return undefined
  const wanted = scopeTokens(last.scope)
  const given = entries.slice(at + 1).some(({ outcome, scope }) => {
    const rights = scopeTokens(scope)
    return outcome === 'signed-in' && wanted.every(right => rights.includes(right))
  })
  return given || wanted.length === 0 ? undefined : wanted.join(' ')
}
