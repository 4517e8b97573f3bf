import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { StoreOptions } from '../../src/auth/store/store.ts'

const PROGRAM = fileURLToPath(new URL('./store-program.ts', import.meta.url))

/** The file that the keychain child is started from: its source, so that tests need no build. */
export const CHILD = fileURLToPath(new URL('../../src/auth/store/keychain-child.ts', import.meta.url))

export interface StoreProcess {
  pid: number
  warnings: string[]
  /** Sends one command (see `store-program.ts`) and gives its answer. */
  ask(command: string): Promise<unknown>
  kill(signal: NodeJS.Signals): Promise<void>
  close(): Promise<void>
}

/** A second process with a store of its own. `shell` runs before it, in the same process: limits, for example. */
export async function startStoreProcess(
  options: Omit<StoreOptions, 'warn' | 'now'>,
  shell = ':',
): Promise<StoreProcess> {
  const child = spawn('/bin/sh', ['-c', `${shell}; exec "$0" "$1"`, process.execPath, PROGRAM], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  const warnings: string[] = []
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function ask(command: string): Promise<unknown> {
    child.stdin.write(`${command}\n`)
    for (;;) {
      const { value, done } = await answers.next()
      if (done) throw new Error('the store process has ended')
      const answer: unknown = JSON.parse(value)
      if (typeof answer !== 'object' || answer === null || !('warning' in answer)) return answer
      warnings.push(String(answer.warning))
    }
  }

  await ask(JSON.stringify(options))
  return {
    pid: child.pid ?? 0,
    warnings,
    ask,
    async kill(signal) {
      child.kill(signal)
      if (signal === 'SIGKILL') await exit
    },
    async close() {
      child.kill('SIGCONT')
      child.stdin.end()
      await exit
    },
  }
}
