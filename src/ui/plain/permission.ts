import { HostError } from '../../errors.ts'
import type { PermissionAsk, PermissionDecision } from '../../runtime/types.ts'
import { clean, cleanBlock } from '../../text.ts'
import { ask as askUntil, type Read } from './ask.ts'
import { numbered, pick } from './numbers.ts'
import type { Turns } from './turns.ts'

export interface PermissionPorts {
  write: (line: string) => void
  read: Read
  turns: Turns
}

/**
 * Asks for a permission by numbers. Only the number of a yes is one: an empty line, the end of the input and Ctrl+C are
 * not. Rejects with the signal's reason when the question is withdrawn.
 */
export async function askInLines(
  { write, read, turns }: PermissionPorts,
  ask: PermissionAsk,
  signal: AbortSignal,
): Promise<PermissionDecision> {
  const turn = turns.enter()
  const either = AbortSignal.any([signal, turn.signal])
  let shown = false
  try {
    await turn.begin(either)
    shown = true
    for (const line of questionLines(ask)) write(line)
    const decision = await decide()
    write(DECIDED[decision.kind])
    return decision
  } catch (thrown) {
    if (signal.aborted && shown) write(`no longer asked: ${ask.title}`)
    signal.throwIfAborted()
    if (!turn.signal.aborted && !isEnd(thrown)) throw thrown
    write(DECIDED.no)
    return { kind: 'no' }
  } finally {
    turn.end()
  }

  async function decide(): Promise<PermissionDecision> {
    const options = permissionOptions(ask)
    const menu = numbered(options.map(({ text }) => text))
    write(menu)
    const judge = (line: string) => pick(line, options) ?? `That is none of these. ${ask.title} ${menu}`
    const { decision, why } = await askUntil({ read, write }, 'Choice (a number):', judge, either)
    if (why !== true) return decision
    const reason = (await read(either, 'What should the model know? (one line)')).trim()
    return reason === '' ? decision : { kind: 'no', reason }
  }
}

/** The numbers mean the same in every question; "this session" is last, since not every question has it. */
function permissionOptions(
  ask: PermissionAsk,
): { text: string; decision: PermissionDecision; why?: boolean }[] {
  return [
    { text: 'allow once', decision: { kind: 'once' } },
    { text: 'no', decision: { kind: 'no' } },
    { text: 'no and say why', decision: { kind: 'no' }, why: true },
    ...(ask.approval === undefined
      ? []
      : [{ text: 'allow for this session', decision: { kind: 'session' } } as const]),
  ]
}

/** What exactly will happen, whole. Its lines stand in from ours, so that they cannot be taken for them. */
function questionLines(ask: PermissionAsk): string[] {
  const body = cleanBlock(ask.body).trimEnd().split('\n')
  return [
    ask.title,
    ...(ask.warning ? [`! ${clean(ask.warning, 400)}`] : []),
    ...body.map(line => `  ${line}`),
    ...(ask.intention ? [`  (${clean(ask.intention, 400)})`] : []),
  ]
}

const DECIDED: Readonly<Record<PermissionDecision['kind'], string>> = {
  once: 'allowed once',
  session: 'allowed for this session',
  no: 'not allowed',
}

function isEnd(thrown: unknown): boolean {
  return thrown instanceof HostError && thrown.kind === 'cancelled'
}
