import { HostError } from './errors.ts'
import { createHost, signalCode } from './host.ts'
import { clean } from './text.ts'

/** How long a command may take to put everything away after a signal, in milliseconds. */
const PARTING = 3000

/** Runs the program: arguments in, exit code out. Every error becomes one line here, and nowhere else. */
async function main(argv: readonly string[]): Promise<number> {
  const ending = new AbortController()
  /** Who takes Ctrl+C, if it does not end the program. */
  let interrupted: (() => void) | undefined
  // The bundle, dist/main.js, lies one level below the package, as this source file does.
  const host = createHost(ending.signal, new URL('..', import.meta.url), handler => {
    interrupted = handler
    return () => {
      interrupted = undefined
    }
  })
  const end = (name: NodeJS.Signals) => {
    if (name === 'SIGINT' && interrupted) return interrupted()
    ending.abort(name)
    setTimeout(() => process.exit(signalCode(name)), PARTING).unref()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end)
  // Nothing can happen any more, and the command is not done: without this it would end as if all were well.
  process.on('beforeExit', () => {
    const { aborted, reason } = ending.signal
    process.exit(aborted ? signalCode(reason) : told(new Error('it waits for something that cannot happen')))
  })
  // A reader that went away (`| head -1`) is no error, and there is nobody left to tell.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => ending.abort('SIGPIPE'))

  try {
    const { run } = await import('./commands/program.ts')
    const code = await run(argv, host)
    return ending.signal.aborted ? signalCode(ending.signal.reason) : code
  } catch (thrown) {
    return ending.signal.aborted ? signalCode(ending.signal.reason) : told(thrown)
  }
}

/** Tells an error in one line and gives its exit code. */
function told(thrown: unknown): number {
  if (thrown instanceof HostError) {
    process.stderr.write(`${thrown.message}\n`)
    return thrown.exitCode
  }
  const detail = thrown instanceof Error ? clean(thrown.message, 200) : 'unknown error'
  process.stderr.write(`copilot-host failed unexpectedly: ${detail} (--debug-log <file> records more)\n`)
  return 1
}

// An error that nobody has caught is told like any other; leaving this way gives the terminal back.
process.on('uncaughtException', thrown => process.exit(told(thrown)))
process.exitCode = await main(process.argv.slice(2))
// What the command opened it has closed; a stray handle must not keep a finished program alive.
await Promise.all([process.stdout, process.stderr].map(flushed))
process.exit()

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    if (stream.destroyed || !stream.writable) resolve()
    else stream.write('', () => resolve())
  })
}
