// Writes what docs/configuration.md and docs/config.schema.json say about each setting, from the table in src/config/setting.ts:
// npm run configuration
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { jsonSchema } from '../src/config/json-schema.ts'
import { ALL, ALL_OF_SERVER, type Setting } from '../src/config/setting.ts'

const PAGE = new URL('../docs/configuration.md', import.meta.url)
const SCHEMA = new URL('../docs/config.schema.json', import.meta.url)

/** The reference as it should be, with the tables between their marks renewed. */
export function page(before: string): string {
  const tables: Readonly<Record<string, string>> = { settings: table(ALL), servers: table(ALL_OF_SERVER) }
  return before.replace(
    /(<!-- begin (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}${tables[name] ?? ''}${end}`,
  )
}

export function schema(): string {
  return `${JSON.stringify(jsonSchema(), undefined, 2)}\n`
}

function table(settings: readonly Setting<unknown>[]): string {
  const general = settings === ALL
  const head = general
    ? '| key | what it is | value | option, variable | in a project |\n|---|---|---|---|---|\n'
    : '| key | what it is | value |\n|---|---|---|\n'
  const rows = settings.map(({ key, about, form, flag, variable, harmless, preset }) => {
    const value = preset === undefined ? form : `${form}; usually \`${preset}\``
    const others = [flag, variable?.name].flatMap(each => (each === undefined ? [] : [`\`${each}\``]))
    const cells = [`\`${key}\``, about, value]
    return `| ${(general ? [...cells, others.join(', '), harmless ? 'counts' : 'after you agree'] : cells).join(' | ')} |\n`
  })
  return head + rows.join('')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, page(readFileSync(PAGE, 'utf8')))
  writeFileSync(SCHEMA, schema())
}
