import * as v from 'valibot'
import { HostError } from '../errors.ts'
import { clean, shellWord } from '../text.ts'
import { nameFault } from './server-entry.ts'
import { ALL, ALL_OF_SERVER, type Setting, serverKey } from './setting.ts'

/** What a file of ours says, by key (`model`, `servers.linear.clientId`); each value has passed the schema of its setting. */
export interface Judged {
  values: Map<string, unknown>
  /** One line for each key that is none of ours. */
  warnings: string[]
}

type Fields = Readonly<Record<string, unknown>>

/** Names under which people keep secrets. */
const SECRET = /secret|passw|passphrase|private[_-]?key|api[_-]?key|credential|token$/i

/**
 * Judges the content of a configuration file. Throws HostError `config` with the file, the key, and what is expected; never with
 * the value. An unknown key is a warning, so that an older version can read the file of a newer one; a key for a secret is a fault.
 */
export function judgeConfig(content: unknown, file: string): Judged {
  const judged: Judged = { values: new Map(), warnings: [] }
  const source = clean(file, 200)
  const fail = (rest: string): never => {
    throw new HostError('config', `${source}: ${rest}`)
  }
  const object = (value: unknown, what: string): Fields =>
    isObject(value) ? value : fail(`${what} must be an object`)
  const take = (fields: Fields, settings: readonly Setting<unknown>[], server?: string) => {
    for (const [name, value] of Object.entries(fields)) {
      const setting = settings.find(each => each.key === name)
      const shown = clean(server === undefined ? name : `servers.${server}.${name}`, 120)
      if (setting !== undefined) {
        const fault = faultOf(setting, value)
        if (fault !== undefined) fail(`${shown} ${fault}`)
        judged.values.set(server === undefined ? name : serverKey(server, setting), value)
      } else if (SECRET.test(name)) fail(`${shown} ${secretFault(server)}`)
      else judged.warnings.push(`${source}: ${shown} is not known to this version and is left out`)
    }
  }

  const { $schema: _, servers, ...own } = object(content, 'the file')
  take(own, ALL)
  for (const [name, value] of servers === undefined ? [] : Object.entries(object(servers, 'servers'))) {
    const bad = nameFault(name)
    if (bad !== undefined) fail(`servers.${clean(name, 40)}: the name ${bad}`)
    take(object(value, `servers.${clean(name, 64)}`), ALL_OF_SERVER, name)
  }
  return judged
}

/** What is wrong with a value, as the end of a sentence; undefined if nothing is. */
export function faultOf({ schema }: Setting<unknown>, value: unknown): string | undefined {
  return v.safeParse(schema, value).issues?.[0].message
}

/** Why a key cannot be set; undefined where it is only unknown. */
export function secretKeyFault(key: string): string | undefined {
  const server = /^servers\.(.+)\.[^.]+$/s.exec(key)?.[1]
  return SECRET.test(key.slice(key.lastIndexOf('.') + 1)) ? secretFault(server) : undefined
}

function secretFault(server: string | undefined): string {
  const word = server === undefined ? '<server>' : shellWord(clean(server, 64))
  return `is no place for a secret: copilot-host auth client set ${word} keeps it`
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
