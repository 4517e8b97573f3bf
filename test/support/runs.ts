import { execFile } from 'node:child_process'
import { watchProcesses } from './leaks.ts'

export interface Ended {
  code: number
  stdout: string
  stderr: string
}

/** Programs without a terminal, and what they have told so far: for the check at the end, see `closed`. */
export interface Runs {
  printed: string[]
  /** Command lines and environments of all their processes. */
  seen: string[]
  /** Runs a command to its end, with this on its standard input; -1 is the code of one that was killed. */
  run(
    command: readonly string[],
    options: { cwd: string; env: Record<string, string | undefined>; stdin?: string | Buffer },
  ): Promise<Ended>
}

export function openRuns(): Runs {
  const printed: string[] = []
  const seen: string[] = []
  return {
    printed,
    seen,
    run([command = '', ...args], { cwd, env, stdin = '' }) {
      return new Promise(resolve => {
        const options = { cwd, env, timeout: 110_000 }
        const child = execFile(command, args, options, (error, stdout, stderr) => {
          watched?.stop()
          seen.push(...(watched?.seen() ?? []))
          printed.push(stdout, stderr)
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr })
        })
        const watched = child.pid === undefined ? undefined : watchProcesses(child.pid)
        // One that reads nothing may be gone by now.
        child.stdin?.on('error', () => {})
        child.stdin?.end(stdin)
      })
    },
  }
}
