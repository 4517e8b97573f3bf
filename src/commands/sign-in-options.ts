import type { ServerOptions, WebUrl } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import type { Configuration } from '../config/configuration.ts'
import type { Servers } from '../config/servers.ts'
import { SERVER_SETTINGS, SETTINGS, type Setting } from '../config/setting.ts'
import type { ServerConfig } from '../runtime/types.ts'
import type { ChatOptions } from './options.ts'

type Named = Pick<Servers, 'options' | 'origins'>
type Find = Pick<Configuration, 'find'>

/**
 * What is configured for the sign-in to a server, by its name: the command line is about this run and comes first, then what is
 * said of this server (in our own files before its entry), then what is said of all of them.
 */
export function signInOptions(
  flags: Pick<ChatOptions, 'clientMetadataUrl' | 'callbackUrl'>,
  servers: Named,
  configuration: Find,
): (server: { name: string }) => ServerOptions {
  const general = {
    clientMetadataUrl: configuration.find(SETTINGS.clientMetadataUrl)?.value,
    callbackUrl: configuration.find(SETTINGS.callbackUrl)?.value,
  }
  return ({ name }) => {
    const entry = Object.hasOwn(servers.options, name) ? servers.options[name] : undefined
    const own = ownValues(name, servers, configuration)
    const { clientMetadataUrl, callbackUrl } = SERVER_SETTINGS
    return {
      clientMetadataUrl: judged(
        flags.clientMetadataUrl ??
          own(clientMetadataUrl, entry?.clientMetadataUrl) ??
          general.clientMetadataUrl,
        'the client-id metadata document',
      ),
      redirectPort: own(SERVER_SETTINGS.redirectPort, entry?.redirectPort),
      callbackUrl: judged(
        flags.callbackUrl ?? own(callbackUrl, entry?.callbackUrl) ?? general.callbackUrl,
        'the callback address',
      ),
      identity: own(SERVER_SETTINGS.identity, entry?.identity),
      scopes: own(SERVER_SETTINGS.scopes, undefined),
      route: own(SERVER_SETTINGS.route, undefined),
    }
  }
}

/** The servers as the runtime is told of them, with the client id and the port that our own files say. */
export function configuredServers(servers: Servers, configuration: Find): Record<string, ServerConfig> {
  const each = Object.entries(servers.servers).map(([name, config]): [string, ServerConfig] => {
    if (!('url' in config)) return [name, config]
    const own = ownValues(name, servers, configuration)
    const oauthClientId = own(SERVER_SETTINGS.clientId, config.oauthClientId)
    const theirs = typeof config.auth === 'object' ? config.auth.redirectPort : undefined
    const redirectPort = own(SERVER_SETTINGS.redirectPort, theirs)
    return [
      name,
      {
        ...config,
        ...(oauthClientId !== undefined && { oauthClientId }),
        ...(redirectPort !== undefined && config.auth !== false && { auth: { redirectPort } }),
      },
    ]
  })
  return Object.fromEntries(each)
}

/** An entry that was named on the command line comes before our files, any other one behind them. */
function ownValues(name: string, { origins }: Pick<Servers, 'origins'>, configuration: Find) {
  const first = Object.hasOwn(origins, name) && origins[name] === 'flag'
  return <T>(setting: Setting<T>, entry: T | undefined): T | undefined => {
    const ours = configuration.find(setting, name)?.value
    return first ? (entry ?? ours) : (ours ?? entry)
  }
}

function judged(address: string | undefined, what: string): WebUrl | undefined {
  return address === undefined ? undefined : webUrl(address, what)
}
