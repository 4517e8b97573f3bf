import type { PermissionAsk, PermissionDecision } from '../../runtime/types.ts'
import { clean } from '../../text.ts'
import { allowedLine, askedBy, whyAgain } from '../permission-words.ts'
import { ask as askUntil } from './ask.ts'
import { inTurn, type QuestionPorts } from './in-turn.ts'
import { numbered, pick, unlisted } from './numbers.ts'
import { indented } from './text-lines.ts'

/**
 * Asks for a permission by numbers. Only the number of a yes is one: an empty line, the end of the input and Ctrl+C are
 * not. Rejects with the signal's reason when the question is withdrawn.
 */
export async function askPermission(
  ports: QuestionPorts,
  ask: PermissionAsk,
  signal: AbortSignal,
): Promise<PermissionDecision> {
  const { write, read } = ports
  const decision = await inTurn<PermissionDecision>(
    ports,
    ask.title,
    { kind: 'no' },
    signal,
    async either => {
      const options = optionsOf(ask)
      const menu = numbered(options.map(({ text }) => text))
      for (const line of [...questionLines(ask), menu]) write(line)
      const judge = (line: string) => pick(line, options) ?? unlisted(line, `${ask.title} ${menu}`)
      const { decision, why } = await askUntil(ports, 'Choice (a number):', judge, either)
      if (why !== true) return decision
      const reason = (await read(either, 'What should the model know? (one line)')).trim()
      return reason === '' ? decision : { kind: 'no', reason }
    },
  )
  write(allowedLine(ask, decision) ?? (decision.kind === 'no' ? 'not allowed' : 'allowed once'))
  return decision
}

/** The numbers mean the same in every question; what lasts longer is last, since not every question has it. */
function optionsOf(ask: PermissionAsk): { text: string; decision: PermissionDecision; why?: boolean }[] {
  return [
    { text: 'allow once', decision: { kind: 'once' } },
    { text: 'no', decision: { kind: 'no' } },
    { text: 'no and say why', decision: { kind: 'no' }, why: true },
    ...(ask.approval === undefined
      ? []
      : [
          { text: 'allow for this session', decision: { kind: 'session' } } as const,
          { text: 'allow for this project', decision: { kind: 'project' } } as const,
        ]),
  ]
}

/** What exactly will happen, whole. */
function questionLines(ask: PermissionAsk): string[] {
  return [
    ask.title,
    ...(ask.warning ? [`! ${clean(ask.warning, 400)}`] : []),
    ...indented(ask.body),
    ...[whyAgain(ask), askedBy(ask), ask.intention].flatMap(text =>
      text ? [`  (${clean(text, 400)})`] : [],
    ),
    ...(ask.lasting ? [`  (session and project allow from now on: ${clean(ask.lasting, 200)})`] : []),
  ]
}
