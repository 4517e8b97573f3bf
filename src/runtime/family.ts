import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { platform } from 'node:os'
import { kill } from 'node:process'

/** Processes by number, with the time at which each was started: numbers are given again. */
export type Family = ReadonlyMap<number, string>

interface Process {
  parent: number
  group: number
  started: string
}

/**
 * What a process has started and still listens to, with all that this has started, and its own group: servers, and commands of the
 * model, which have sessions of their own. What was started to stay writes to nobody, and is left alone. Only Linux tells;
 * elsewhere it is empty.
 */
export function familyOf(pid: number): Family {
  const all = processes()
  const family = new Map<number, string>()
  const add = (parent: number, counts: (pid: number) => boolean) => {
    for (const [each, one] of all) {
      if (one.parent !== parent || family.has(each) || !counts(each)) continue
      family.set(each, one.started)
      add(each, () => true)
    }
  }
  add(pid, each => isHeard(each) || all.get(each)?.group === pid)
  for (const [each, { group, started }] of all) if (group === pid && each !== pid) family.set(each, started)
  return family
}

/** Sends a signal to those that are still there; false if there are none. */
export function signalFamily(family: Family, signal: NodeJS.Signals | 0): boolean {
  if (family.size === 0) return false
  const all = processes()
  const left = [...family].filter(([pid, started]) => all.get(pid)?.started === started)
  for (const [pid] of left) {
    try {
      kill(pid, signal)
    } catch {
      // It has ended meanwhile.
    }
  }
  return left.length > 0
}

/** Somebody reads what it writes. */
function isHeard(pid: number): boolean {
  return [1, 2].some(output => {
    try {
      return /^(?:pipe|socket):/.test(readlinkSync(`/proc/${pid}/fd/${output}`))
    } catch {
      return false
    }
  })
}

function processes(): Map<number, Process> {
  const all = new Map<number, Process>()
  if (platform() !== 'linux') return all
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      // Fields 3, 4, 5 and 22 of proc_pid_stat(5), counted behind the name, which may hold anything.
      const fields = stat(name).split(') ').at(-1)?.split(' ') ?? []
      const [state, parent, group, started = ''] = [fields[0], fields[1], fields[2], fields[19]]
      if (state !== 'Z' && started !== '')
        all.set(Number(name), { parent: Number(parent), group: Number(group), started })
    }
  } catch {
    // Not every container has one.
  }
  return all
}

function stat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return ''
  }
}
