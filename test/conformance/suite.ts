import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const CLIENT = `"${process.execPath}" "${join(root, 'test/conformance/client.ts')}"`

/** For one scenario, in milliseconds; the suite has its own of 30 s. */
const LIMIT = 40_000

export interface Result {
  scenario: string
  /** Why it did not pass. */
  fault?: string
  /** What the suite printed. */
  text: string
  seconds: number
}

/** The names of all authorization scenarios that a suite has for clients. */
export async function scenariosOf(suite: string, signal: AbortSignal): Promise<string[]> {
  const { text } = await execute([suite, 'list', '--client'], {}, signal)
  return [...new Set([...text.matchAll(/auth\/[a-z0-9-]+/g)].map(([name]) => name))]
}

/**
 * Runs one scenario: it passes when the suite says so, without a warning, and our client found nothing wrong either. What
 * it writes is removed, however it ends; an aborted signal ends it.
 */
export async function run(
  suite: string,
  scenario: string,
  options: readonly string[],
  signal: AbortSignal,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'copilot-host-conformance-'))
  const verdict = join(folder, 'verdict')
  const start = performance.now()
  try {
    const args = [suite, 'client', '--command', CLIENT, '--scenario', scenario, ...options]
    const variables = { CONFORMANCE_VERDICT: verdict, TMPDIR: folder }
    const { code, text } = await execute(args, variables, signal)
    const faults = [await readFile(verdict, 'utf8').catch(() => 'the client came to no verdict')]
    if (code !== 0) faults.push(`the suite ended with ${code}`)
    if (/WARNING\b/.test(text)) faults.push('the suite warned')
    const fault = faults.filter(each => each !== '').join('; ')
    const seconds = Math.round(performance.now() - start) / 1000
    return { scenario, fault: fault === '' ? undefined : fault, text, seconds }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
}

/** Works on all items until the signal aborts, that many at the same time; the results are in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  jobs: number,
  work: (item: T) => Promise<R>,
  signal: AbortSignal,
): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  const worker = async () => {
    for (const [at, item] of left) {
      if (signal.aborted) return
      results[at] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
  return results
}

/** Runs Node in a process group of its own, and ends whatever is left of it: at its end, its deadline, or by the signal. */
function execute(
  args: readonly string[],
  variables: Record<string, string>,
  signal: AbortSignal,
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...variables },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const endGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // Nothing is left.
      }
    }
    const timer = setTimeout(endGroup, LIMIT)
    signal.addEventListener('abort', endGroup)
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
    child.once('error', reject)
    child.once('close', code => {
      clearTimeout(timer)
      signal.removeEventListener('abort', endGroup)
      endGroup()
      resolve({ code: code ?? 1, text })
    })
  })
}
