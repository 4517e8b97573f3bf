import { address, clientId, file, type Kind, listOf, name, oneOf, port, seconds, yesNo } from './kind.ts'
import { ruleFault } from './rule.ts'
import { callbackUrlFault, clientMetadataUrlFault } from './sign-in-options.ts'
import { urlRuleFault } from './url-rule.ts'

export const SIGN_IN_MODES = ['auto', 'browser', 'device', 'paste', 'wait', 'stored', 'never'] as const
export const TOKEN_STORES = ['auto', 'keychain', 'memory', 'file'] as const

/** One thing that can be set: judge, JSON Schema, `config list` and the reference all come from its row. */
export interface Setting<T> extends Kind<T> {
  key: string
  /** In one line, for list, schema and reference. */
  about: string
  /** The option of the command line that says the same, and comes first. */
  flag?: string
  /** The environment variable, which comes second; `fromText` where it is written otherwise than in a file. */
  variable?: { name: string; fromText?: (text: string) => unknown }
  /** True where a project may say it before its folder is trusted: what is shown, which model answers, what is denied. */
  harmless?: true
  /** What counts where nobody says anything. */
  preset?: T
  /** What several say counts together, in place of the first of them. */
  joined?(values: readonly T[]): T
  /** Where it names files: the same with each path as `at` gives it. */
  placed?(value: T, at: (path: string) => string): T
}

/** A variable that is set to anything but these switches something on. */
const isOn = (text: string) => !['0', 'false'].includes(text)

const setting = <T>(kind: Kind<T>, row: Omit<Setting<T>, keyof Kind<T>>): Setting<T> => ({ ...kind, ...row })

/** The fault of one word, said of its list. */
const ofOne = (said: string, faultOf: (word: string) => string | undefined) => (word: string) => {
  const fault = faultOf(word)
  return fault === undefined ? undefined : `${said} ${fault}`
}

// RFC 6749 3.3.
const scopes = listOf('rights (OAuth scopes)', /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/)
// As `--allow-tool` takes them.
const rules = listOf(
  'rules for tools',
  /^(?=.{1,256}$)[^()\s\p{C}][^()\p{C}]*(?:\([^\p{C}]+\))?$/u,
  ofOne('holds what is no rule:', ruleFault),
)
const hosts = listOf('addresses', /^[^\s\p{C}]{1,256}$/u, ofOne('holds an address that', urlRuleFault))
const folders = listOf('folders', /^[^\p{Cc}]{1,4096}$/u)
const rulesPlaced = (list: string[], at: (path: string) => string) =>
  list.map(rule =>
    rule.replace(/^(write|read)\((.+)\)$/, (_, kind: string, path: string) => `${kind}(${at(path)})`),
  )
/** Nobody takes away what somebody else has denied. */
const all = (lists: readonly string[][]) => [...new Set(lists.flat())]
const store = oneOf(...TOKEN_STORES)

