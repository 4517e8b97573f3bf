import type { Configuration } from '../config/configuration.ts'
import type { Brought } from '../config/project.ts'
import { ALL, type Slot, slotOf } from '../config/setting.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean } from '../text.ts'
import { tableOf } from '../ui/width.ts'
import { slotFor } from './config-key.ts'
import { configure } from './configure.ts'
import { createOutput } from './output.ts'
import { tilde } from './place.ts'

/** One setting as `config list --json` and `config get --json` show it. */
interface Row {
  key: string
  /** Absent where nobody says it and nothing is preset. */
  value?: unknown
  origin: 'environment' | 'project' | 'person' | 'default' | 'unset'
  /** The variable or the file. */
  where?: string
}

/** `config list`: every setting, what counts, and who says it; and what the project says that does not count. Gives 0. */
export async function configList(options: { json?: boolean }, host: Host): Promise<number> {
  const { configuration } = await configure({}, host)
  const { line, value, warn } = createOutput(options, host)
  for (const warning of configuration.warnings) warn(warning)
  const keys = [...ALL.map(({ key }) => key), ...configuration.serverKeys]
  const rows = keys.flatMap(key => {
    const slot = slotOf(key)
    return slot === undefined ? [] : [rowOf(slot, configuration)]
  })
  value({ settings: rows, held: configuration.held.map(({ key, value, file }) => ({ key, value, file })) })
  const shown = rows.map(row => [clean(row.key, 100), shortValue(row), originText(row, host)])
  for (const text of tableOf(shown)) line(text)
  for (const item of configuration.held) line(heldText(item))
  return 0
}

/** `config get`: the value that counts on stdout, who says it on stderr. Gives 0; 1 where there is none. */
export async function configGet(key: string, options: { json?: boolean }, host: Host): Promise<number> {
  const slot = slotFor(key)
  const { configuration } = await configure({}, host)
  const { line, value, warn, say } = createOutput(options, host)
  for (const warning of configuration.warnings) warn(warning)
  const row = rowOf(slot, configuration)
  value(row)
  const held = configuration.held.find(each => each.key === key)
  if (held !== undefined) warn(heldText(held))
  if (row.value === undefined) throw new HostError('failure', `${clean(key, 100)} is not set`)
  line(valueText(row.value))
  if (!options.json) say(originText(row, host))
  return 0
}

function rowOf({ key, path, setting }: Slot, { find }: Configuration): Row {
  const found = find(setting, path[1])
  if (found !== undefined) return { key, value: found.value, origin: found.origin, where: found.where }
  return setting.preset === undefined
    ? { key, origin: 'unset' }
    : { key, value: setting.preset, origin: 'default' }
}

function originText({ origin, where }: Row, { home }: Host): string {
  if (origin === 'unset') return ''
  return where === undefined ? origin : `${origin}: ${clean(tilde({ folder: where, home }), 300)}`
}

function heldText({ file, key, value }: Brought): string {
  const said = `${clean(key, 100)} = ${clean(valueText(value), 60)}`
  return `${clean(file, 200)} says ${said}: not used before you agree (copilot-host trust)`
}

function shortValue({ value }: Row): string {
  return value === undefined ? '-' : clean(valueText(value), 60)
}

/** Text as it is, everything else as JSON: what a script wants. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? clean(value, 4096) : clean(JSON.stringify(value), 16_384)
}
