import type { Clean } from '../../text.ts'
import { type SlashPorts, say, sayAll, sessionOf } from './command.ts'

/**
 * Commands of the runtime that do here what they say; each was tried. The others are ours under the same name, want an
 * interface that only Copilot CLI has, or a login of its own.
 */
const OFFERED = new Set([
  ...['add-dir', 'blame', 'chronicle', 'env', 'init', 'list-dirs'],
  ...['plan', 'research', 'reset-allowed-tools', 'review', 'security-review'],
])

/** What this runtime has of them; none where it does not say, or there is no session yet. */
export async function runtimeCommands({
  current,
}: Pick<SlashPorts, 'current'>): Promise<{ name: string; description: Clean }[]> {
  const all = await current.session?.controls.commands().catch(() => [])
  return (all ?? []).filter(({ name }) => OFFERED.has(name))
}

/** Runs one; what it makes of the request goes to the model like a message. */
export async function runRuntimeCommand(name: string, input: string, ports: SlashPorts): Promise<void> {
  const { session, conversation } = await sessionOf(ports)
  const result = await session.controls.invoke(name, input)
  if ('mode' in result && result.mode !== undefined) await session.controls.setMode(result.mode)
  if (result.kind === 'prompt')
    conversation.say({ text: result.shown ?? `/${name} ${input}`.trim(), prompt: result.prompt })
  else if (result.kind === 'text') sayAll(ports, [result.text])
  else if (result.kind === 'done') say(ports, result.text ?? `/${name}: done`)
  else say(ports, `/${name} cannot be run here`, 'warning')
}
