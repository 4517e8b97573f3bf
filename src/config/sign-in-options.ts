import { addressFault } from './address.ts'

/** What a person can say about the sign-in to a server; the addresses are judged by the functions below. */
export interface SignInOptions {
  clientMetadataUrl?: string
  redirectPort?: number
  callbackUrl?: string
  identity?: boolean
}

/**
 * What is wrong with the address of a client-id metadata document, as the end of a sentence; undefined if nothing is. It is
 * the client id as well, and is compared letter by letter: only the form that every URL parser leaves as it is will do.
 */
export function clientMetadataUrlFault(text: string): string | undefined {
  const fault = addressFault(text)
  if (fault !== undefined) return fault
  const url = new URL(text)
  if (url.protocol !== 'https:') return 'does not begin with https://'
  if (url.pathname === '/') return 'has no path (https://host/path)'
  if (/[?#]/.test(text)) return 'holds a ? or #'
  if (url.href !== text)
    return 'is not in plain form (host in small letters, no :443, no . or .. in the path)'
  return undefined
}

/** The same for the address under which a browser reaches our listener: https, or this machine itself. */
export function callbackUrlFault(text: string): string | undefined {
  const fault = addressFault(text)
  if (fault !== undefined) return fault
  const url = new URL(text)
  if (url.protocol !== 'https:' && !['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)) {
    return 'does not begin with https:// (http:// is for this machine only)'
  }
  return /[?#]/.test(text) ? 'holds a ? or #' : undefined
}
