import type { ServerOptions, WebUrl } from '../auth/types.ts'
import { webUrl } from '../auth/url.ts'
import type { Environment } from '../config/environment.ts'
import { callbackUrlFault, clientMetadataUrlFault, type SignInOptions } from '../config/sign-in-options.ts'
import { HostError } from '../errors.ts'
import type { ChatOptions } from './options.ts'

/**
 * What is configured for the sign-in to a server, by its name: the command line is about this run and comes first, then the
 * server's own entry, then the environment, which is for all servers. Throws HostError `config` naming a bad variable.
 */
export function signInOptions(
  flags: Pick<ChatOptions, 'clientMetadataUrl' | 'callbackUrl'>,
  entries: Readonly<Record<string, SignInOptions>>,
  env: Environment,
): (server: { name: string }) => ServerOptions {
  const general: SignInOptions = {
    clientMetadataUrl: address(env, 'COPILOT_HOST_CLIENT_METADATA_URL', clientMetadataUrlFault),
    callbackUrl: address(env, 'COPILOT_HOST_CALLBACK_URL', callbackUrlFault),
  }
  return ({ name }) => {
    const own = Object.hasOwn(entries, name) ? entries[name] : undefined
    const clientMetadataUrl = flags.clientMetadataUrl ?? own?.clientMetadataUrl ?? general.clientMetadataUrl
    const callbackUrl = flags.callbackUrl ?? own?.callbackUrl ?? general.callbackUrl
    return {
      clientMetadataUrl: judged(clientMetadataUrl, 'the client-id metadata document'),
      redirectPort: own?.redirectPort,
      callbackUrl: judged(callbackUrl, 'the callback address'),
      identity: own?.identity,
    }
  }
}

function address(env: Environment, name: string, fault: (text: string) => string | undefined) {
  // A line end comes along when a value was read from a file.
  const value = env[name]?.trim() || undefined
  const found = value === undefined ? undefined : fault(value)
  if (found !== undefined) throw new HostError('config', `${name} ${found}`)
  return value
}

function judged(address: string | undefined, what: string): WebUrl | undefined {
  return address === undefined ? undefined : webUrl(address, what)
}
