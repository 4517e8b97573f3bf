import { ofKind } from '../../errors.ts'
import { type SlashCommand, type SlashPorts, say, sayAll, sessionOf, whenDone } from './command.ts'

/** `/compact`, `/context` and `/usage`. */
export const NUMBER_COMMANDS: readonly SlashCommand[] = [
  {
    name: 'compact',
    input: '[what to keep]',
    what: 'the model goes on with a summary: makes room',
    run: compact,
  },
  { name: 'context', what: 'how full the context of the model is', run: context },
  { name: 'usage', what: 'requests and tokens of this session', run: usage },
]

async function compact(input: string, ports: SlashPorts): Promise<void> {
  const { session, conversation } = await sessionOf(ports)
  const when = whenDone(conversation, ports)
  if (when !== '') say(ports, `this happens ${when}`)
  conversation.between(
    async () => {
      try {
        const { messages, tokens } = await session.controls.compact(input === '' ? undefined : input)
        const fewer = tokens > 0 ? ` and ${amount(tokens)} tokens` : ''
        say(ports, `the model goes on with a summary of ${counted(messages, 'message')}${fewer}`)
      } catch (thrown) {
        // Why the runtime refuses it tells by itself.
        ofKind('runtime-refused', thrown)
      }
    },
    () => session.controls.stopCompacting(),
  )
}

function context(_input: string, ports: SlashPorts): void {
  const { usage } = ports.current.state
  if (usage === undefined) {
    say(ports, 'the model has not been given anything yet')
    return
  }
  const { tokens, limit, parts } = usage
  const share = limit > 0 ? ` of ${amount(limit)} (${Math.round((100 * tokens) / limit)}%)` : ''
  const total = `context: ${amount(tokens)} tokens${share}`
  if (parts === undefined) {
    say(ports, total)
    return
  }
  sayAll(ports, [
    total,
    `  instructions  ${amount(parts.system)}`,
    `  tools         ${amount(parts.tools)}`,
    `  conversation  ${amount(parts.conversation)}`,
  ])
}

async function usage(_input: string, ports: SlashPorts): Promise<void> {
  const used = await (await sessionOf(ports)).session.controls.usage()
  const { premiumRequests, modelTime, linesAdded, linesRemoved, models } = used
  if (models.length === 0) return say(ports, 'no model was asked yet')
  const premium = premiumRequests > 0 ? `${premiumRequests} premium requests, ` : ''
  const lines = linesAdded + linesRemoved > 0 ? `, ${linesAdded} lines added, ${linesRemoved} removed` : ''
  sayAll(ports, [
    `${premium}${(modelTime / 1000).toFixed(1)} s of the model${lines}`,
    ...models.map(({ model, requests, input, output, cached }) => {
      const again = cached > 0 ? ` (${amount(cached)} cached)` : ''
      return `  ${model}: ${counted(requests, 'request')}, ${amount(input)} tokens in${again}, ${amount(output)} out`
    }),
  ])
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** A number of tokens as people read it: 940, 7.8k, 128k, 1.2M. */
export function amount(tokens: number): string {
  if (Math.abs(tokens) < 1000) return String(tokens)
  const [value, unit] = Math.abs(tokens) < 999_500 ? [tokens / 1000, 'k'] : [tokens / 1_000_000, 'M']
  return `${Number(value.toFixed(Math.abs(value) < 99.95 ? 1 : 0))}${unit}`
}
