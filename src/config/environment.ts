export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Credentials for the model and for GitHub. What the runtime needs of them it is sent by RPC, since everything in its
 * environment can be read by the shell of the model.
 */
const CREDENTIALS = new Set([
  'COPILOT_CONNECTION_TOKEN',
  'COPILOT_GITHUB_TOKEN',
  'COPILOT_SDK_AUTH_TOKEN',
  'GH_ENTERPRISE_TOKEN',
  'GH_TOKEN',
  'GITHUB_ENTERPRISE_TOKEN',
  'GITHUB_PERSONAL_ACCESS_TOKEN',
  'GITHUB_TOKEN',
])

/** Keys, headers and the command that prints a key; the rest of the family would be half a provider without them. */
const PROVIDER = /^COPILOT_PROVIDER_/

/** `NODE_DEBUG` makes a runtime that is run by Node write between the frames on its stdout. */
const isKeptBack = (name: string) => isCredential(name) || name.toUpperCase() === 'NODE_DEBUG'

/** True for the name of a variable that holds a key or token. Windows does not tell upper from lower case in names. */
export function isCredential(name: string): boolean {
  const upper = name.toUpperCase()
  return CREDENTIALS.has(upper) || PROVIDER.test(upper)
}

/** The environment of the runtime: ours, without the credentials that it gets by RPC or never. */
export function runtimeEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !isKeptBack(entry[0]),
    ),
  )
}

/**
 * Fills `$NAME`, `${NAME}` and `${NAME:-default}` in a value of an MCP server's configuration, only where the name is
 * one that {@link runtimeEnvironment} keeps back. The runtime fills in all others by itself, from its own environment.
 */
export function fillCredentials(value: string, env: Environment): string {
  return value.replace(
    /\$(?:\{(\w+)(?::-[^}]*)?\}|(\w+))/g,
    (whole: string, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? ''
      return (isCredential(name) && env[name]) || whole
    },
  )
}
