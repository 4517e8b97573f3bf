import { writeSync } from 'node:fs'
import { HostError } from './errors.ts'
import { createHost, signalCode } from './host.ts'
import { maskSecrets } from './mask.ts'
import { clean } from './text.ts'
import { reached, traceLines } from './trace.ts'

/** How long a command may take to put everything away after a signal, in milliseconds. */
const PARTING = 3000

/** Runs the program: arguments in, exit code out. Every error becomes one line here, and nowhere else. */
async function main(argv: readonly string[]): Promise<number> {
  reached('program loaded')
  const ending = new AbortController()
  /** Who takes Ctrl+C, if it does not end the program. */
  let interrupted: (() => void) | undefined
  const leave = (reason: NodeJS.Signals | Error) => {
    ending.abort(reason)
    setTimeout(() => process.exit(outcome()), PARTING).unref()
  }
  const end = (name: NodeJS.Signals) => {
    if (name === 'SIGINT' && interrupted) interrupted()
    else leave(name)
  }
  /** The exit code of a program that had to end. What nobody has caught is told here, when the terminal is given back. */
  const outcome = () => {
    const { reason } = ending.signal
    return reason instanceof Error ? told(reason) : signalCode(reason)
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end)
  // What is open is put away first, as after a signal.
  process.on('uncaughtException', thrown =>
    leave(thrown instanceof Error ? thrown : new Error('unknown error')),
  )
  // Nothing can happen any more, and the command is not done: without this it would end as if all were well.
  process.on('beforeExit', () => {
    process.exit(
      ending.signal.aborted ? outcome() : told(new Error('it waits for something that cannot happen')),
    )
  })

  try {
    // The bundle, dist/main.js, lies one level below the package, as this source file does.
    const host = createHost(ending.signal, new URL('..', import.meta.url), handler => {
      interrupted = handler
      return () => {
        interrupted = undefined
      }
    })
    process.stdout.on('error', error => leave(lost(error)))
    // Nobody can be told, and the result may still be wanted.
    process.stderr.on('error', () => {})
    // A terminal that is gone; any other input is judged where it is read.
    process.stdin.on('error', () => process.stdin.isTTY && leave('SIGHUP'))
    const { run } = await import('./commands/program.ts')
    const code = await run(argv, host).finally(host.finished)
    // What cannot be written is known only afterwards.
    await flushed(process.stdout)
    return ending.signal.aborted ? outcome() : code
  } catch (thrown) {
    return ending.signal.aborted ? outcome() : told(thrown)
  }
}

/** Why nothing can be written to standard output any more. A reader that went away (`| head -1`) is no error. */
function lost(error: NodeJS.ErrnoException): NodeJS.Signals | Error {
  if (error.code === 'EPIPE') return 'SIGPIPE'
  if (process.stdout.isTTY) return 'SIGHUP'
  return new HostError('failure', `the output cannot be written (${clean(error.code ?? 'unknown reason')})`)
}

/** Tells an error in one line and gives its exit code. */
function told(thrown: unknown): number {
  if (thrown instanceof HostError) {
    process.stderr.write(`${thrown.message}\n`)
    return thrown.exitCode
  }
  const detail = thrown instanceof Error ? clean(maskSecrets(thrown.message), 200) : 'unknown error'
  process.stderr.write(`copilot-host failed unexpectedly: ${detail} (--debug-log <file> records more)\n`)
  return 1
}

if (!['', '0', undefined].includes(process.env.COPILOT_HOST_TRACE)) {
  process.on('exit', () =>
    writeSync(
      2,
      traceLines()
        .map(line => `${line}\n`)
        .join(''),
    ),
  )
}
process.exitCode = await main(process.argv.slice(2))
// What the command opened it has closed; a stray handle must not keep a finished program alive.
await Promise.all([process.stdout, process.stderr].map(flushed))
process.exit()

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    // An error is told only after that.
    const done = () => setImmediate(resolve)
    if (stream.destroyed || stream.writableLength === 0) done()
    else stream.write('', done)
  })
}
