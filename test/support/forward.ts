import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type ListenOptions, type NetConnectOpts } from 'node:net'
import { pipeline } from 'node:stream'

export interface Forwarder {
  /** Where it listens; 0 on a socket that is a file. */
  port: number
  close(): Promise<void>
}

/** Carries every connection that comes in at one place to another one, as the port publishing of a container engine does. */
export async function forward(from: ListenOptions, to: NetConnectOpts): Promise<Forwarder> {
  const open = new Set<{ destroy(): void }>()
  const server = createServer(incoming => {
    const outgoing = connect(to)
    open.add(incoming).add(outgoing)
    // An end that breaks takes the other one with it.
    pipeline(incoming, outgoing, incoming, () => {
      open.delete(incoming)
      open.delete(outgoing)
    })
  })
  server.listen(from)
  await once(server, 'listening')
  const address: string | AddressInfo | null = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const each of open) each.destroy()
      await closed
    },
  }
}
