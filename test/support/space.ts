import { spawnSync } from 'node:child_process'

const UNSHARE = [...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']), '--mount']

/** Why a program cannot have mounts of its own here; undefined if it can. */
export function spaceMissing(): string | undefined {
  const { status, stderr } = spawnSync('unshare', [...UNSHARE, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], {
    encoding: 'utf8',
  })
  if (status === 0) return undefined
  return stderr?.trim().split('\n')[0] || 'unshare is not there'
}

export interface SpaceOptions {
  /** Without any network, loopback too. */
  offline?: boolean
  /** Shell commands for afterwards: what is in a mount is gone when the program has ended. */
  after?: string
}

/** What a program is started with so that it has mounts of its own, made by these shell commands: nobody else sees them. */
export function inSpace(
  setup: string,
  { offline = false, after = ':' }: SpaceOptions = {},
): readonly string[] {
  const script = `set -e\n${setup}\nset +e\n"$@"\ncode=$?\n${after}\nexit $code`
  return ['unshare', ...UNSHARE, ...(offline ? ['--net'] : []), '--', 'sh', '-c', script, 'sh']
}

/** A full disk at that folder, with what is in another one on it. */
export function fullDisk(at: string, from?: string): string {
  const fill = [`mkdir -p '${at}'`, `mount -t tmpfs -o size=256k,mode=700 tmpfs '${at}'`]
  if (from !== undefined) fill.push(`cp -a '${from}/.' '${at}/'`)
  // Until nothing more goes on it, not even what is left of its last block.
  return [...fill, `dd if=/dev/zero of='${at}/ballast' bs=64 2>/dev/null || :`].join('\n')
}

/** A disk without room for another name: what is there may grow, nothing can be beside it. */
export function noMoreNames(at: string, from?: string): string {
  const fill = [`mkdir -p '${at}'`, `mount -t tmpfs -o nr_inodes=80,mode=700 tmpfs '${at}'`]
  if (from !== undefined) fill.push(`cp -a '${from}/.' '${at}/'`)
  return [...fill, `n=0; while mkdir '${at}/full'$n 2>/dev/null; do n=$((n+1)); done`].join('\n')
}

/** That folder can be read only. */
export function readOnly(at: string): string {
  return `mount --bind '${at}' '${at}'\nmount -o remount,bind,ro '${at}'`
}
