import type { Ask, AskAnswer } from '../../runtime/types.ts'
import { hostOf } from '../../text.ts'
import { ask as askUntil } from './ask.ts'
import { fillIn } from './form.ts'
import { inTurn, type QuestionPorts } from './in-turn.ts'
import { isNumber, NONE, numbered, pick, unlisted } from './numbers.ts'
import { indented } from './text-lines.ts'

const CHOICE = 'Choice (a number, or /later):'

/**
 * Puts a question of the model or of a server to the person: a list by its numbers, a text as a line, a form field by field. A
 * person who gives it up declines a question and a plan, and cancels a form and an address.
 */
export function putQuestion(ports: QuestionPorts, ask: Ask, signal: AbortSignal): Promise<AskAnswer> {
  const { write } = ports
  const title = titleOf(ask)
  const gone: AskAnswer = { kind: ask.kind === 'form' || ask.kind === 'address' ? 'cancel' : 'decline' }
  return inTurn(ports, title, gone, signal, async either => {
    for (const line of [title, ...indented(ask.text)]) write(line)
    switch (ask.kind) {
      case 'question':
        return answerQuestion(ports, ask, either)
      case 'plan':
        return answerPlan(ports, ask, either)
      case 'form':
        return fillIn(ports, ask.fields, either)
      case 'address':
        write(`The page is at ${hostOf(ask.address)}:`)
        write(ask.address)
        return choose(ports, LEAD, either)
    }
  })
}

async function answerQuestion(
  ports: QuestionPorts,
  { choices, freeform }: Extract<Ask, { kind: 'question' }>,
  signal: AbortSignal,
): Promise<AskAnswer> {
  if (choices.length === 0) {
    const judge = (text: string) => own(text) ?? 'An empty line is no answer; Ctrl+C gives none.'
    return askUntil(ports, 'Your answer (or /later):', judge, signal)
  }
  const options = [...choices.map(({ title }) => title), 'no answer']
  const menu = numbered(options)
  ports.write(menu)
  const judge = (line: string): AskAnswer | string => {
    const chosen = pick(line, choices)
    if (chosen !== undefined) return { kind: 'text', text: chosen.value, chosen: true }
    if (pick(line, options) !== undefined) return { kind: 'decline' }
    if (!freeform) return unlisted(line, menu)
    return (isNumber(line) ? undefined : own(line)) ?? `${NONE} ${menu}`
  }
  return askUntil(ports, freeform ? 'Choice (a number, your own words, or /later):' : CHOICE, judge, signal)
}

async function answerPlan(
  ports: QuestionPorts,
  { actions }: Extract<Ask, { kind: 'plan' }>,
  signal: AbortSignal,
): Promise<AskAnswer> {
  const answer = await choose(
    ports,
    [
      ...actions.map(({ value, title }) => ({
        text: title,
        answer: { kind: 'approve', action: value } as const,
      })),
      { text: 'no', answer: { kind: 'decline' } },
      { text: 'no and say what should change', answer: { kind: 'text', text: '', chosen: false } },
    ],
    signal,
  )
  if (answer.kind !== 'text') return answer
  return own((await ports.read(signal, 'What should change? (one line)')).trim()) ?? { kind: 'decline' }
}

/** One of several answers, by its number. */
async function choose(
  ports: QuestionPorts,
  options: readonly { text: string; answer: AskAnswer }[],
  signal: AbortSignal,
): Promise<AskAnswer> {
  const menu = numbered(options.map(({ text }) => text))
  ports.write(menu)
  const { answer } = await askUntil(
    ports,
    CHOICE,
    line => pick(line, options) ?? unlisted(line, menu),
    signal,
  )
  return answer
}

function own(text: string): AskAnswer | undefined {
  return text === '' ? undefined : { kind: 'text', text, chosen: false }
}

const LEAD: readonly { text: string; answer: AskAnswer }[] = [
  { text: 'open it', answer: { kind: 'accept' } },
  { text: 'decline', answer: { kind: 'decline' } },
  { text: 'cancel', answer: { kind: 'cancel' } },
]

function titleOf(ask: Ask): string {
  switch (ask.kind) {
    case 'question':
      return 'A question for you:'
    case 'plan':
      return 'Go on with this plan?'
    case 'form':
      return `${ask.server ?? 'A server'} asks you:`
    case 'address':
      return `${ask.server ?? 'A server'} wants a page to be opened:`
  }
}
