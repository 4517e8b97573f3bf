import { expect, test } from 'vitest'
import { editJson, valueAt } from '../../src/config/edit.ts'

const edit = (text: string, path: string[], value: unknown) =>
  editJson(text, JSON.parse(text.replace(/^\ufeff/, '') || '{}'), path, value)

test('one value changes; keys that are not ours, order, indentation and line ends stay', () => {
  const text = '{\r\n\t"zeta": {"a": [1]},\r\n\t"model": "old",\r\n\t"beta": null\r\n}\r\n'
  expect(edit(text, ['model'], 'new')).toBe(
    '{\r\n\t"zeta": {\r\n\t\t"a": [\r\n\t\t\t1\r\n\t\t]\r\n\t},\r\n\t"model": "new",\r\n\t"beta": null\r\n}\r\n',
  )
  expect(edit('\ufeff{\n    "a": 1\n}', ['b'], 2)).toBe('\ufeff{\n    "a": 1,\n    "b": 2\n}\n')
})

test('what is set deep down gets the objects that it needs; what is taken out leaves no empty ones', () => {
  const set = edit('', ['servers', 'a.b', 'clientId'], 'x')
  expect(JSON.parse(set)).toEqual({ servers: { 'a.b': { clientId: 'x' } } })
  expect(edit(set, ['servers', 'a.b', 'clientId'], undefined)).toBe('{}\n')
  const two = edit(set, ['servers', 'c', 'clientId'], 'y')
  expect(JSON.parse(edit(two, ['servers', 'c', 'clientId'], undefined))).toEqual(JSON.parse(set))
  expect(JSON.parse(edit(set, ['servers', 'none', 'clientId'], undefined))).toEqual(JSON.parse(set))
})

test('a key such as __proto__ is only a key', () => {
  const set = edit('', ['servers', '__proto__', 'clientId'], 'x')
  expect(set).toContain('"__proto__"')
  expect(valueAt(JSON.parse(set), ['servers', '__proto__', 'clientId'])).toBe('x')
  expect(valueAt({}, ['constructor', 'name'])).toBeUndefined()
})
