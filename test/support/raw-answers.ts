import { gzipSync } from 'node:zlib'
import { type Fault, raw } from './faulty-server.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** An answer of little size that is very large when it is unpacked, in bytes. */
export function bomb(bytes: number): Fault {
  const packed = gzipSync(Buffer.alloc(bytes, ' '))
  return raw(packed, { ...JSON_TYPE, 'content-encoding': 'gzip' })
}

/** Exactly these bytes, whatever HTTP says, and the end. */
export function wire(bytes: string | Buffer): Fault {
  return (_response, { request }) => {
    request.socket.end(bytes)
  }
}

/** Begins with this and goes on with that until nobody listens. */
export function endless(begin: string, piece: string): Fault {
  return (_response, { request: { socket } }) => {
    socket.write(begin)
    const block = piece.repeat(Math.ceil(16_384 / piece.length))
    const write = () => {
      while (!socket.destroyed && socket.writable) {
        if (socket.write(block)) continue
        socket.once('drain', write)
        return
      }
    }
    socket.on('error', () => socket.destroy())
    write()
  }
}

/** A document that JSON can say and `JSON.stringify` cannot. */
export function text(document: string | Buffer, headers: Record<string, string> = {}): Fault {
  return raw(document, { ...JSON_TYPE, ...headers })
}
