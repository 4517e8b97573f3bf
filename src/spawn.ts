import { spawn } from 'node:child_process'

/** How long a program that was started may take to fail before it counts as running, in milliseconds. */
const EARLY = 500

export interface Child {
  program: string
  /** Given to the program as they are: there is no shell between. */
  args: readonly string[]
  /** The whole environment of the child, already without keys and tokens. */
  env: Readonly<Record<string, string | undefined>>
}

/**
 * Starts a program that goes on by itself: no shell, none of our streams, its own process group. Resolves to false when
 * it is missing, may not be run, or fails within the first half second; never throws.
 */
export function startProgram({ program, args, env }: Child): Promise<boolean> {
  return new Promise(resolve => {
    try {
      const child = spawn(program, args, {
        env,
        shell: false,
        stdio: 'ignore',
        detached: true,
        windowsHide: true,
      })
      const running = setTimeout(resolve, EARLY, true)
      running.unref()
      child.once('error', () => {
        clearTimeout(running)
        resolve(false)
      })
      child.once('exit', code => {
        clearTimeout(running)
        resolve(code === 0)
      })
      child.unref()
    } catch {
      // An argument that no program can be given, such as one with a NUL in it.
      resolve(false)
    }
  })
}

/**
 * Runs a program in the person's terminal until it ends: no shell, our own streams. Resolves to its exit code, or to
 * undefined when there is no such program.
 */
export function runInTerminal({ program, args, env }: Child): Promise<number | undefined> {
  return new Promise(resolve => {
    const child = spawn(program, args, { env, shell: false, stdio: 'inherit' })
    child.once('error', () => resolve(undefined))
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 1))
  })
}
