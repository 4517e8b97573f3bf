import { discover, type Target } from '../auth/discovery.ts'
import { createHttp } from '../auth/http.ts'
import { judgeIssuer } from '../auth/metadata.ts'
import type { TokenStore, WebUrl } from '../auth/types.ts'
import { HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { type Clean, hostOf } from '../text.ts'

export interface IssuerSearch {
  server: { name: Clean; url: WebUrl }
  /** The issuer that the person named, as it was typed. */
  named: string | undefined
  store: Pick<TokenStore, 'knownIssuer'>
  /** Takes one line for the person. */
  warn: (line: string) => void
}

/**
 * The issuer whose client the person means: the one that was named, in the spelling of the server if that names it too; else
 * the one that is in use, or would be. Throws HostError `usage` for a bad address, `sign-in-failed` when none is found.
 */
export async function issuerOf(search: IssuerSearch, host: Host): Promise<string> {
  const { server, warn } = search
  const named = judgeNamed(search)
  try {
    const { issuer, issuers } = await target(search, named, host)
    const same = named === undefined ? issuer : issuers.find(each => plain(each) === plain(named))
    if (same === undefined) warn(`${server.name} does not name it, but signs in at ${hostOf(issuer)}`)
    return same ?? named ?? issuer
  } catch (thrown) {
    host.signal.throwIfAborted()
    if (named !== undefined) return named
    const { message } = hostError(thrown, `${server.name} cannot be reached`)
    throw new HostError('sign-in-failed', `${message}; --issuer <url> names the sign-in server`)
  }
}

/** All issuers that may have a client for this server, without a failure when it cannot be reached. */
export async function issuersOf(search: IssuerSearch, host: Host): Promise<string[]> {
  const named = judgeNamed(search)
  if (named !== undefined) return [...new Set([named, plain(named), `${plain(named)}/`])]
  const found = await target(search, undefined, host).catch(() => undefined)
  host.signal.throwIfAborted()
  const known = await search.store.knownIssuer(search.server.url)
  return [...new Set([...(found?.issuers ?? []), ...(known ? [known.issuer] : [])])]
}

async function target(
  { server, store }: IssuerSearch,
  first: string | undefined,
  host: Host,
): Promise<Target> {
  const request = { id: 'auth client', server, reason: 'initial', challenge: {}, calls: [] } as const
  const known = first ?? (await store.knownIssuer(server.url))?.issuer
  return discover(request, createHttp(host.fetch), host.signal, known)
}

function judgeNamed({ named, server }: IssuerSearch): string | undefined {
  if (named === undefined) return undefined
  try {
    return judgeIssuer(named, server.url)
  } catch (cause) {
    const { detail } = hostError(cause, 'not an address')
    throw new HostError('usage', `--issuer: ${detail}`, { cause })
  }
}

/** One slash at the end makes no other issuer. */
function plain(issuer: string): string {
  return issuer.replace(/\/$/, '')
}
