import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { World } from '../../demo/world.ts'
import { keychainMissing, startKeychain } from '../../test/support/keychain.ts'
import type { Client } from './clients.ts'
import { type Figures, open } from './measures.ts'

const BROWSER = fileURLToPath(new URL('../../demo/browser.ts', import.meta.url))
const ASKED = /(\d+\.\d) ms .*token asked for/
const CONNECTED = /(\d+\.\d) ms .*server connected/

/** A server that asks for a token: this program takes it from the keychain, the SDK has it at hand. */
export interface SignIn {
  measure(client: Client): Promise<Figures>
  close(): Promise<void>
}

/** Signs this program in; undefined where there is no keychain. */
export async function openSignIn(world: World, own: Client): Promise<SignIn | undefined> {
  const missing = keychainMissing()
  if (missing !== undefined) {
    process.stderr.write(`tokens ${missing}\n`)
    return undefined
  }
  const keychain = await startKeychain()
  const { url } = world.mcp
  const { command, args, env, cwd } = own.chat
  const [program = ''] = args
  const browser = `${process.execPath} ${BROWSER} --as ada@example.com`
  try {
    await promisify(execFile)(command, [program, 'auth', 'login', url, '--sign-in', 'browser'], {
      ...{ cwd, env: { ...env, ...keychain.env, BROWSER: browser }, timeout: 60_000 },
    })
  } catch (error) {
    await keychain.close()
    throw error
  }
  const token = [...world.authorizationServer.secrets].find(isAccessToken) ?? ''

  return {
    async measure(client): Promise<Figures> {
      const launch = client.guarded?.(url)
      if (launch === undefined) return {}
      const more = { COPILOT_HOST_TRACE: '1', BENCH_TOKEN: token }
      const chat = open({ ...launch, env: { ...launch.env, ...keychain.env, ...more } })
      await chat.until(() => client.prompt.test(chat.screen()), 20_000)
      // What is still loading takes part in nothing that is measured, and the server is there by then.
      await pause(1500)
      await chat.keys('\u0004')
      // Who was too slow, or tells nothing, has no figure in this round.
      await chat.until(() => CONNECTED.test(chat.raw())).catch(() => {})
      const [asked = '', connected = ''] = [ASKED, CONNECTED].map(each => each.exec(chat.raw())?.[1] ?? '')
      await chat.close()
      if (asked === '' || connected === '') return {}
      return { 'token: asked for to server connected, ms': Number(connected) - Number(asked) }
    },
    close: keychain.close,
  }
}

function isAccessToken(secret: string): boolean {
  try {
    return JSON.parse(Buffer.from(secret.split('.')[0] ?? '', 'base64url').toString()).typ === 'at+jwt'
  } catch {
    return false
  }
}
