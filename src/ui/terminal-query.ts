/** What a terminal says about itself. */
export interface TerminalAnswer {
  /** Whether it knows synchronized updates (mode 2026). */
  synchronized: boolean
}

/** How long a terminal is waited for, in milliseconds: one far away answers late, some never. */
const PATIENCE = 1000

/**
 * Asks the terminal what it can do: DECRQM for the mode, and DA1, which every terminal answers, to know when the answers are
 * over. Undefined where nothing comes. What is typed meanwhile is lost, so only a command that reads nothing may ask.
 */
export async function askTerminal(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<TerminalAnswer | undefined> {
  const done = Promise.withResolvers<TerminalAnswer | undefined>()
  let heard = ''
  const listen = (data: Buffer | string) => {
    heard += String(data)
    if (/\u001b\[\?[\d;]*c/.test(heard)) {
      const [, state] = /\u001b\[\?2026;(\d)\$y/.exec(heard) ?? []
      done.resolve({ synchronized: state === '1' || state === '2' || state === '3' })
    }
  }
  const giveUp = () => done.resolve(undefined)
  const timer = setTimeout(giveUp, PATIENCE)
  signal.addEventListener('abort', giveUp, { once: true })
  stdin.setRawMode(true)
  stdin.on('data', listen)
  try {
    stdin.resume()
    stdout.write('\u001b[?2026$p\u001b[c')
    return await done.promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
    stdin.off('data', listen)
    stdin.setRawMode(false)
    stdin.pause()
  }
}
