import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { page, schema } from '../../scripts/configuration.ts'
import { jsonSchema } from '../../src/config/json-schema.ts'
import { faultOf } from '../../src/config/judge.ts'
import { ALL, ALL_OF_SERVER } from '../../src/config/setting.ts'

const docs = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

test('the reference and the schema are up to date (npm run configuration)', async () => {
  const reference = await docs('configuration.md')
  expect(page(reference)).toBe(reference)
  for (const { key } of [...ALL, ...ALL_OF_SERVER]) expect(reference).toContain(`| \`${key}\` |`)
  expect(await docs('config.schema.json')).toBe(schema())
})

test('the schema knows every key, and each preset passes its judge', () => {
  const { properties } = jsonSchema() as { properties: Record<string, unknown> }
  expect(Object.keys(properties)).toEqual(['$schema', 'servers', ...ALL.map(({ key }) => key)])
  for (const setting of [...ALL, ...ALL_OF_SERVER])
    if (setting.preset !== undefined) expect(faultOf(setting, setting.preset)).toBeUndefined()
})
