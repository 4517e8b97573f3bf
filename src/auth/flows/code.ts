import { HostError } from '../../errors.ts'
import type { Clean } from '../../text.ts'
import { authorizationUrl, judgeRedirect, newProof } from '../authorization.ts'
import { findClient } from '../client.ts'
import { exchangeCode } from '../token.ts'
import type { Client, WebUrl } from '../types.ts'
import { loopbackPort } from '../url.ts'
import type { FlowInput, SignedIn } from './flow.ts'
import { type After, type Page, type PageName, page } from './page.ts'
import type { Listen } from './shared-listener.ts'

/** Where the browser comes back to, and what its page says besides the outcome. */
export interface Landing {
  listen: Listen
  /** The terminal to go back to. */
  place?: Clean
  /** What comes behind this sign-in in the same tab. */
  after(signal: AbortSignal): Promise<After | undefined>
  /** Aborted when nobody waits for the sign-in any more; that it is over does not count. */
  withdrawn: AbortSignal
  /** Gets what goes on when the tokens are there: the last page, until it has left and the port is free. */
  beside(work: Promise<void>): void
}

/** A code flow that waits for the person to come back from the sign-in page. */
export interface WaitingCode {
  url: WebUrl
  client: Client
  /** The port of our listener on loopback, where the page leads back to it. */
  port?: number
  /** Takes the address that the browser ended at. False: it is not the answer to this sign-in. */
  paste(address: string): boolean
}

/**
 * Authorization code with PKCE (RFC 6749 4.1, 7636) on a loopback listener (RFC 8252 7.3). The client is found or registered
 * for the very address that is bound. `ready` is called when the person can go to the sign-in page. What comes to the
 * listener or is pasted goes through one judge; what does not belong to this sign-in changes nothing.
 */
export async function signInByCode(
  input: FlowInput & { landing: Landing },
  ready: (waiting: WaitingCode) => void,
  signal: AbortSignal,
): Promise<SignedIn> {
  const { request, target, scope, http, clock, landing } = input
  const proof = newProof()
  const answer = Promise.withResolvers<URLSearchParams>()
  const lastPage = Promise.withResolvers<Page>()
  const about = { server: request.server.name, place: landing.place }
  answer.promise.catch(() => {})
  let judge: (query: URLSearchParams) => URLSearchParams | undefined = () => undefined
  let answered = false
  /** A browser brought the answer and waits for the last page. */
  let visited = false

  /** The first query that belongs to this sign-in decides it; the browser learns how it ended. */
  function receive(query: URLSearchParams): 'taken' | 'used' | 'refused' {
    try {
      const parameters = judge(query)
      if (parameters === undefined) return 'refused'
      if (answered) return 'used'
      answer.resolve(parameters)
    } catch (error) {
      if (answered) return 'used'
      answer.reject(error)
    }
    answered = true
    return 'taken'
  }

  /** Tells the browser how it ended and what comes behind it, and frees the port. */
  async function leave(name: PageName, within: AbortSignal): Promise<void> {
    if (visited) {
      const after = await landing.after(within).catch(() => undefined)
      lastPage.resolve(page(name, { ...about, after }))
    }
    await listener.close()
  }

  const { redirectPort, callbackUrl, everywhere } = input.options
  const port = redirectPort ?? request.redirectPort ?? redirectPortOf(input.client)
  const listener = await landing.listen({ port, callbackUrl, everywhere }, async query => {
    const received = receive(query)
    if (received === 'refused') return undefined
    if (received === 'used') return page('used', about)
    visited = true
    return lastPage.promise
  })
  const { redirectUri } = listener
  const stop = () => answer.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    const client = await findClient(
      { request, target, options: input.options, stored: input.client, redirectUri, scope, http },
      signal,
    )
    const { chooseAccount, loginHint } = input
    const url = await authorizationUrl({
      target,
      client,
      redirectUri,
      scope,
      proof,
      chooseAccount,
      loginHint,
    })
    judge = query => judgeRedirect(query, { target, client, state: proof.state })
    signal.throwIfAborted()
    ready({
      url,
      client,
      port: loopbackPort(redirectUri),
      paste: address => receive(queryOf(address)) !== 'refused',
    })
    const parameters = await answer.promise
    const at = clock.now()
    const { verifier } = proof
    const tokens = await exchangeCode(
      { target, client, http, answer: parameters, redirectUri, verifier },
      signal,
    )
    // Not awaited: nothing that happens while the page waits for the next one may cost the tokens.
    landing.beside(leave('signed-in', landing.withdrawn))
    return { tokens, client, at }
  } catch (error) {
    const denied = error instanceof HostError && error.kind === 'sign-in-denied'
    await leave(denied ? 'declined' : 'failed', signal)
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** The port of a client's registered redirect address: used again, so that one registration serves every sign-in. */
export function redirectPortOf(client: Client | undefined): number | undefined {
  for (const uri of client?.redirectUris ?? []) {
    const url = URL.parse(uri)
    if (url && /^(127\.0\.0\.1|\[::1\])$/.test(url.hostname) && url.port !== '') return Number(url.port)
  }
  return undefined
}

/** People paste the whole address or what comes after the `?`, with what their terminal has put round and into it. */
function queryOf(address: string): URLSearchParams {
  const text = address.replaceAll(/\s/g, '').replace(/^["'<]|[">']$/g, '')
  return URL.parse(text)?.searchParams ?? new URLSearchParams(text.slice(text.indexOf('?') + 1))
}
