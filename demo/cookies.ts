/** A cookie jar for loopback servers: name, path and end; there are no domains and no https here. */
export interface Cookies {
  store(url: URL, lines: readonly string[]): void
  /** The `Cookie` header for an address; empty when there is none. */
  header(url: URL): string
}

interface Cookie {
  origin: string
  path: string
  name: string
  value: string
}

export function createCookies(): Cookies {
  const jar = new Map<string, Cookie>()
  return {
    store(url, lines) {
      for (const line of lines) {
        const [pair = '', ...attributes] = line.split(';').map(part => part.trim())
        const [name = '', ...rest] = pair.split('=')
        const attribute = (wanted: string) =>
          attributes.find(one => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1)
        const cookie = { origin: url.origin, path: attribute('path') ?? '/', name, value: rest.join('=') }
        const key = `${cookie.origin} ${cookie.path} ${name}`
        const expires = Date.parse(attribute('expires') ?? '')
        if (cookie.value === '' || expires <= Date.now()) jar.delete(key)
        else jar.set(key, cookie)
      }
    },
    header(url) {
      const under = (path: string) =>
        url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
      return [...jar.values()]
        .filter(cookie => cookie.origin === url.origin && under(cookie.path))
        .map(cookie => `${cookie.name}=${cookie.value}`)
        .join('; ')
    },
  }
}
