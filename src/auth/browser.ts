import type { Browser } from './types.ts'

export interface BrowserPorts {
  env: Readonly<Record<string, string | undefined>>
  platform: NodeJS.Platform
  /** True inside a container, where a browser would open on nobody's screen. */
  container: boolean
  /** Starts a program without a shell; false if it could not be started. */
  start(program: string, args: readonly string[]): Promise<boolean>
  /** Opens an address in the browser of the system; rejects if there is none. */
  open?(url: string): Promise<unknown>
}

/**
 * The person's browser. `BROWSER` names one program with optional arguments: it is split at white space, and nothing else
 * in it has a meaning (no quotes, escapes, variables or lists, since no shell reads it). The address takes the place of every
 * `%s`, or is the last argument if there is none. Without `BROWSER` the system's own way is used, and where no
 * browser can be on the person's screen (SSH, codespace, container, Linux without a display) nothing is called. Over SSH another
 * way comes first all the same: what `BROWSER` names may be on a screen far away.
 */
export function createBrowser(ports: BrowserPorts): Browser {
  const [program, ...args] = (ports.env.BROWSER ?? '').split(/\s+/).filter(word => word !== '')
  const { open = openWithSystem } = ports
  if (program !== undefined) {
    return { available: !isOverSsh(ports), open: url => ports.start(program, withAddress(args, url)) }
  }
  if (isRemote(ports)) return { available: false, open: async () => false }
  return {
    available: true,
    open: url =>
      open(url).then(
        () => true,
        () => false,
      ),
  }
}

function withAddress(args: readonly string[], url: string): string[] {
  if (!args.some(arg => arg.includes('%s'))) return [...args, url]
  return args.map(arg => arg.replaceAll('%s', () => url))
}

/** True where the screen in front of the person does not belong to this machine. */
function isRemote(ports: BrowserPorts): boolean {
  const { env, platform, container } = ports
  const elsewhere = isOverSsh(ports) || env.CODESPACES || env.REMOTE_CONTAINERS || container
  return Boolean(elsewhere) || (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY)
}

function isOverSsh({ env }: BrowserPorts): boolean {
  return Boolean(env.SSH_CONNECTION || env.SSH_TTY)
}

/** Loaded on first use: most runs never open a browser. */
async function openWithSystem(url: string): Promise<void> {
  const { default: open } = await import('open')
  await open(url)
}
