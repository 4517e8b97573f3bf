import { HostError } from '../errors.ts'
import type { Provider } from '../runtime/types.ts'
import { addressFault } from './address.ts'
import type { Environment } from './environment.ts'
import { providerHeaders } from './provider-headers.ts'

/** How a session gets its model. Without provider and token it is by the GitHub login that the runtime has stored. */
export interface ModelAccess {
  provider?: Provider
  model?: string
  gitHubToken?: string
}

/** Reads one variable; undefined where it is unset or empty. Throws HostError `config`. */
type Read<T> = (env: Environment, name: string) => T | undefined

/**
 * Reads the variables that Copilot CLI reads (`copilot help providers`). A provider of the person's own goes before
 * GitHub, and no GitHub token is used with it. Throws HostError `config`, or `usage` for the option, which names the
 * variable and never its value.
 */
export function readModel(env: Environment, flags: { model?: string }): ModelAccess {
  const model = flags.model === undefined ? readName(env, 'COPILOT_MODEL') : flagModel(flags.model)
  const baseUrl = readAddress(env, 'COPILOT_PROVIDER_BASE_URL')
  if (baseUrl === undefined) return { model, gitHubToken: readGitHubToken(env) }
  const modelId = readName(env, 'COPILOT_PROVIDER_MODEL_ID')
  const chosen = model ?? modelId
  if (chosen === undefined) {
    throw new HostError(
      'config',
      'COPILOT_PROVIDER_BASE_URL needs a model: set COPILOT_MODEL or give --model',
    )
  }
  return { model: chosen, provider: readProvider(env, baseUrl, modelId) }
}

function readProvider(env: Environment, baseUrl: string, modelId: string | undefined): Provider {
  const apiKey = readKey(env, 'COPILOT_PROVIDER_API_KEY')
  const bearerToken = readKey(env, 'COPILOT_PROVIDER_BEARER_TOKEN')
  if (env.COPILOT_PROVIDER_API_KEY_COMMAND && apiKey === undefined && bearerToken === undefined) {
    throw new HostError(
      'config',
      'COPILOT_PROVIDER_API_KEY_COMMAND is not supported: set COPILOT_PROVIDER_API_KEY to what it prints',
    )
  }
  const apiVersion = readName(env, 'COPILOT_PROVIDER_AZURE_API_VERSION')
  return {
    type: oneOf('openai', 'azure', 'anthropic')(env, 'COPILOT_PROVIDER_TYPE') ?? 'openai',
    baseUrl,
    wireApi: oneOf('completions', 'responses')(env, 'COPILOT_PROVIDER_WIRE_API'),
    apiKey,
    bearerToken,
    azure: apiVersion === undefined ? undefined : { apiVersion },
    headers: providerHeaders(env, 'COPILOT_PROVIDER_HEADERS'),
    modelId,
    wireModel: readName(env, 'COPILOT_PROVIDER_WIRE_MODEL'),
    maxPromptTokens: readCount(env, 'COPILOT_PROVIDER_MAX_PROMPT_TOKENS'),
    maxOutputTokens: readCount(env, 'COPILOT_PROVIDER_MAX_OUTPUT_TOKENS'),
  }
}

/** Of the ambient tokens the first one that is set, in Copilot CLI's order. */
function readGitHubToken(env: Environment): string | undefined {
  return readKey(env, 'COPILOT_GITHUB_TOKEN') ?? readKey(env, 'GH_TOKEN') ?? readKey(env, 'GITHUB_TOKEN')
}

const readName: Read<string> = (env, name) =>
  checked(env, name, isName, 'is not a name (a few printable characters)')

const readKey: Read<string> = (env, name) =>
  checked(
    env,
    name,
    value => /^[\x21-\x7e]{1,16384}$/.test(value),
    'holds white space or characters that no key has',
  )

const readAddress: Read<string> = (env, name) => {
  const value = given(env, name)
  const fault = value === undefined ? undefined : addressFault(value)
  if (fault !== undefined) throw new HostError('config', `${name} ${fault}`)
  return value
}

const readCount: Read<number> = (env, name) => {
  const value = checked(
    env,
    name,
    text => /^[1-9]\d{0,8}$/.test(text),
    'must be a whole number of tokens, 1 or more',
  )
  return value === undefined ? undefined : Number(value)
}

function oneOf<const T extends string>(...names: readonly T[]): Read<T> {
  return (env, name) => {
    const value = given(env, name)
    const known = names.find(each => each === value?.toLowerCase())
    if (value === undefined || known !== undefined) return known
    throw new HostError('config', `${name} must be ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`)
  }
}

function checked(env: Environment, name: string, good: (value: string) => boolean, fault: string) {
  const value = given(env, name)
  if (value === undefined || good(value)) return value
  throw new HostError('config', `${name} ${fault}`)
}

/** A line end comes along when a value was read from a file. */
const given = (env: Environment, name: string) => env[name]?.trim() || undefined

const isName = (value: string) => /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u.test(value)

function flagModel(value: string): string {
  if (isName(value.trim())) return value.trim()
  throw new HostError('usage', '--model needs the name of a model')
}

/** What a person reads who has neither a provider nor a GitHub login: the three ways to a first answer. */
export function noModelScreen(): string {
  return `There is no model to talk to yet. Three ways to get one:

  copilot-host login
      sign in to GitHub, for the models of your Copilot plan

  COPILOT_PROVIDER_BASE_URL=<address> COPILOT_MODEL=<model> copilot-host chat
      a provider of your own; COPILOT_PROVIDER_API_KEY is its key, and
      COPILOT_PROVIDER_TYPE says whether it is openai, azure or anthropic

  copilot-host demo
      a practice world on this machine: no account, no network`
}
