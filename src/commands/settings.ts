import { readFile } from 'node:fs/promises'
import { serviceName } from '../auth/store/store.ts'
import type { ServerOptions } from '../auth/types.ts'
import { runtimeEnvironment } from '../config/environment.ts'
import { type Folders, folders } from '../config/folders.ts'
import { type ModelAccess, readModel } from '../config/model.ts'
import { readServers, type Servers } from '../config/servers.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { type DebugLog, openLog } from '../log.ts'
import type { RuntimeOptions, SessionConfig } from '../runtime/types.ts'
import type { ChatOptions, SignInMode } from './options.ts'
import { signInOptions } from './sign-in-options.ts'

type Given = 'model' | 'mcp' | 'mcpConfig' | 'signIn' | 'clientMetadataUrl' | 'callbackUrl' | 'debugLog'

/** Options, environment and files, judged and joined: what a command with a session works from. */
export interface Settings {
  folders: Folders
  service: string
  model: ModelAccess
  servers: Servers
  signIn: SignInMode
  /** What is configured for the sign-in to a server. */
  optionsOf: (server: { name: string }) => ServerOptions
  log: DebugLog
  runtime: RuntimeOptions
  session: SessionConfig
}

/**
 * Reads everything that can be wrong before anything is started. Throws HostError `usage` or `config`; a bad entry of
 * a server file is not thrown but named in `servers.problems`.
 */
export async function readSettings(
  options: Pick<ChatOptions, Given>,
  person: boolean,
  host: Host,
): Promise<Settings> {
  const { env } = host
  const where = folders(env, host.platform, host.home)
  const model = readModel(env, options)
  const servers = await readServers({
    flags: options.mcp,
    configs: options.mcpConfig,
    copilotHome: where.copilot,
    env,
    readFile: path => readFile(path, 'utf8'),
  })
  const signIn = judgeSignIn(options.signIn, person)
  const optionsOf = signInOptions(options, servers.options, env)
  const log = openLog(options.debugLog ?? env.COPILOT_HOST_LOG)
  return {
    folders: where,
    service: serviceName(where.state, where.isDefault),
    model,
    servers,
    signIn,
    optionsOf,
    log,
    runtime: {
      path: env.COPILOT_CLI_PATH,
      execPath: host.execPath,
      env: runtimeEnvironment(env),
      folder: host.folder,
      login: model.provider === undefined,
      log: line => log.write(line),
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

/** Where nobody is there to choose, nobody is asked; an address cannot come without a person at all. */
function judgeSignIn(given: SignInMode | undefined, person: boolean): SignInMode {
  if (given === 'paste' && !person) {
    throw new HostError('usage', 'nobody is there to paste an address: --sign-in paste needs a terminal')
  }
  return given === undefined || given === 'auto' ? (person ? 'auto' : 'stored') : given
}
