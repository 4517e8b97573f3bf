import { type Listener, listen, type Place, type Receive } from './listener.ts'

/** {@link listen}, or something in its place. */
export type Listen = (place: Place, receive: Receive) => Promise<Listener>

/**
 * `listen` for the sign-ins of one session. A callback address leads to one port: all that wait there at the same time share
 * it, and each answer goes to the sign-in that knows it by its `state`. The last to close frees the port.
 */
export function shareListeners(): Listen {
  const shared = new Map<string, { receivers: Set<Receive>; listener: Promise<Listener> }>()

  function open(key: string, place: Place) {
    const receivers = new Set<Receive>()
    const listener = listen(place, async query => {
      for (const receive of receivers) {
        const answer = await receive(query)
        if (answer !== undefined) return answer
      }
      return undefined
    })
    const door = { receivers, listener }
    shared.set(key, door)
    listener.catch(() => shared.delete(key))
    return door
  }

  return async (place, receive) => {
    if (place.callbackUrl === undefined) return listen(place, receive)
    const key = JSON.stringify([place.callbackUrl, place.port, place.everywhere])
    const { receivers, listener } = shared.get(key) ?? open(key, place)
    receivers.add(receive)
    const { redirectUri, close } = await listener
    return {
      redirectUri,
      async close() {
        receivers.delete(receive)
        if (receivers.size > 0) return
        shared.delete(key)
        await close()
      },
    }
  }
}
