import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { descendants, runtimeOf } from '../../test/support/processes.ts'

/**
 * What is measured, and by how much one of it may grow in the second half without being a leak. What V8 reserves for new objects
 * grows in steps, up to three times 32 MiB, and is not given back: a leak shows in what is alive (`heap`) or beside the heap. The runtime is a new one in each
 * round: its numbers are those at the end of a life with as much work as any other. The size of the state folder is
 * that of two logs, journal and prompts, which begin anew at 1 MiB each and keep the one before.
 */
export const MEASURES = {
  'host heap (kB)': 2048,
  'host heap reserved (kB)': 98_304,
  'host beside the heap (kB)': 16_384,
  'host memory (kB)': 98_304,
  'host timers': 2,
  'host handles': 2,
  'host listening sockets': 0,
  'host listeners': 1,
  'warnings of Node': 0,
  'host open files': 3,
  'runtime memory (kB)': 65_536,
  'runtime open files': 8,
  'runtime threads': 8,
  processes: 1,
  'state files': 3,
  'state size (kB)': 4096,
} as const

export type Measure = keyof typeof MEASURES
export type Sample = Record<Measure, number>

/** Measures a chat at rest (Linux): `pid` is the host, `probe` the file that its probe writes to. */
export async function measure(pid: number, probe: string, state: string): Promise<Sample> {
  const before = linesOf(probe).length
  process.kill(pid, 'SIGUSR2')
  const deadline = Date.now() + 10_000
  while (linesOf(probe).length === before) {
    if (Date.now() > deadline) throw new Error('the host does not answer its probe')
    await sleep(20)
  }
  const { heap, reserved, timers, handles, listening, listeners, warnings } = JSON.parse(
    linesOf(probe).at(-1) ?? '',
  )
  const runtime = runtimeOf(pid)
  const files = filesUnder(state)
  return {
    'host heap (kB)': Math.round(heap / 1024),
    'host heap reserved (kB)': Math.round(reserved / 1024),
    'host beside the heap (kB)': statusOf(pid, 'VmRSS') - Math.round(reserved / 1024),
    'host memory (kB)': statusOf(pid, 'VmRSS'),
    'host timers': timers,
    'host handles': handles,
    'host listening sockets': listening,
    'host listeners': listeners,
    'warnings of Node': warnings,
    'host open files': openFiles(pid),
    'runtime memory (kB)': statusOf(runtime, 'VmRSS'),
    'runtime open files': openFiles(runtime),
    'runtime threads': statusOf(runtime, 'Threads'),
    processes: descendants(pid).length + 1,
    'state files': files.length,
    'state size (kB)': Math.round(files.reduce((sum, { size }) => sum + size, 0) / 1024),
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}

function statusOf(pid: number, field: string): number {
  return Number(
    new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  )
}

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

function filesUnder(folder: string): { size: number }[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => ({ size: sizeOf(join(entry.parentPath, entry.name)) }))
}

function sizeOf(file: string): number {
  try {
    return readFileSync(file).length
  } catch {
    return 0
  }
}
