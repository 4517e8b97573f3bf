import { type Clean, hostOf } from '../text.ts'
import type { After } from './flows/page.ts'
import { type Listen, shareListeners } from './flows/shared-listener.ts'
import type { Clock, WebUrl } from './types.ts'

/** How long the page of a finished sign-in waits for the address of the next one, in milliseconds. */
const PATIENCE = 2000

/** The browser tab that the sign-ins of one session share: the page of a finished one leads to the next that waits. */
export interface Tab {
  /** Takes in one sign-in. */
  enter(server: Clean): Seat
  /** Where browsers come back to: one port for those that have the same callback address. */
  listen: Listen
}

/** One sign-in of the tab: its page may lead to others, and theirs to it once it follows. */
export interface Seat {
  /** True while it waits for a page that leads to it. */
  readonly follows: boolean
  /** From now on it waits for one; until {@link ready} there is no address. */
  follow(): void
  ready(url: WebUrl): void
  /** No page leads to it any more: it is over, or the browser was opened for it alone. */
  leave(): void
  /** What its own page says of the others, at its end; waits for an address at most 2 s. Rejects with the signal's reason. */
  after(signal: AbortSignal): Promise<After | undefined>
}

export function createTab(clock: Clock): Tab {
  const waiting = new Set<{ server: Clean; url?: WebUrl }>()
  let change = Promise.withResolvers<void>()

  function changed(): void {
    change.resolve()
    change = Promise.withResolvers()
  }

  return {
    listen: shareListeners(),
    enter(server) {
      const own: { server: Clean; url?: WebUrl } = { server }
      let followed = false

      function next(): After | undefined {
        const others = [...waiting]
        const ready = others.flatMap(({ server, url }) =>
          url === undefined ? [] : [{ server, url, host: hostOf(url) }],
        )
        // Those of one sign-in server come one after the other: the person may be signed in there by now.
        const here = own.url && hostOf(own.url)
        const first = ready.find(({ host }) => host === here) ?? ready[0]
        if (first !== undefined) return { kind: 'next', ...first, more: others.length - 1 }
        const [unready] = others
        if (unready !== undefined) return { kind: 'unready', server: unready.server }
        return followed ? { kind: 'last' } : undefined
      }

      return {
        get follows() {
          return waiting.has(own)
        },
        follow() {
          followed = true
          waiting.add(own)
          changed()
        },
        ready(url) {
          own.url = url
          changed()
        },
        leave() {
          waiting.delete(own)
          changed()
        },
        async after(signal) {
          waiting.delete(own)
          const over = new AbortController()
          const limit = clock.sleep(PATIENCE, AbortSignal.any([signal, over.signal]))
          limit.catch(() => {})
          try {
            let late = false
            for (;;) {
              const found = next()
              if (found?.kind !== 'unready' || late) return found
              late = await Promise.race([limit.then(() => true), change.promise.then(() => false)])
            }
          } finally {
            over.abort()
          }
        },
      }
    },
  }
}
