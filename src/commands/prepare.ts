import type { Command } from 'commander'
import type { Found } from '../config/configuration.ts'
import { SETTINGS, type Setting } from '../config/setting.ts'
import { HostError } from '../errors.ts'
import { type Host, isAttended } from '../host.ts'
import { askTrust } from './ask-trust.ts'
import { type Configured, configure } from './configure.ts'
import type { ChatOptions } from './options.ts'

/** The settings that are an option of some command and nothing more; the others are looked up where they are used. */
const OPTIONS: readonly Setting<unknown>[] = [
  SETTINGS.model,
  SETTINGS.plain,
  SETTINGS.allowTools,
  SETTINGS.denyTools,
  SETTINGS.allowUrls,
  SETTINGS.denyUrls,
  SETTINGS.addDirs,
  SETTINGS.signIn,
  SETTINGS.signInTimeout,
  SETTINGS.tokenStore,
]

/**
 * Gives a command the values that its command line does not say: from the environment, the file of the project, that of the person. A
 * chat with a person first shows what the project brings, if that has changed, and asks. Throws HostError `config`.
 */
export async function prepare(command: Command, host: Host): Promise<void> {
  const wanted = OPTIONS.flatMap(setting => {
    const option = command.options.find(({ long }) => long === setting.flag)
    return option === undefined ? [] : [{ setting, name: option.attributeName() }]
  })
  if (wanted.length === 0) return
  const options: Partial<ChatOptions> = command.opts()
  let configured = await configure(options, host).catch((thrown: unknown) => {
    // What is wrong with the configuration is a finding of its own there.
    if (command.name() === 'doctor') return undefined
    throw thrown
  })
  if (configured === undefined) return
  const chats = command.name() === 'chat' || command.name() === 'resume'
  if (chats && options.prompt === undefined && !options.unattended && isAttended(host)) {
    configured = await agreedTo(command, configured, host)
  }
  command.setOptionValue('storeForAll', command.getOptionValueSource('tokenStore') === 'cli')
  for (const { setting, name } of wanted) {
    const typed = command.getOptionValueSource(name) === 'cli'
    if (typed && setting.joined === undefined) continue
    const value = commandValue(setting, configured, command, host)
    if (value === undefined) continue
    const both = typed ? setting.joined?.([value, command.getOptionValue(name)]) : value
    command.setOptionValueWithSource(name, both, 'config')
  }
}

/** What counts after the question about the project. Consent that could not be kept holds for this run. */
async function agreedTo(command: Command, configured: Configured, host: Host): Promise<Configured> {
  const options: Partial<ChatOptions> = command.opts()
  try {
    return (await askTrust(options, configured, host)) ? await configure(options, host) : configured
  } catch (thrown) {
    if (!(thrown instanceof HostError && thrown.kind === 'folder')) throw thrown
    host.stderr.write(`${thrown.message}: it holds for this run\n`)
    command.setOptionValue('trustProject', true)
    return await configure({ trustProject: true }, host)
  }
}

function commandValue(
  setting: Setting<unknown>,
  { configuration }: Configured,
  command: Command,
  host: Host,
): unknown {
  if (setting === SETTINGS.signInTimeout) {
    const found = configuration.find(SETTINGS.signInTimeout)
    return found && found.value * 1000
  }
  if (setting !== SETTINGS.signIn) return configuration.find(setting)?.value
  const found = configuration.find(SETTINGS.signIn)
  return found !== undefined && suits(found, command, host) ? found.value : undefined
}

/**
 * Whether a way to sign in that a file names is one for this run: none that wants a person where there is nobody, none that a project
 * opens a browser by where nobody looks, and only a route for the command whose purpose is to sign in.
 */
function suits({ value, origin }: Found<string>, command: Command, host: Host): boolean {
  const { unattended }: Partial<ChatOptions> = command.opts()
  const person = isAttended(host) && !unattended
  const isRoute = ['browser', 'device', 'paste'].includes(value)
  if (command.name() === 'login') return isRoute && (person || value !== 'paste')
  if (person || ['stored', 'never', 'wait'].includes(value)) return true
  return isRoute && value !== 'paste' && origin !== 'project'
}
