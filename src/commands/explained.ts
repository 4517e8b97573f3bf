import { createHttp, LARGEST_DOCUMENT } from '../auth/http.ts'
import { PROBE_LIMIT, probe } from '../auth/probe.ts'
import { webUrl } from '../auth/url.ts'
import type { Host } from '../host.ts'
import type { HostEvent, ServerConfig, Session } from '../runtime/types.ts'
import type { Clean } from '../text.ts'

/** What the runtime says where no usable answer came: not a word of why. */
const WORDLESS = /error sending request|unexpected content type|transport failure/i

type Failed = Extract<HostEvent, { type: 'server' }>

/**
 * The same session, in which a server on the network that cannot be reached says why: its name is not known, nobody listens, its
 * certificate is not valid, the proxy refuses, a web page came. The runtime tells none of them from the others, so it is asked
 * once more by us, without anything secret.
 */
export function explained(
  session: Session,
  servers: Readonly<Record<string, ServerConfig>>,
  host: Pick<Host, 'fetch' | 'version' | 'signal'>,
): Session {
  /** The last word about each server, which an explanation may be too late for. */
  const last = new Map<Clean, Failed>()
  const asking = new Set<Promise<void>>()
  const http = createHttp(host.fetch, { deadlineMs: PROBE_LIMIT, bytes: LARGEST_DOCUMENT })

  async function why({ name }: Failed): Promise<Clean | undefined> {
    const config = Object.hasOwn(servers, name) ? servers[name] : undefined
    if (config === undefined || !('url' in config)) return undefined
    const question = {
      server: webUrl(config.url, name),
      transport: config.type,
      headers: {},
      version: host.version,
    }
    const { state, why } = await probe(question, http, host.signal)
    return state === 'unreachable' ? why : undefined
  }

  return {
    ...session,
    get stale() {
      return session.stale
    },
    listen(listener) {
      const stop = session.listen(event => {
        if (event.type !== 'server') return listener(event)
        last.set(event.name, event)
        if (event.status !== 'failed' || !WORDLESS.test(event.error ?? '')) return listener(event)
        const asked = why(event)
          .catch(() => undefined)
          .then(error => {
            if (last.get(event.name) === event) listener({ ...event, error: error ?? event.error })
          })
          .catch(() => {})
          .finally(() => asking.delete(asked))
        asking.add(asked)
      })
      return () => {
        // What is found out later is about a session that nobody looks at any more.
        last.clear()
        return stop()
      }
    },
    async ready(signal) {
      const late = await session.ready(signal)
      const given = new Promise<void>(resolve => {
        if (signal?.aborted) resolve()
        signal?.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([Promise.all(asking), given])
      return late
    },
  }
}
