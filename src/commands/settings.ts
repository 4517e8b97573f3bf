import type { KeychainProcess } from '../auth/store/keychain-process.ts'
import { serviceName } from '../auth/store/service.ts'
import type { ServerOptions } from '../auth/types.ts'
import type { Configuration } from '../config/configuration.ts'
import { runtimeEnvironment } from '../config/environment.ts'
import type { Folders } from '../config/folders.ts'
import { type ModelAccess, readModel } from '../config/model.ts'
import type { Servers } from '../config/servers.ts'
import { SERVER_SETTINGS, SETTINGS } from '../config/setting.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { type DebugLog, openLog } from '../log.ts'
import type { RuntimeOptions, SessionConfig } from '../runtime/types.ts'
import { configure, heldLine, serversHere } from './configure.ts'
import type { ChatOptions, SignInMode } from './options.ts'
import { configuredServers, signInOptions } from './sign-in-options.ts'

type Given =
  | 'model'
  | 'mcp'
  | 'mcpConfig'
  | 'signIn'
  | 'clientMetadataUrl'
  | 'callbackUrl'
  | 'debugLog'
  | 'trustProject'

/** Options, environment and files, judged and joined: what a command with a session works from. */
export interface Settings {
  folders: Folders
  service: string
  /** Empty where a command talks with none. */
  model: ModelAccess
  servers: Servers
  signIn: SignInMode
  /** What is configured for the sign-in to a server. */
  optionsOf: (server: { name: string }) => ServerOptions
  /** The account that the files name for a server. */
  usualAccount: (server: { name: string }) => string | undefined
  configuration: Configuration
  log: DebugLog
  runtime: RuntimeOptions
  /** The keychain's child, where it comes up beside the runtime. */
  keychain?: KeychainProcess
  session: SessionConfig
}

/**
 * Reads everything that can be wrong before anything is started. Throws HostError `usage` or `config`; a bad entry of
 * a server file is not thrown but named in `servers.problems`. Who talks with no model is told of no fault in what the
 * environment says of one.
 */
export async function readSettings(
  options: Pick<ChatOptions, Given>,
  person: boolean,
  host: Host,
  needs: { model: boolean } = { model: true },
): Promise<Settings> {
  const { env } = host
  const configured = await configure(options, host)
  const { configuration } = configured
  const found = await serversHere(options, configured, host)
  const held = heldLine(configured, found)
  const problems = [...configuration.warnings, ...found.problems, ...(held === undefined ? [] : [held])]
  const servers = { ...found, servers: configuredServers(found, configuration), problems }
  const model = needs.model
    ? readModel(env, { model: options.model ?? configuration.find(SETTINGS.model)?.value })
    : {}
  const signIn = judgeSignIn(options.signIn, person)
  const optionsOf = signInOptions(options, servers, configuration)
  const log = openLog(options.debugLog ?? configuration.find(SETTINGS.debugLog)?.value)
  host.signal.addEventListener('abort', () => {
    const { reason } = host.signal
    if (reason instanceof Error) log.write(`failed: ${reason.stack}`)
  })
  const { folders } = configured
  return {
    folders,
    service: serviceName(folders.state, folders.isDefault),
    model,
    servers,
    signIn,
    optionsOf,
    usualAccount: ({ name }) => configuration.find(SERVER_SETTINGS.account, name)?.value,
    configuration,
    log,
    runtime: {
      path: env.COPILOT_CLI_PATH,
      execPath: host.execPath,
      env: runtimeEnvironment(env),
      folder: host.folder,
      login: model.provider === undefined,
      log: line => log.write(line),
      atExit: host.atExit,
    },
    session: {
      folder: host.folder,
      model: model.model,
      provider: model.provider,
      gitHubToken: model.gitHubToken,
      servers: servers.servers,
      off: servers.own.filter(name => !Object.hasOwn(servers.servers, name)),
      signIn: signIn !== 'never',
    },
  }
}

/** The same for a command that talks with no model and signs nobody in. */
export function readServerSettings(
  options: Omit<Pick<ChatOptions, Given>, 'signIn'>,
  host: Host,
): Promise<Settings> {
  return readSettings({ ...options, signIn: 'never' }, false, host, { model: false })
}

/** Where nobody is there to choose, nobody is asked; an address cannot come without a person at all. */
function judgeSignIn(given: SignInMode | undefined, person: boolean): SignInMode {
  if (given === 'paste' && !person) {
    throw new HostError('usage', 'nobody is there to paste an address: --sign-in paste needs a terminal')
  }
  return given === undefined || given === 'auto' ? (person ? 'auto' : 'stored') : given
}
