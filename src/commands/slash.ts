export interface SlashPorts {
  servers: ReadonlyMap<string, { status: string; error?: string }>
  line(level: 'info' | 'warning', text: string): void
  /** Asks for a sign-in again: of this server, or of all. */
  signIn(server: string | undefined): void
  /** Lists accounts, or uses another one: `[server [account]]`. */
  account(argument: string): void
  quit(): void
}

const HELP = [
  '/login [server]: sign in to a server again, or to all that wait',
  '/account [server [account]]: the accounts of a server, or use another one in this folder',
  '/mcp: what each server is doing',
  '/quit: leave (Ctrl+C twice or Ctrl+D do it too)',
]

/** Does what a line that begins with `/` asks for. */
export function slashCommand(text: string, ports: SlashPorts): void {
  const [name = '', ...rest] = text.trim().split(/\s+/u)
  const argument = rest.join(' ')
  switch (name) {
    case '/login':
      login(argument, ports)
      break
    case '/account':
      ports.account(argument)
      break
    case '/mcp':
      mcp(ports)
      break
    case '/help':
      for (const line of HELP) ports.line('info', line)
      break
    case '/quit':
    case '/exit':
      ports.quit()
      break
    default:
      ports.line('warning', `there is no command ${name} (/help lists them)`)
  }
}

function login(server: string, ports: SlashPorts): void {
  if (server === '') ports.signIn(undefined)
  else if (ports.servers.has(server)) ports.signIn(server)
  else {
    const known = [...ports.servers.keys()].join(', ') || 'none'
    ports.line('warning', `there is no server "${server}" here (servers: ${known})`)
  }
}

function mcp(ports: SlashPorts): void {
  if (ports.servers.size === 0) ports.line('info', 'no MCP server is configured (--mcp name=url adds one)')
  for (const [server, { status, error }] of ports.servers) {
    ports.line('info', `${server}: ${WORDS[status] ?? status}${error ? ` (${error})` : ''}`)
  }
}

const WORDS: Record<string, string> = {
  'needs-auth': 'needs a sign-in',
  not_configured: 'not configured',
}
