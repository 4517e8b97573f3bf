import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./engine-program.ts', import.meta.url))

/** What an engine in another process says to a request. */
export interface Said {
  /** The SHA-256 of the access token. */
  token?: string
  refused?: string
}

export interface EngineProcess {
  ask(reason?: 'initial' | 'refresh'): Promise<Said>
  signal(signal: NodeJS.Signals): Promise<void>
}

/** Starts an engine in a process of its own; the test ends it. */
export async function startEngineProcess(
  options: { folder: string; mcp: string; issuer: string; person?: boolean },
  end: (close: () => Promise<void>) => void,
): Promise<EngineProcess> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.stdin.on('error', () => {})
  end(async () => {
    child.kill('SIGCONT')
    child.stdin.end('close\n')
    await exit
  })

  async function said(): Promise<Said> {
    for (;;) {
      const { value, done } = await answers.next()
      if (done) throw new Error('the engine process has ended')
      const answer = JSON.parse(value)
      if (answer.warning === undefined) return answer
    }
  }

  child.stdin.write(`${JSON.stringify(options)}\n`)
  await said()
  return {
    ask(reason = 'initial') {
      child.stdin.write(`ask ${reason}\n`)
      return said()
    },
    async signal(signal) {
      child.kill(signal)
      if (signal === 'SIGKILL') await exit
    },
  }
}
