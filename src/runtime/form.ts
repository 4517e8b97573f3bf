import * as v from 'valibot'
import { clean } from '../text.ts'
import { maybe } from './protocol.ts'
import type { Field, FieldValue } from './types.ts'

/** A form of more fields than this is shown as far as it goes; what is required behind that cannot be given. */
const MOST_FIELDS = 50
const MOST_OPTIONS = 200

const Option = v.object({ const: v.string(), title: maybe(v.string()) })
const Property = v.object({
  type: v.fallback(v.string(), 'string'),
  title: maybe(v.string()),
  description: maybe(v.string()),
  default: v.optional(v.unknown()),
  enum: maybe(v.array(v.string())),
  enumNames: maybe(v.array(v.string())),
  oneOf: maybe(v.array(Option)),
  items: maybe(v.object({ enum: maybe(v.array(v.string())), anyOf: maybe(v.array(Option)) })),
  minLength: maybe(v.number()),
  maxLength: maybe(v.number()),
  minimum: maybe(v.number()),
  maximum: maybe(v.number()),
  minItems: maybe(v.number()),
  maxItems: maybe(v.number()),
  format: maybe(v.picklist(['email', 'uri', 'date', 'date-time'])),
})
type Property = v.InferOutput<typeof Property>
const Schema = v.object({
  properties: v.fallback(v.record(v.string(), v.unknown()), {}),
  required: v.fallback(v.array(v.string()), []),
})

/** The fields of a form that an MCP server asks for (elicitation): the flat objects that the specification allows. */
export function formFields(schema: unknown): Field[] {
  const judged = v.safeParse(Schema, schema)
  if (!judged.success) return []
  const { properties, required } = judged.output
  return Object.entries(properties)
    .slice(0, MOST_FIELDS)
    .flatMap(([name, property]) => {
      const field = v.safeParse(Property, property)
      return field.success ? [fieldOf(name, field.output, required.includes(name))] : []
    })
}

function fieldOf(name: string, property: Property, required: boolean): Field {
  const { title, description } = property
  const type = typeOf(property)
  return {
    name,
    title: clean(title || name, 80),
    description: description ? clean(description, 300) : undefined,
    required,
    ...type,
    default: defaultOf(property.default, type),
  }
}

type Type =
  | Pick<Extract<Field, { type: 'text' }>, 'type' | 'least' | 'most' | 'format'>
  | Pick<Extract<Field, { type: 'number' }>, 'type' | 'least' | 'most' | 'integer'>
  | { type: 'yes-no' }
  | Pick<Extract<Field, { type: 'choice' }>, 'type' | 'options'>
  | Pick<Extract<Field, { type: 'choices' }>, 'type' | 'options' | 'least' | 'most'>

function typeOf(property: Property): Type {
  const { items, minItems, maxItems } = property
  if (property.type === 'boolean') return { type: 'yes-no' }
  if (property.type === 'number' || property.type === 'integer') {
    const integer = property.type === 'integer'
    return { type: 'number', least: property.minimum, most: property.maximum, integer }
  }
  if (property.type === 'array') {
    const options = optionsOf(items?.enum, undefined, items?.anyOf)
    return { type: 'choices', options, least: minItems, most: maxItems }
  }
  const options = optionsOf(property.enum, property.enumNames, property.oneOf)
  if (options.length > 0) return { type: 'choice', options }
  return { type: 'text', least: property.minLength, most: property.maxLength, format: property.format }
}

function optionsOf(
  values: readonly string[] = [],
  names: readonly string[] = [],
  titled: readonly v.InferOutput<typeof Option>[] = [],
) {
  const options = [
    ...values.map((value, at) => ({ value, title: names[at] })),
    ...titled.map(({ const: value, title }) => ({ value, title })),
  ]
  return options
    .slice(0, MOST_OPTIONS)
    .map(({ value, title }) => ({ value, title: clean(title || value, 120) }))
}

/** A default that the field itself would not take is none. */
function defaultOf(value: unknown, type: Type): FieldValue | undefined {
  switch (type.type) {
    case 'yes-no':
      return typeof value === 'boolean' ? value : undefined
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined
    case 'text':
      return typeof value === 'string' ? clean(value, 1000) : undefined
    case 'choice':
      return type.options.find(option => option.value === value)?.value
    case 'choices': {
      const chosen = Array.isArray(value) ? type.options.filter(option => value.includes(option.value)) : []
      return chosen.length > 0 ? chosen.map(option => option.value) : undefined
    }
  }
}
