import { afterEach, describe, expect, it } from 'vitest'
import { type Listener, listen } from '../../../src/auth/flows/listener.ts'
import { page } from '../../../src/auth/flows/page.ts'
import { shareListeners } from '../../../src/auth/flows/shared-listener.ts'
import { webUrl } from '../../../src/auth/url.ts'

const open: Listener[] = []
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close()
})

/** A callback address of this machine whose port is free. */
async function callback() {
  const probe = await listen({}, async () => undefined)
  await probe.close()
  return webUrl(`http://localhost:${new URL(probe.redirectUri).port}/cb`, 'the test')
}

describe('one callback address for several sign-ins', () => {
  it('gives each answer to the one that knows it; the last to close frees the port', async () => {
    const listenShared = shareListeners()
    const callbackUrl = await callback()
    const seen: string[] = []
    const join = async (state: string) => {
      const listener = await listenShared({ callbackUrl }, async query => {
        if (query.get('state') !== state) return undefined
        seen.push(state)
        return page('signed-in')
      })
      open.push(listener)
      return listener
    }
    const [one, two] = await Promise.all([join('one'), join('two')])
    expect([one.redirectUri, two.redirectUri]).toEqual([callbackUrl, callbackUrl])
    const status = async (state: string) => (await fetch(`${callbackUrl}?state=${state}`)).status
    expect([await status('two'), await status('one'), await status('three')]).toEqual([200, 200, 400])
    expect(seen).toEqual(['two', 'one'])
    await one.close()
    expect([await status('one'), await status('two')]).toEqual([400, 200])
    await two.close()
    await expect(status('two')).rejects.toThrow()
    await join('four')
    expect(await status('four')).toBe(200)
  })

  it('a port that is taken is an error for each, and is tried again by the next', async () => {
    const listenShared = shareListeners()
    const callbackUrl = await callback()
    const stranger = await listen({ callbackUrl }, async () => undefined)
    const tries = [1, 2].map(() => listenShared({ callbackUrl }, async () => undefined))
    for (const result of await Promise.allSettled(tries)) expect(result.status).toBe('rejected')
    await stranger.close()
    open.push(await listenShared({ callbackUrl }, async () => undefined))
  })

  it('without a callback address each has a port of its own', async () => {
    const listenShared = shareListeners()
    for (const _ of ['one', 'two']) open.push(await listenShared({}, async () => undefined))
    expect(open[0]?.redirectUri).not.toBe(open[1]?.redirectUri)
  })
})
