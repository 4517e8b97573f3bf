import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { keychainMissing } from '../support/keychain.ts'
import { processesOf } from '../support/processes.ts'
import { waitFor } from '../support/wait-for.ts'

/** Programs of one user at once, and how many of them are killed. */
const PROGRAMS = 20
const KILLED = 6

/** The same kills in each run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Everything in the state folder that is there to stay. */
async function filesOf(stage: Stage): Promise<string[]> {
  const names = await readdir(stage.place.state, { recursive: true })
  return names.toSorted()
}

const stores = [...(keychainMissing() === undefined ? ['keychain'] : []), 'file'] as const

test.each(stores)(
  'C-02 C-04 twenty chats and one-shots on one %s, some killed at random: no grant is lost, nobody is asked, nothing stays',
  async kind => {
    const stage = await openStage({ keychain: kind === 'keychain' })
    onTestFinished(() => stage.close())
    const { authorizationServer: server, mcp } = stage.world
    const notes = ['--mcp', `notes=${mcp.url}`, '--allow-all-tools', '--token-store', kind]
    const ask = ['chat', '-p', 'CALL whoami {}', ...notes]
    const login = [
      'auth',
      'login',
      'notes',
      '--mcp',
      `notes=${mcp.url}`,
      '--token-store',
      kind,
      '--sign-in',
      'browser',
    ]
    expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })
    expect(await stage.run(ask)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('signed in as Ada'),
    })
    const before = await filesOf(stage)
    const signIns = server.count('token', 'authorization_code')
    const dice = random(20_261_121)
    let late = 0

    for (let round = 0; round < 2; round += 1) {
      // Every one of them needs a new token at the same moment.
      server.expireAccessTokens()
      const victims = new Set(Array.from({ length: KILLED }, () => Math.floor(dice() * PROGRAMS)))
      const programs = Array.from({ length: PROGRAMS }, (_, at) => {
        const chat = stage.open(at % 4 === 0 ? ['chat', ...notes] : ask)
        return { at, chat, kill: victims.has(at) ? dice() * 8000 : undefined }
      })
      await Promise.all(
        programs.map(async ({ at, chat, kill }) => {
          const shows = (text: string) => chat.lines().join('\n').includes(text)
          const said = () => shows('signed in as Ada')
          // Twenty at once may be too many for the keychain of a slow machine: then it counts as one that hangs (K-01).
          const busy = () => shows('does not answer')
          if (kill !== undefined) {
            await sleep(kill)
            chat.kill('SIGKILL')
          } else if (at % 4 === 0) {
            await chat.until(() => /^›/m.test(chat.screen()) || busy(), 120_000)
            if (!busy()) await chat.keys('CALL whoami {}', '\r')
            await chat.until(() => said() || busy(), 120_000)
            chat.kill('SIGTERM')
          } else {
            const ended = chat.exit.then(({ code, signal }) => ({ at, code, signal, said: said() }))
            let over = false
            void ended.then(() => {
              over = true
            })
            await chat.until(() => over || busy(), 120_000)
            if (!busy()) expect(await ended).toEqual({ at, code: 0, signal: 0, said: true })
            chat.kill('SIGTERM')
          }
          if (busy()) late += 1
          await chat.exit
        }),
      )
    }

    expect(late).toBeLessThan(2 * (PROGRAMS - KILLED))
    // Who was killed with an answer on its way has taken it along at worst; all the others have what works.
    expect(await stage.run(ask)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('signed in as Ada'),
    })
    expect(server.count('token', 'authorization_code')).toBe(signIns)
    const stays = (names: readonly string[]) => names.filter(name => !/^(journal|prompts)/.test(name))
    const left = stays(await filesOf(stage)).filter(name => !stays(before).includes(name))
    expect(left).toEqual([])
    expect(await readdir(join(stage.place.state, 'locks'))).toEqual([])
    // The runtimes and keychain children of those that were killed have ended by themselves.
    await waitFor(() => expect(processesOf(stage.world.folder)).toEqual([]))
  },
  400_000,
)
