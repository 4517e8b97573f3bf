import type { Dispatcher } from 'undici'
import type { Fetch } from './auth/http.ts'
import { codeOf, HostError } from './errors.ts'
import { type Clean, clean, hostOf } from './text.ts'

/** What never goes through a proxy, whatever `NO_PROXY` says. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1']

/**
 * A `fetch` that goes through the proxy which `HTTPS_PROXY` or `HTTP_PROXY` names, except to loopback and to the hosts in
 * `NO_PROXY`; `direct` where no proxy is named, or `NO_PROXY` has a `*`. Names in lower case come first, as everywhere. The library for it is loaded
 * with the first request. Where the proxy is at fault, an `http-proxy` HostError is thrown or is the cause of what is.
 */
export function proxiedFetch(env: Readonly<Record<string, string>>, direct: Fetch): Fetch {
  const variable = (name: string) => env[name.toLowerCase()] ?? env[name] ?? ''
  const name = variable('HTTPS_PROXY') === '' ? 'HTTP_PROXY' : 'HTTPS_PROXY'
  const proxy = variable(name)
  const exempt = variable('NO_PROXY').split(/[,\s]+/)
  if (proxy === '' || exempt.includes('*')) return direct
  let loaded: Promise<Fetch> | undefined
  return async (url, request) => {
    loaded ??= load(name, proxy, [...exempt, ...LOOPBACK])
    const proxied = await loaded
    return proxied(url, request)
  }
}

async function load(name: string, proxy: string, exempt: readonly string[]): Promise<Fetch> {
  // A bundle knows only the default export of a CommonJS package.
  const { EnvHttpProxyAgent, fetch, Pool } = (await import('undici')).default
  const address = URL.parse(proxy.includes('://') ? proxy : `http://${proxy}`)
  const unusable = new HostError('http-proxy', `in ${name} is not the address of an http or https proxy`)
  if (address === null || !/^https?:$/.test(address.protocol)) throw unusable
  const blame = blameProxy(hostOf(address.href))
  try {
    const dispatcher = new EnvHttpProxyAgent({
      httpProxy: address.href,
      httpsProxy: address.href,
      noProxy: exempt.map(bracketed).join(','),
      // As in Node's own fetch.
      allowH2: false,
      clientFactory: (origin, options) => new Pool(origin, options).compose(blame),
    })
    return (url, request) => fetch(url, { ...request, dispatcher })
  } catch {
    throw unusable
  }
}

/** An IPv6 address as it stands in an address: without brackets its last group would be taken for a port. */
function bracketed(entry: string): string {
  return URL.parse(`http://[${entry}]`)?.hostname ?? entry
}

/** Tells the faults of the proxy itself from those of the servers behind it. All that it is asked for is a tunnel (CONNECT). */
function blameProxy(host: Clean): Dispatcher.DispatcherComposeInterceptor {
  return dispatch => (options, handler) => {
    const to = clean(options.path, 255)
    const fail = (controller: Dispatcher.DispatchController, why: string) =>
      handler.onResponseError?.(controller, new HostError('http-proxy', `${host} ${why}`))
    return dispatch(options, {
      onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
      onRequestUpgrade(controller, status, headers, socket) {
        if (status === 200) return handler.onRequestUpgrade?.(controller, status, headers, socket)
        socket.destroy()
        fail(controller, refusal(status, to))
      },
      onResponseError: (controller, error) => fail(controller, fault(error)),
    })
  }
}

function refusal(status: number, to: Clean): string {
  return status === 407
    ? 'wants a user name and password: add them to its address, http://name:password@host:port'
    : `did not connect to ${to} (status ${status})`
}

function fault(error: Error): string {
  const code = String(codeOf(error) ?? '')
  const tls = /CERT|SELF_SIGNED|UNABLE_TO_/.test(code)
  return tls ? 'has a certificate that is not valid' : 'cannot be reached'
}
