import type { AskAnswer, Field, FieldValue } from '../../runtime/types.ts'
import { fieldEntry, judgeSeveral, judgeText, optionValue, valueIn, valueText } from '../panels/ask-entry.ts'
import { ask as askUntil } from './ask.ts'
import type { QuestionPorts } from './in-turn.ts'
import { numbered, pick, unlisted } from './numbers.ts'

/** Fills in a form field by field; it is read once more before it is sent. */
export async function fillIn(
  ports: QuestionPorts,
  fields: readonly Field[],
  signal: AbortSignal,
): Promise<AskAnswer> {
  const leave = ['decline', 'cancel'] as const
  const choose = async (first: readonly string[]) => {
    const options = [...first, ...leave]
    const menu = numbered(options)
    ports.write(menu)
    const judge = (line: string) => {
      const text = pick(line, options)
      return text === undefined ? unlisted(line, menu) : { text }
    }
    return (await askUntil(ports, 'Choice (a number, or /later):', judge, signal)).text
  }
  let choice = fields.length === 0 ? 'send' : await choose(['fill it in'])
  for (;;) {
    if (choice === 'decline' || choice === 'cancel') return { kind: choice }
    let content: Record<string, FieldValue> = {}
    for (const [at, field] of fields.entries()) {
      const { value } = await fillField(ports, field, `${at + 1} of ${fields.length}`, signal)
      if (value !== undefined) content = { ...content, [field.name]: value }
    }
    for (const field of fields) ports.write(`  ${field.title}: ${valueText(field, valueIn(content, field))}`)
    choice = await choose(fields.length === 0 ? ['send'] : ['send', 'fill in again'])
    if (choice === 'send') return { kind: 'accept', content }
  }
}

function fillField(
  ports: QuestionPorts,
  field: Field,
  place: string,
  signal: AbortSignal,
): Promise<{ value?: FieldValue }> {
  const entry = fieldEntry(field)
  const options = entry.kind === 'list' ? entry.options : []
  const menu = options.length === 0 ? [] : [numbered(options.map(({ title }) => title))]
  const heading = `${field.title} (${place})${field.required ? '' : ', if you like'}`
  for (const line of [heading, ...(field.description ? [`  ${field.description}`] : []), ...menu]) {
    ports.write(line)
  }
  return askUntil(ports, promptOf(field, entry.kind === 'list'), line => judge(field, line), signal)
}

function promptOf(field: Field, list: boolean): string {
  const what = field.type === 'choices' ? 'Numbers' : list ? 'Choice (a number)' : 'Text'
  if (field.default === undefined) return field.required ? `${what}:` : `${what}, Enter for none:`
  const none = field.required ? '' : ', - for none'
  return `${what}, Enter for ${valueText(field, field.default)}${none}:`
}

/** What a line is in this field, or what is wrong with it. */
function judge(field: Field, line: string): { value?: FieldValue } | string {
  if (line === '' && field.default !== undefined) return { value: field.default }
  if (line === '-' && field.default !== undefined && !field.required) return {}
  const entry = fieldEntry(field)
  if (entry.kind === 'text') {
    const { value, trouble } = judgeText(field, line)
    return trouble ?? { value }
  }
  if (line === '') return field.required ? 'This is needed.' : {}
  const menu = numbered(entry.options.map(({ title }) => title))
  const chosen = (entry.several ? line.split(/[\s,]+/) : [line]).map(each => pick(each, entry.options)?.value)
  const values = [...new Set(chosen)].filter(value => value !== undefined)
  const [first] = values
  if (first === undefined || chosen.includes(undefined)) return unlisted(line, menu)
  if (!entry.several) return { value: optionValue(field, first) }
  return judgeSeveral(entry.several, values) ?? { value: values }
}
