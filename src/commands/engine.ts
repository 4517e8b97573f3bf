import { type Authenticator, type AuthenticatorPorts, createAuthenticator } from '../auth/authenticator.ts'
import { createElsewhere } from '../auth/elsewhere.ts'
import { createHttp } from '../auth/http.ts'
import { openJournal } from '../auth/store/journal.ts'
import { openStore } from '../auth/store/store.ts'
import type { Prompt, RouteName, ServerOptions, TokenStore } from '../auth/types.ts'
import { createDesk } from '../desk/desk.ts'
import { sharedPrompt } from '../desk/shared-prompt.ts'
import { type Host, isAttended } from '../host.ts'
import { type Clean, clean, shellWord } from '../text.ts'
import { readAnswer } from '../ui/plain/reader.ts'
import { createPlainPrompt } from '../ui/plain.ts'
import { accountOf, remoteServers } from './account-names.ts'
import { inContainer, systemBrowser } from './browser.ts'
import { hasRemote, keychainOptions } from './keychain-ahead.ts'
import { withMissingRights } from './missing-rights.ts'
import type { ChatOptions } from './options.ts'
import { deskPlace, terminalName, tilde } from './place.ts'
import type { Settings } from './settings.ts'
import { waitPrompt } from './wait-prompt.ts'

/** Opens the token store at once: where there are servers to sign in to, its child comes up now, if it has not before. */
export function openTokenStore(
  options: Pick<ChatOptions, 'tokenStore'>,
  settings: Settings,
  warn: (line: string) => void,
  host: Host,
): TokenStore {
  return openStore({
    kind: options.tokenStore,
    folder: settings.folders.state,
    service: settings.service,
    ...keychainOptions(host),
    started: settings.keychain,
    warn,
    now: host.clock.now,
    later: !hasRemote(settings),
  })
}

/** Who asks for sign-ins: a chat on the screen, one prompt, or the command that signs in. */
export type Purpose = 'chat' | 'prompt' | 'login'

/** The authorization engine with its real ports. */
export function createEngine(
  options: Pick<
    ChatOptions,
    'signInTimeout' | 'acceptIssuerChange' | 'unattended' | 'mcp' | 'mcpConfig' | 'tokenStore' | 'account'
  >,
  settings: Settings,
  store: TokenStore,
  prompt: Prompt,
  purpose: Purpose,
  host: Host,
  acting?: AuthenticatorPorts['acting'],
): Authenticator {
  const journal = openJournal(settings.folders.state)
  // What waits for another terminal is answered by a person who sees everything there.
  const waits = settings.signIn === 'wait'
  const attended = waits || (!options.unattended && (purpose === 'chat' || isAttended(host)))
  // Where a panel or a person at the command is sure to be read, the change is shown before anything is agreed to.
  const issuerChange = waits || (purpose !== 'prompt' && attended) ? 'tell' : 'refuse'
  const desk = createDesk({
    place: deskPlace(host),
    program: { kind: purpose, folder: clean(tilde(host), 200), pid: host.pid },
    now: host.clock.now,
  })
  const again = (server: string) =>
    purpose === 'chat' ? `/login ${server}` : loginCommand(server, options, settings)
  const engine = createAuthenticator({
    store,
    prompt: waits ? waitPrompt(prompt, desk, { again, now: host.clock.now }) : sharedPrompt(prompt, desk),
    http: createHttp(host.fetch),
    browser: systemBrowser(host, settings),
    clock: host.clock,
    policy: {
      ask: settings.signIn !== 'stored' && settings.signIn !== 'never',
      asksFor: ({ name }) => purpose !== 'prompt' || mayOpen(name, settings),
      attended,
      insist: purpose === 'login',
      issuerChange: options.acceptIssuerChange ? 'accept' : issuerChange,
      optionsOf: server => optionsHere(server, settings),
      forward: port => forwarding(host, port),
      place: terminalName(purpose === 'login' ? 'copilot-host auth login' : 'copilot-host', host),
      route: namedRoute(settings),
      timeoutMs: options.signInTimeout,
      folder: host.folder,
      accountOf: ({ name }) => accountOf(options, name),
      usualAccount: settings.usualAccount,
      again,
      switchCommand: purpose === 'chat' ? undefined : 'copilot-host auth account',
    },
    log: line => settings.log.write(line),
    // Other programs learn from it that somebody has signed in.
    journal: entry => host.finish(journal.write(entry)),
    acting,
    elsewhere: createElsewhere(journal, host.clock),
  })
  if (purpose === 'login') return withMissingRights(engine, { journal, store })
  // What cannot be found out is told to who needs it.
  if (settings.session.signIn) readAhead(settings, store, engine).catch(() => {})
  return engine
}

