import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

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

/** The processes under a program that are not the runtime. */
export function strangersUnder(pid: number): string[] {
  return descendants(pid)
    .map(({ command }) => command)
    .filter(command => !/copilot-runtime|^tee /.test(command))
}

/** The runtime, real or fake, that a running program has started. */
export function runtimeOf(pid: number): number {
  const runtime = descendants(pid).find(({ command }) => /copilot-runtime|fake-runtime/.test(command))
  if (runtime === undefined) throw new Error('no runtime is running')
  return runtime.pid
}

/** The processes (Linux) that this folder is known to by their environment or command line: those of one practice world. */
export function processesOf(folder: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(name => {
      const command = read(`/proc/${name}/cmdline`)
      const known = command.includes(folder) || read(`/proc/${name}/environ`).includes(folder)
      return known ? [{ pid: Number(name), command: command.replaceAll('\0', ' ').trim() }] : []
    })
}

/** The ports on which a process listens (Linux). */
export function listening(pid: number): number[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map(fd => linkOf(`/proc/${pid}/fd/${fd}`))
  return ['tcp', 'tcp6'].flatMap(kind =>
    read(`/proc/${pid}/net/${kind}`)
      .split('\n')
      .map(row => row.trim().split(/\s+/))
      .filter(row => row[3] === LISTEN && sockets.includes(`socket:[${row[9]}]`))
      .map(row => Number.parseInt(row[1]?.split(':')[1] ?? '', 16)),
  )
}

/** The state of a socket in `/proc/net/tcp`. */
const LISTEN = '0A'

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
