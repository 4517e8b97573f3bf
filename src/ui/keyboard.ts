import { PassThrough } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { createPasteReader } from './paste-reader.ts'

/**
 * The terminal's input as Ink is given it, see `paste-reader.ts`. It reads from the terminal only while raw mode is on:
 * a program that has the terminal in between (an editor, a shell after Ctrl+Z) gets every key.
 */
export function openKeyboard(stdin: NodeJS.ReadStream, now: () => number): NodeJS.ReadStream {
  const keyboard = new PassThrough()
  const decoder = new StringDecoder('utf8')
  const reader = createPasteReader()
  const take = (bytes: Buffer | string) => {
    const text = reader.push(typeof bytes === 'string' ? bytes : decoder.write(bytes), now())
    if (text !== '') keyboard.write(text)
  }
  const terminal = {
    isTTY: stdin.isTTY,
    setRawMode(on: boolean) {
      stdin.setRawMode(on)
      stdin.off('data', take)
      if (on) stdin.on('data', take).resume()
      else stdin.pause()
      return keyboard
    },
    ref: () => stdin.ref(),
    unref: () => stdin.unref(),
  }
  // Ink uses of a terminal what is here, and what every stream has.
  return Object.assign(keyboard, terminal) as unknown as NodeJS.ReadStream
}
