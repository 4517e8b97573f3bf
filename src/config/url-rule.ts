/** What a rule for addresses names. */
interface UrlRule {
  /** With its colon. */
  scheme?: string
  /** True for `*.host`: what is below it. */
  below: boolean
  host: string
  port?: string
  path: string
}

const FORM = 'it must look like example.com, *.example.com, https://example.com/docs'

/** What is wrong with a rule for addresses, as the end of a sentence; undefined if nothing is: one that could match nothing. */
export function urlRuleFault(rule: string): string | undefined {
  const read = readRule(rule)
  return 'fault' in read ? read.fault : undefined
}

/** True for an address at the host of the rule, or below it, whose path is that of the rule or begins with it. */
export function matchesUrl(rule: string, address: string): boolean {
  const wanted = readRule(rule)
  const url = URL.parse(address)
  if ('fault' in wanted || url === null) return false
  const { scheme, below, port, path } = wanted
  if (scheme === undefined ? !/^https?:$/.test(url.protocol) : url.protocol !== scheme) return false
  // As it is written beside this scheme: 443 is not there beside https.
  if (port !== undefined && new URL(`${url.protocol}//host:${port}`).port !== url.port) return false
  const host = hostOf(url)
  if (below ? !host.endsWith(`.${wanted.host}`) : host !== wanted.host) return false
  const asked = plainPath(url)
  return asked === path || asked.startsWith(`${path}/`)
}

/** `%64ocs` is `docs` (RFC 3986, section 6.2.2): what needs no escape has none, and the others are in capitals. */
function plainPath({ pathname }: URL): string {
  return pathname.replaceAll(/%[0-9a-f]{2}/gi, escaped => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : escaped.toUpperCase()
  })
}

/** Read as the address is, so that both are in the same form. */
function readRule(rule: string): UrlRule | { fault: string } {
  const [, scheme, rest = ''] = /^(?:([a-z][a-z\d+.-]*):\/\/)?(.*)$/is.exec(rule.trim()) ?? []
  const below = rest.startsWith('*.')
  const place = below ? rest.slice(2) : rest
  const [authority = ''] = place.split(/[/\\?#]/)
  const url =
    /\p{Cc}|^$/u.test(authority) || authority.endsWith(':')
      ? null
      : URL.parse(`${scheme ?? 'https'}://${place}`)
  const host = url && hostOf(url)
  if (!url || !host) return { fault: `names no host: ${FORM}` }
  if (host.includes('*')) return { fault: `takes * only as *. before a host: ${FORM}` }
  if (below && /^\[|^[\d.]+$/.test(host)) return { fault: `has *. before a number: ${FORM}` }
  if (authority.includes('@')) return { fault: `has a user name or a password: ${FORM}` }
  if (/[*?#]/.test(place)) return { fault: 'has *, ? or # in it: a path counts with all that is below it' }
  return {
    scheme: scheme && url.protocol,
    below,
    host,
    port: /:(\d+)$/.exec(authority)?.[1],
    path: plainPath(url).replace(/\/$/, ''),
  }
}

/** With a dot at its end a name is the same host. */
function hostOf(url: URL): string {
  return url.hostname.toLowerCase().replace(/\.$/, '')
}
