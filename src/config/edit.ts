import { isObject } from './judge.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * A JSON text with one value set, or taken out (`undefined`) together with the objects that it leaves empty. Everything else stays,
 * keys that are not ours too; indentation and line ends are those of the text before. `content` is what the text holds.
 */
export function editJson(text: string, content: Fields, path: readonly string[], value: unknown): string {
  const edited = JSON.stringify(changed(content, path, value), undefined, indentOf(text))
  const json = `${text.startsWith('\ufeff') ? '\ufeff' : ''}${edited}\n`
  return text.includes('\r\n') ? json.replaceAll('\n', '\r\n') : json
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(content: unknown, path: readonly string[]): unknown {
  return path.reduce((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), content)
}

/** New objects all the way, made of entries: a key such as `__proto__` is only a key. */
function changed(content: Fields, [key = '', ...rest]: readonly string[], value: unknown): Fields {
  const before = valueAt(content, [key])
  const inner = rest.length === 0 ? value : changed(isObject(before) ? before : {}, rest, value)
  const empty = isObject(inner) && Object.keys(inner).length === 0
  const next = value === undefined && empty ? undefined : inner
  const entries = Object.entries(content)
  if (next === undefined) return Object.fromEntries(entries.filter(([name]) => name !== key))
  if (!Object.hasOwn(content, key)) return Object.fromEntries([...entries, [key, next]])
  return Object.fromEntries(entries.map(([name, each]) => [name, name === key ? next : each]))
}

function indentOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
}
