import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { PIPES, writeDescriptor } from './descriptor.ts'
import { type DeskPlace, inSocketFolder } from './folder.ts'

/** An open socket that other processes of this user find by its descriptor. */
export interface Door {
  /** What whoever comes in has to say first. */
  readonly nonce: string
  /** Nobody comes in any more; what has been written still gets out. Leaves no file. */
  close(): void
}

export interface DoorOptions {
  place: DeskPlace
  pid: number
  /** At most so many connections at a time; who comes later is cut off. */
  connections: number
}

/**
 * Opens a private socket: 0600 in a folder of 0700, on Windows a pipe with a name that cannot be guessed. It does not keep
 * the process alive. Throws HostError `failure`, or what the system says.
 */
export async function openDoor(
  { place, pid, connections }: DoorOptions,
  enter: (socket: Socket, nonce: string) => void,
): Promise<Door> {
  const nonce = randomBytes(32).toString('base64url')
  const name = randomBytes(6).toString('hex')
  const windows = place.platform === 'win32'
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.unref()
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    enter(socket, nonce)
  })
  server.maxConnections = connections
  server.unref()
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroySoon()
  }
  const listenAt = async (path: string) => {
    server.listen(path)
    await once(server, 'listening')
    return path
  }
  try {
    const path = windows
      ? await listenAt(`${PIPES}${randomBytes(16).toString('hex')}`)
      : await inSocketFolder(place, folder => listenAt(join(folder, `${name}.sock`)))
    // A connection that cannot be accepted (no free file descriptor) must not end the program.
    server.on('error', () => {})
    if (!windows) await chmod(path, 0o600)
    const file = await writeDescriptor(place, name, { machine: place.machine, pid, socket: path, nonce })
    return {
      nonce,
      close() {
        close()
        try {
          rmSync(file, { force: true })
        } catch {
          // Who finds it is refused by its socket, and clears it away.
        }
      },
    }
  } catch (error) {
    close()
    throw error
  }
}
