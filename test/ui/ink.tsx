import { PassThrough, Writable } from 'node:stream'
import { render } from 'ink'
import type { ReactNode } from 'react'

/** What of a terminal Ink looks at. */
class Screen extends Writable {
  readonly isTTY = true
  readonly columns: number
  readonly rows: number
  text = ''

  constructor(columns: number, rows: number) {
    super()
    this.columns = columns
    this.rows = rows
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.text += chunk.toString()
    done()
  }
}

class Keyboard extends PassThrough {
  readonly isTTY = true
  readonly setRawMode = () => this
  readonly ref = () => this
  readonly unref = () => this
}

/** Ink on streams of our own: what is written to `keyboard` goes through Ink's real parser. */
export function openInk(node: ReactNode, columns = 80, rows = 24) {
  const screen = new Screen(columns, rows)
  const keyboard = new Keyboard()
  const ink = render(node, {
    // Ink asks for the streams of a process and uses only what these have.
    stdin: keyboard as unknown as NodeJS.ReadStream,
    stdout: screen as unknown as NodeJS.WriteStream,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
  })
  return { screen, keyboard, ink }
}
