import type { Brought } from '../config/project.ts'
import { type Host, isAttended } from '../host.ts'
import { clean, jsonLines, visible } from '../text.ts'
import { readAnswer } from '../ui/plain/reader.ts'
import { type Configured, serversHere } from './configure.ts'
import type { ChatOptions } from './options.ts'
import { openTrusted } from './trusted.ts'

type Given = Partial<Pick<ChatOptions, 'mcp' | 'mcpConfig'>>

/** What the project brings, and what of it nobody has agreed to yet. */
export interface Offer {
  brought: readonly Brought[]
  held: readonly Brought[]
}

export async function offerOf(
  { mcp = [], mcpConfig = [] }: Given,
  configured: Configured,
  host: Host,
): Promise<Offer> {
  const { configuration } = configured
  const servers = await serversHere({ mcp, mcpConfig }, configured, host)
  return {
    brought: [...configuration.brought, ...servers.brought],
    held: [...configuration.held, ...servers.held],
  }
}

/**
 * Shows in full what the project brings and the person has not agreed to, and asks. True where they agree: it is kept, for this folder
 * and exactly this content. Anything else than yes is a no for this run, and asked again in the next one.
 */
export async function askTrust(options: Given, configured: Configured, host: Host): Promise<boolean> {
  const { brought, held } = await offerOf(options, configured, host)
  if (held.length === 0 || !isAttended(host)) return false
  const write = (line: string) => void host.stderr.write(`${line}\n`)
  const { root } = configured.project
  write(`The files of this project (${clean(root, 300)}) bring something that you have not agreed to:`)
  for (const line of itemLines(held)) write(line)
  write('A server that runs a command runs it as you. Files that a command names are not looked at.')
  const ports = { stdin: host.stdin, clock: host.clock, write }
  const answer = await readAnswer(ports, 'Use it from now on, until it changes? [y/N]', host.signal)
  const agreed = /^y(es)?$/i.test(answer.trim())
  if (agreed) {
    await openTrusted(configured.folders.state).agree(root, brought, new Date(host.clock.now()).toISOString())
  } else write('Not used in this run. `copilot-host trust` shows it again.')
  return agreed
}

/** Everything of each item, and nothing shortened; what cannot be seen is written as an escape. */
export function itemLines(items: readonly Brought[]): string[] {
  return items.flatMap(({ file, kind, key, value }) => {
    const what = kind === 'server' ? 'MCP server' : 'setting'
    const [first = '', ...rest] = visible(jsonLines(value)).split('\n')
    return [
      `  ${clean(file, 300)}: ${what} ${visible(JSON.stringify(key))}`,
      ...[first, ...rest].map(line => `    ${line}`),
    ]
  })
}
