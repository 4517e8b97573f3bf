import { readFileSync } from 'node:fs'
import { descendants } from '../../test/support/processes.ts'

/** Seconds of the processor that a process has taken itself; NaN where the system does not tell it like Linux. */
export function ownSeconds(pid: number): number {
  const [user = Number.NaN, system = Number.NaN] = times(pid)
  return (user + system) / 100
}

/** The same with all that it has started, also what has ended since. */
export function allSeconds(pid: number): number {
  const pids = [pid, ...descendants(pid).map(each => each.pid)]
  return pids.flatMap(each => times(each)).reduce((sum, ticks) => sum + ticks, 0) / 100
}

/** Megabytes that a process holds. */
export function residentMegabytes(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, 'VmRSS') / 1000
}

/** Megabytes of a process and all that it has started; what they share is counted once. */
export function allMegabytes(pid: number): number {
  const pids = [pid, ...descendants(pid).map(each => each.pid)]
  return pids.reduce((sum, each) => sum + kilobytes(`/proc/${each}/smaps_rollup`, 'Pss'), 0) / 1000
}

/** User and system time, and those of children that were waited for, in ticks. */
function times(pid: number): number[] {
  const [, rest = ''] = read(`/proc/${pid}/stat`).split(/\) (?=\S )/)
  return rest.split(' ').slice(11, 15).map(Number)
}

function kilobytes(file: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(read(file))?.[1] ?? Number.NaN)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
