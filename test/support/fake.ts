import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { LIMITS, type Limits } from '../../src/runtime/limits.ts'
import { startRuntime } from '../../src/runtime/runtime.ts'
import type { Runtime, RuntimeOptions } from '../../src/runtime/types.ts'
import { temporaryFolder } from './folder.ts'

export const FAKE = fileURLToPath(new URL('./fake-runtime.js', import.meta.url))

/** What the host has sent: a message, or an answer to a request of the runtime. */
export interface Heard {
  method?: string
  params: Record<string, unknown>
  answer?: unknown
}

export interface FakeRuntime {
  runtime: Runtime
  /** What the host sent, in order. */
  sent(): Heard[]
  logged: string[]
}

/** What the fake runtime has written down in its FAKE_RUNTIME_LOG, in order. */
export function heardIn(file: string): Heard[] {
  if (!existsSync(file)) return []
  // The last line may be being written just now.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map(line => JSON.parse(line))
}

/** What `startRuntime` needs to start the fake one in this scenario. */
export async function fakeOptions(
  scenario: string,
  args: object = {},
): Promise<RuntimeOptions & { file: string }> {
  const folder = await temporaryFolder()
  const file = join(folder, 'requests.jsonl')
  return {
    path: FAKE,
    execPath: process.execPath,
    env: {
      PATH: process.env.PATH ?? '',
      FAKE_RUNTIME: scenario,
      FAKE_RUNTIME_ARGS: JSON.stringify(args),
      FAKE_RUNTIME_LOG: file,
    },
    folder,
    login: true,
    file,
  }
}

/** Starts the fake runtime; it is stopped when the test ends. */
export async function startFake(
  scenario: string,
  args: object = {},
  limits: Partial<Limits> = {},
): Promise<FakeRuntime> {
  const { file, ...options } = await fakeOptions(scenario, args)
  const logged: string[] = []
  const runtime = await startRuntime({ ...options, log: line => logged.push(line) }, { ...LIMITS, ...limits })
  onTestFinished(() => runtime.stop())
  return {
    runtime,
    logged,
    sent: () => heardIn(file),
  }
}
