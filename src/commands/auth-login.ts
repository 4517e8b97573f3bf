import { type Accounts, accountName } from '../auth/accounts.ts'
import type { TokenStore } from '../auth/types.ts'
import { HostError, hostError } from '../errors.ts'
import { type Host, isAttended } from '../host.ts'
import { startRuntime } from '../runtime/runtime.ts'
import { newAccount } from './account-names.ts'
import { converse } from './conversation.ts'
import { createEngine, linePrompt } from './engine.ts'
import { explained } from './explained.ts'
import { findRemoteServer, type RemoteServer } from './find-server.ts'
import type { ChatOptions } from './options.ts'
import { createOutput } from './output.ts'
import { readSettings } from './settings.ts'
import { openStores } from './stores.ts'

/** What `auth login --json` prints. Only server and url where the server asks for no sign-in. */
export interface LoggedIn {
  server: string
  url: string
  issuer?: string
  account?: string
  /** What names the account on a command line. */
  name?: string
  scopes?: string[]
  store?: TokenStore['kind']
  /** ISO 8601. */
  expiresAt?: string
}

/**
 * Signs in to one server without a chat: the runtime connects to it and asks, as it would in a session. Ends with 0
 * when the server is connected, 4 when the sign-in failed, 5 when the person cancelled it.
 */
export async function authLogin(
  server: string,
  given: ChatOptions & { json?: boolean },
  host: Host,
): Promise<number> {
  const settings = await readSettings(given, isAttended(host), host, { model: false })
  for (const problem of settings.servers.problems) createOutput(given, host).warn(problem)
  const { name, url, config } = findRemoteServer(server, settings.servers.servers)
  const options = { ...given, account: newAccount(given, name, settings) }
  if (given.signIn === 'stored' || given.signIn === 'never') {
    const text = `--sign-in ${given.signIn} signs nobody in: leave it out, or name browser, device or wait`
    throw new HostError('usage', text)
  }
  if (settings.signIn === 'stored') {
    throw new HostError('usage', 'nobody is there to sign in; --sign-in browser, device or wait says how')
  }
  const out = createOutput(options, host)
  const { warn } = out
  const starting = startRuntime({ ...settings.runtime, login: false })
  starting.catch(() => {})
  const store = openStores(options, settings, warn, host)
  const prompt = linePrompt(options, settings, out.say, host)
  const authenticator = createEngine(options, settings, store, prompt, 'login', host)
  const end = Promise.withResolvers<void>()
  // It may be rejected before anybody waits for it, when the runtime dies early.
  end.promise.catch(() => {})
  host.signal.addEventListener('abort', () => end.reject(new HostError('cancelled', 'stopped')))
  /** Why the sign-in ended: the person has read it already. */
  let told: HostError | undefined
  try {
    const runtime = await starting
    void runtime.died.then(end.reject)
    const off = settings.servers.own.filter(own => own !== name)
    const servers = { [name]: config }
    const session = explained(
      await runtime.create({ folder: host.folder, servers, off, signIn: true }),
      servers,
      host,
    )
    const conversation = converse({
      session,
      asks: true,
      authenticator,
      log: line => settings.log.write(line),
      tell: line => out.say(line.text),
      permit: async () => ({ kind: 'no' }),
      refused(error) {
        told ??= error
        end.reject(error)
      },
      show(event) {
        if (event.type !== 'server' || event.name !== name) return
        if (event.status === 'connected') end.resolve()
        if (event.status === 'failed')
          end.reject(
            new HostError('sign-in-failed', `${name} cannot be used: ${event.error ?? 'no reason given'}`),
          )
      },
    })
    try {
      await end.promise
    } finally {
      await conversation.end()
      await session.close().catch(() => {})
    }
    out.line(`${name} is ready`)
    out.value(await signedIn({ name, url }, store, authenticator.accounts))
    return 0
  } catch (thrown) {
    if (told !== undefined && !options.json) return told.exitCode
    throw told ?? hostError(thrown, `the sign-in to ${name} failed`)
  } finally {
    await store.close()
    await starting.then(
      runtime => runtime.stop(),
      () => {},
    )
    settings.log.close()
  }
}

async function signedIn(
  { name, url }: Pick<RemoteServer, 'name' | 'url'>,
  store: TokenStore,
  accounts: Accounts,
): Promise<LoggedIn> {
  const known = await store.knownIssuer(url)
  const slot = await accounts.inUse({ name, url })
  const grant = known && (await store.read({ server: url, issuer: known.issuer, slot }))
  if (grant === undefined) return { server: name, url }
  const { issuer, account, scope, expiresAt } = grant
  return {
    ...{ server: name, url, issuer, account, name: accountName({ slot, name: account }) },
    ...{ scopes: scope?.split(' '), store: store.kindFor?.(url) ?? store.kind },
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
  }
}
