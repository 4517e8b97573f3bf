import * as v from 'valibot'
import { addressFault } from './address.ts'

/** What the value of a setting can be: its judge, the same for editors, and how a person writes it on a command line. */
export interface Kind<T> {
  /** Its messages end a sentence that begins with the key. */
  schema: v.GenericSchema<unknown, T>
  /** JSON Schema (draft 2020-12). */
  json: Readonly<Record<string, unknown>>
  /** For the reference: what may be written. */
  form: string
  /** Of the words of a command line, to be judged. */
  fromWords: (words: readonly string[]) => unknown
}

const alone = ([word, ...others]: readonly string[]) => (others.length === 0 ? word : undefined)
const text = (message: string) => v.string(message)

export const portSchema = v.pipe(
  v.number('must be a port number'),
  v.integer('must be a port number'),
  v.minValue(1, 'must be a port number from 1 to 65535'),
  v.maxValue(65_535, 'must be a port number from 1 to 65535'),
)
/** RFC 6749 A.1: the characters of a client id. */
export const clientIdSchema = v.pipe(
  text('must be text'),
  v.regex(/^[\x20-\x7e]{1,1024}$/, 'is not a client id'),
)

/** An address in which this judge finds no fault. */
export const addressSchema = (fault: (url: string) => string | undefined) =>
  v.pipe(
    text('must be text'),
    v.check(
      url => fault(url) === undefined,
      issue => fault(issue.input) ?? '',
    ),
  )

export function oneOf<const T extends string>(...names: readonly T[]): Kind<T> {
  const all = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
  return {
    schema: v.picklist(names, `must be ${all}`),
    json: { enum: names },
    form: names.map(name => `\`${name}\``).join(', '),
    fromWords: alone,
  }
}

export const yesNo: Kind<boolean> = {
  schema: v.boolean('must be true or false'),
  json: { type: 'boolean' },
  form: '`true` or `false`',
  fromWords: words => {
    const word = alone(words)
    return word === 'true' ? true : word === 'false' ? false : word
  },
}

export const seconds: Kind<number> = {
  schema: v.pipe(
    v.number('must be a number of seconds from 1 to 86400'),
    v.minValue(1, 'must be a number of seconds from 1 to 86400'),
    v.maxValue(86_400, 'must be a number of seconds from 1 to 86400'),
  ),
  json: { type: 'number', minimum: 1, maximum: 86_400 },
  form: 'seconds, 1 to 86400',
  fromWords: number,
}

export const port: Kind<number> = {
  schema: portSchema,
  json: { type: 'integer', minimum: 1, maximum: 65_535 },
  form: 'a port, 1 to 65535',
  fromWords: number,
}

/** A few printable characters, without a space at either end. */
export function name(what: string, longest: number): Kind<string> {
  const message = `must be ${what}: 1 to ${longest} printable characters`
  const pattern = /^(?!\s)[^\p{C}\p{Zl}\p{Zp}]+(?<!\s)$/u
  return {
    schema: v.pipe(text(message), v.maxLength(longest, message), v.regex(pattern, message)),
    json: { type: 'string', minLength: 1, maxLength: longest },
    form: what,
    fromWords: alone,
  }
}

export const clientId: Kind<string> = {
  schema: clientIdSchema,
  json: { type: 'string', minLength: 1, maxLength: 1024 },
  form: 'a client id',
  fromWords: alone,
}

export function address(fault = addressFault): Kind<string> {
  return {
    schema: addressSchema(fault),
    json: { type: 'string', format: 'uri' },
    form: 'an address',
    fromWords: alone,
  }
}

export const file: Kind<string> = {
  schema: v.pipe(
    text('must be the path of a file'),
    v.regex(/^[^\p{Cc}]{1,4096}$/u, 'must be the path of a file'),
  ),
  json: { type: 'string', minLength: 1 },
  form: 'the path of a file',
  fromWords: alone,
}

/** Several words, each of which the pattern knows, and in which this judge finds no fault: the end of a sentence. */
export function listOf(
  what: string,
  pattern: RegExp,
  fault: (word: string) => string | undefined = () => undefined,
): Kind<string[]> {
  const message = `must be a list of ${what}, each one a word of its own`
  const word = v.pipe(
    text(message),
    v.regex(pattern, message),
    v.check(
      each => fault(each) === undefined,
      issue => fault(issue.input) ?? '',
    ),
  )
  return {
    schema: v.pipe(v.array(word, message), v.maxLength(100, `holds more than 100 ${what}`)),
    json: { type: 'array', items: { type: 'string' }, maxItems: 100 },
    form: `a list of ${what}`,
    fromWords: words => [...words],
  }
}

function number(words: readonly string[]): unknown {
  const word = alone(words)
  return word !== undefined && /^\d+(\.\d+)?$/.test(word) ? Number(word) : word
}
