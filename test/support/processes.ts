import { readdirSync, readFileSync } from 'node:fs'

/** The processes under one (Linux), with their command lines. */
export function descendants(pid: number): { pid: number; command: string }[] {
  const parents = new Map<number, number[]>()
  for (const name of readdirSync('/proc').filter(each => /^\d+$/.test(each))) {
    const parent = Number(/\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1])
    parents.set(parent, [...(parents.get(parent) ?? []), Number(name)])
  }
  const children = parents.get(pid) ?? []
  return children.flatMap(child => [
    { pid: child, command: read(`/proc/${child}/cmdline`).replaceAll('\0', ' ').trim() },
    ...descendants(child),
  ])
}

/** The runtime that a running program has started. */
export function runtimeOf(pid: number): number {
  const runtime = descendants(pid).find(({ command }) => command.includes('copilot-runtime'))
  if (runtime === undefined) throw new Error('no runtime is running')
  return runtime.pid
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
