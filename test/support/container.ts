import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Forwarder, forward } from './forward.ts'

const PROGRAM = fileURLToPath(new URL('container-program.ts', import.meta.url))
/** The address of the container in its network; its loopback is another one. */
const ADDRESS = '172.30.0.2'
const SET_UP = [
  'ip link set lo up',
  `ip addr add ${ADDRESS}/32 dev lo`,
  'mount -t tmpfs tmpfs /run',
  'touch /run/.containerenv',
].join(' && ')
const UNSHARE = [...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']), '--net', '--mount']

export interface Container {
  /** What a program is started with to run inside. */
  within: readonly string[]
  /** The port that is the same inside and outside. */
  port: number
  close(): Promise<void>
}

/** Why there can be no container here; undefined if there can. */
export function containerMissing(): string | undefined {
  const { status, stderr } = spawnSync('unshare', [...UNSHARE, 'sh', '-c', SET_UP], { encoding: 'utf8' })
  if (status === 0) return undefined
  return stderr?.trim().split('\n')[0] || 'unshare is not there'
}

/**
 * A container as far as the network and `/run` go: nothing outside is reached but the servers at these origins (on its own
 * loopback, since they are at 127.0.0.1 here), and nothing inside but one port. `published`: that port leads to the container's
 * address, as with `docker run -p`; `forwarded`: to its loopback, as the editors of dev containers do it.
 */
export async function startContainer(
  origins: readonly string[],
  way: 'published' | 'forwarded' = 'published',
): Promise<Container> {
  const wires = await mkdtemp(join(tmpdir(), 'copilot-host-wires-'))
  const forwarders: Forwarder[] = []
  let child: ChildProcess | undefined
  const close = async () => {
    for (const each of forwarders) await each.close()
    if (child && child.exitCode === null) {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    }
    await rm(wires, { recursive: true, force: true })
  }
  try {
    const ports = origins.map(origin => Number(new URL(origin).port))
    for (const port of ports) {
      forwarders.push(await forward({ path: join(wires, `out-${port}`) }, { host: '127.0.0.1', port }))
    }
    const entrance = await forward({ host: '127.0.0.1', port: 0 }, { path: join(wires, 'in') })
    forwarders.push(entrance)
    const inward = way === 'published' ? ADDRESS : '127.0.0.1'
    const args = [process.execPath, PROGRAM, wires, ports.join(','), String(entrance.port), inward]
    child = spawn('unshare', [...UNSHARE, 'sh', '-c', `${SET_UP} && exec "$@"`, 'sh', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const died = once(child, 'exit').then(() => Promise.reject(new Error('the container did not start')))
    if (child.stdout) await Promise.race([once(child.stdout, 'data'), died])
    died.catch(() => {})
    const spaces = [
      '--net',
      '--mount',
      ...(UNSHARE.includes('--user') ? ['--user', '--preserve-credentials'] : []),
    ]
    // The folder that one works in is looked up again in there.
    return { within: ['nsenter', `--target=${child.pid}`, ...spaces, '--'], port: entrance.port, close }
  } catch (error) {
    await close()
    throw error
  }
}