/** What the first requests will ask the store for is read beside the start of the session. */
async function readAhead(settings: Settings, store: TokenStore, { accounts }: Authenticator): Promise<void> {
  for (const server of remoteServers(settings)) {
    const known = await store.knownIssuer(server.url)
    if (known === undefined) continue
    const slot = await accounts.readAhead(server)
    await store.readAhead?.({ server: server.url, issuer: known.issuer, slot })
  }
}

/** What is configured for a server, on this machine: a port that a container publishes does not lead to its loopback. */
export function optionsHere(server: { name: string }, settings: Settings): ServerOptions {
  const options = settings.optionsOf(server)
  return { ...options, everywhere: inContainer() && options.callbackUrl !== undefined }
}

/** Over SSH: what brings a browser on the person's own machine to a port of this one. */
export function forwarding({ env, name }: Host, port: number): Clean | undefined {
  if (!env.SSH_CONNECTION) return undefined
  const user = env.USER ?? env.LOGNAME
  return clean(`ssh -L ${port}:127.0.0.1:${port} ${user ? `${user}@` : ''}${name}`, 200)
}

/** Asks in plain lines on stderr; a route that was named on the command line is taken without a question. */
export function linePrompt(
  options: ChatOptions,
  settings: Settings,
  write: (line: string) => void,
  host: Host,
): Prompt {
  return createPlainPrompt({
    write,
    read:
      isAttended(host) && !options.unattended
        ? (signal, question) => readAnswer({ stdin: host.stdin, clock: host.clock, write }, question, signal)
        : undefined,
    again: server => loginCommand(server, options, settings),
    now: host.clock.now,
    route: namedRoute(settings),
  })
}

/** How a server is named in a command to come: by its address where its name is known to this run only. */
export function serverWord(
  server: string,
  options: Pick<ChatOptions, 'mcp' | 'mcpConfig'>,
  { servers }: Settings,
): string {
  const config = servers.servers[server]
  const byName = !options.mcp.some(flag => flag.startsWith(`${server}=`)) && options.mcpConfig.length === 0
  return shellWord(clean(byName || !config || !('url' in config) ? server : config.url, 2048))
}

/** What the person types to sign in ahead of the next run. */
export function loginCommand(
  server: string,
  options: Pick<ChatOptions, 'mcp' | 'mcpConfig' | 'tokenStore'> & Partial<Pick<ChatOptions, 'account'>>,
  settings: Settings,
): string {
  const words = ['copilot-host auth login', serverWord(server, options, settings)]
  const account = accountOf(options, server)
  if (account !== undefined) words.push('--account', shellWord(clean(account)))
  if (options.tokenStore !== 'auto') words.push('--token-store', options.tokenStore)
  return words.join(' ')
}

/** A route that was named for a prompt opens a page without a person's key: never for a server that only a repository names. */
function mayOpen(server: string, { signIn, servers: { origins } }: Settings): boolean {
  const project = Object.hasOwn(origins, server) && origins[server] === 'project'
  return !project || (signIn !== 'browser' && signIn !== 'device')
}

function namedRoute({ signIn }: Settings): RouteName | undefined {
  return signIn === 'browser' || signIn === 'device' || signIn === 'paste' ? signIn : undefined
}