/** What is set for all of it. */
export const SETTINGS = {
  model: setting(name('the name of a model', 256), {
    key: 'model',
    about: 'the model to use',
    flag: '--model',
    variable: { name: 'COPILOT_MODEL' },
    harmless: true,
  }),
  plain: setting(yesNo, {
    key: 'plain',
    about: 'the chat as lines that never change',
    flag: '--plain',
    variable: { name: 'COPILOT_HOST_PLAIN', fromText: isOn },
    harmless: true,
    preset: false,
  }),
  title: setting(yesNo, {
    key: 'title',
    about: "say in the terminal's title what goes on",
    variable: { name: 'COPILOT_HOST_NO_TITLE', fromText: text => !isOn(text) },
    harmless: true,
    preset: true,
  }),
  notify: setting(oneOf('off', 'bell', 'osc9', 'osc777'), {
    key: 'notify',
    about: 'how to call you when a question is open and you do not type; else as the terminal has it',
    variable: { name: 'COPILOT_HOST_NOTIFY' },
    harmless: true,
  }),
  allowTools: setting(rules, {
    key: 'allowTools',
    about: 'what runs without a question: `shell(git:*)`, `write(src)`, a server, `server(tool)`',
    flag: '--allow-tool',
    placed: rulesPlaced,
  }),
  denyTools: setting(rules, {
    key: 'denyTools',
    about: 'what never runs; those of all who say it count together',
    flag: '--deny-tool',
    harmless: true,
    joined: all,
    placed: rulesPlaced,
  }),
  allowUrls: setting(hosts, {
    key: 'allowUrls',
    about: 'what is opened without a question: `example.com`, `*.example.com`',
    flag: '--allow-url',
  }),
  denyUrls: setting(hosts, {
    key: 'denyUrls',
    about: 'what is never opened; those of all who say it count together',
    flag: '--deny-url',
    harmless: true,
    joined: all,
  }),
  addDirs: setting(folders, {
    key: 'addDirs',
    about: 'folders whose files are treated like those of the session',
    flag: '--add-dir',
    placed: (list, at) => list.map(at),
  }),
  signIn: setting(oneOf(...SIGN_IN_MODES), {
    key: 'signIn',
    about: 'how to sign in to servers; `auth login` takes a route from it, nothing else',
    flag: '--sign-in',
    variable: { name: 'COPILOT_HOST_SIGN_IN' },
  }),
  signInTimeout: setting(seconds, {
    key: 'signInTimeout',
    about: 'how long a sign-in may take',
    flag: '--sign-in-timeout',
    variable: { name: 'COPILOT_HOST_SIGN_IN_TIMEOUT', fromText: Number },
    preset: 600,
  }),
  tokenStore: setting(store, {
    key: 'tokenStore',
    about: 'where sign-ins are kept',
    flag: '--token-store',
    variable: { name: 'COPILOT_HOST_TOKEN_STORE' },
    preset: 'auto',
  }),
  clientMetadataUrl: setting(address(clientMetadataUrlFault), {
    key: 'clientMetadataUrl',
    about: 'the client-id metadata document to use where a sign-in server takes one',
    flag: '--client-metadata-url',
    variable: { name: 'COPILOT_HOST_CLIENT_METADATA_URL' },
  }),
  callbackUrl: setting(address(callbackUrlFault), {
    key: 'callbackUrl',
    about: 'the address under which the browser reaches this program (container, tunnel)',
    flag: '--callback-url',
    variable: { name: 'COPILOT_HOST_CALLBACK_URL' },
  }),
  debugLog: setting(file, {
    key: 'debugLog',
    about: 'a file that gets what happens, without secrets',
    flag: '--debug-log',
    variable: { name: 'COPILOT_HOST_LOG' },
    placed: (path, at) => at(path),
  }),
}

/** What is set for one MCP server: `servers.<name>.<key>`. */
export const SERVER_SETTINGS = {
  clientId: setting(clientId, {
    key: 'clientId',
    about: 'the client id; a secret is kept by `auth client set`',
  }),
  clientMetadataUrl: setting(address(clientMetadataUrlFault), {
    key: 'clientMetadataUrl',
    about: 'its own client-id metadata document',
  }),
  redirectPort: setting(port, { key: 'redirectPort', about: 'a fixed port for the way back' }),
  callbackUrl: setting(address(callbackUrlFault), {
    key: 'callbackUrl',
    about: 'the public address for the way back',
  }),
  scopes: setting(scopes, {
    key: 'scopes',
    about:
      'the rights to ask for, in place of those that its metadata lists; what it demands is asked for too',
  }),
  route: setting(oneOf('browser', 'device', 'paste'), {
    key: 'route',
    about: 'the way to sign in that is offered first',
  }),
  account: setting(name('the name of an account', 64), {
    key: 'account',
    about: 'the account to use where neither `--account` nor the folder names one',
  }),
  tokenStore: setting(store, { key: 'tokenStore', about: 'where its sign-ins are kept' }),
  identity: setting(yesNo, {
    key: 'identity',
    about: 'ask who signed in, too (`openid profile email`)',
    preset: false,
  }),
}

export const ALL: readonly Setting<unknown>[] = Object.values(SETTINGS)
export const ALL_OF_SERVER: readonly Setting<unknown>[] = Object.values(SERVER_SETTINGS)

/** A place where a value can stand. */
export interface Slot {
  /** As it is written: `model`, `servers.linear.clientId`. */
  key: string
  path: readonly string[]
  setting: Setting<unknown>
}

/** The slot that a key names; the name of a server may hold dots. Undefined where there is none. */
export function slotOf(key: string): Slot | undefined {
  const [, server, last] = /^servers\.(.+)\.([^.]+)$/s.exec(key) ?? []
  const path = server === undefined || last === undefined ? [key] : ['servers', server, last]
  const setting = (path.length === 1 ? ALL : ALL_OF_SERVER).find(each => each.key === path.at(-1))
  return setting && { key, path, setting }
}

export function serverKey(server: string, { key }: Setting<unknown>): string {
  return `servers.${server}.${key}`
}
