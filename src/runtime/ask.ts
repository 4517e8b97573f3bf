import * as v from 'valibot'
import { type Clean, clean, cleanBlock } from '../text.ts'
import { formFields } from './form.ts'
import { maybe } from './protocol.ts'
import type { Ask, AskAnswer, HostEvent } from './types.ts'

/** So many choices are offered; a model that has more to offer takes a typed answer. */
const MOST_CHOICES = 50

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(256))
const Base = { requestId: Id, toolCallId: maybe(v.string()) }

const UserInput = v.object({
  ...Base,
  question: v.string(),
  choices: v.fallback(v.nullish(v.array(v.string())), undefined),
  allowFreeform: v.fallback(v.boolean(), true),
})
const Plan = v.object({
  ...Base,
  summary: v.fallback(v.string(), ''),
  planContent: v.fallback(v.string(), ''),
  actions: v.fallback(v.array(v.string()), []),
  recommendedAction: maybe(v.string()),
})
const Elicitation = v.object({
  ...Base,
  message: v.fallback(v.string(), ''),
  elicitationSource: maybe(v.string()),
  mode: v.fallback(v.string(), 'form'),
  url: maybe(v.string()),
  requestedSchema: v.optional(v.unknown()),
})

/** A question to the person, or its end; undefined for every other event and for what cannot be read. */
export function askEvent(type: string, data: unknown): HostEvent | undefined {
  const [name, step] = type.split('.')
  const read = READ.get(name ?? '')
  if (read === undefined) return undefined
  if (step === 'completed') {
    const judged = v.safeParse(v.object({ requestId: Id }), data)
    return judged.success ? { type: 'ask-done', id: judged.output.requestId } : undefined
  }
  const ask = step === 'requested' ? read(data) : undefined
  return ask && { type: 'ask', ask }
}

/** A question of the model. */
function userInputAsk(data: unknown): Ask | undefined {
  const judged = v.safeParse(UserInput, data)
  if (!judged.success) return undefined
  const { requestId, toolCallId, question, choices, allowFreeform } = judged.output
  const offered = (choices ?? []).slice(0, MOST_CHOICES)
  return {
    ...{ kind: 'question', id: requestId, toolCallId, text: cleanBlock(question).trim() },
    choices: offered.map(value => ({ value, title: clean(value, 200) })),
    // A question that nobody could answer takes a typed answer.
    freeform: allowFreeform || offered.length === 0,
  }
}

/** A plan of the model, to be approved. */
function planAsk(data: unknown): Ask | undefined {
  const judged = v.safeParse(Plan, data)
  if (!judged.success) return undefined
  const { requestId, toolCallId, summary, planContent, actions, recommendedAction } = judged.output
  const known = actions.filter(action => Object.hasOwn(ACTIONS, action))
  const first =
    recommendedAction !== undefined && known.includes(recommendedAction) ? [recommendedAction] : []
  return {
    ...{ kind: 'plan', id: requestId, toolCallId },
    text: cleanBlock(planContent || summary).trim(),
    actions: [...new Set([...first, ...known])].map(value => ({
      value,
      title: clean(ACTIONS[value] ?? value),
    })),
  }
}

const ACTIONS: Readonly<Record<string, string>> = {
  interactive: 'do it, asking before each step',
  autopilot: 'do it all without asking',
  exit_only: 'leave plan mode, do nothing yet',
}

/** A form of an MCP server, or an address to open. A form that cannot be read gives no fields. */
function elicitationAsk(data: unknown): Ask | undefined {
  const judged = v.safeParse(Elicitation, data)
  if (!judged.success) return undefined
  const { requestId, toolCallId, message, elicitationSource, mode, url, requestedSchema } = judged.output
  const server: Clean | undefined = elicitationSource ? clean(elicitationSource) : undefined
  const base = { id: requestId, toolCallId, server, text: cleanBlock(message).trim() }
  if (mode === 'url') return { kind: 'address', ...base, address: url ?? '' }
  return { kind: 'form', ...base, fields: formFields(requestedSchema) }
}

const READ = new Map<string, (data: unknown) => Ask | undefined>([
  ['user_input', userInputAsk],
  ['exit_plan_mode', planAsk],
  ['elicitation', elicitationAsk],
])

/** The method that answers, and its parameters besides session and request. */
export function wireAnswer(ask: Ask, answer: AskAnswer): { method: AskMethod; result: object } {
  switch (ask.kind) {
    case 'question': {
      const { text, chosen } = answer.kind === 'text' ? answer : { text: UNANSWERED, chosen: false }
      return { method: 'answerUserInput', result: { response: { answer: text, wasFreeform: !chosen } } }
    }
    case 'plan': {
      const response =
        answer.kind === 'approve'
          ? { approved: true, selectedAction: answer.action }
          : { approved: false, feedback: answer.kind === 'text' ? answer.text : undefined }
      return { method: 'answerPlan', result: { response } }
    }
    default: {
      const result =
        answer.kind === 'accept'
          ? { action: 'accept', content: answer.content }
          : { action: answer.kind === 'cancel' ? 'cancel' : 'decline' }
      return { method: 'answerElicitation', result: { result } }
    }
  }
}

export type AskMethod = 'answerUserInput' | 'answerPlan' | 'answerElicitation'

/** There is no other way to decline a question of the model. */
const UNANSWERED = 'The person does not want to answer this question.'
