import { discover, type Target } from '../auth/discovery.ts'
import { createHttp } from '../auth/http.ts'
import { judgeIssuer, sameIssuer } from '../auth/metadata.ts'
import type { AuthRequest, TokenStore, WebUrl } from '../auth/types.ts'
import { HostError, hostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { type Clean, hostOf } from '../text.ts'

export interface IssuerSearch {
  server: { name: Clean; url: WebUrl }
  /** The issuer that the person named, as it was typed. */
  named: string | undefined
  /** True for a client that acts for itself: then nobody has to be able to sign in there. */
  machine: boolean
  store: Pick<TokenStore, 'knownIssuer' | 'clientIssuers'>
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
    const same = named === undefined ? issuer : issuers.find(each => sameIssuer(each, named))
    if (same === undefined) warn(`${server.name} does not name it, but signs in at ${hostOf(issuer)}`)
    return same ?? named ?? issuer
  } catch (thrown) {
    host.signal.throwIfAborted()
    if (named !== undefined) return named
    const { message } = hostError(thrown, `${server.name} cannot be reached`)
    throw new HostError('sign-in-failed', `${message}; --issuer <url> names the sign-in server`)
  }
}

/** All issuers that a client is kept for, or only the one that was named, without a question to any server. */
export async function keptIssuers(search: IssuerSearch): Promise<string[]> {
  const named = judgeNamed(search)
  const issuers = await search.store.clientIssuers(search.server.url)
  return issuers.filter(issuer => named === undefined || sameIssuer(issuer, named))
}

async function target(
  { server, machine, store }: IssuerSearch,
  first: string | undefined,
  host: Host,
): Promise<Target> {
  const request: AuthRequest = {
    ...{ id: 'auth client', server, reason: 'initial', challenge: {}, calls: [] },
    client: machine ? { id: 'to be set', grant: 'client_credentials' } : undefined,
  }
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
