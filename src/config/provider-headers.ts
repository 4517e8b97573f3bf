import { HostError } from '../errors.ts'
import type { Environment } from './environment.ts'

/** RFC 9110 5.6.2: the characters of a header's name. */
const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([\t\x20-\x7e]+)$/

/**
 * Reads extra headers for the provider: one `Name: value` a line, as Copilot CLI takes them. Undefined if there are
 * none. Throws HostError `config` with the variable and the number of the bad line, never its text.
 */
export function providerHeaders(env: Environment, variable: string): Record<string, string> | undefined {
  const headers = new Map<string, string>()
  for (const [index, line] of (env[variable] ?? '').split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const [, name, value] = LINE.exec(line.trim()) ?? []
    if (name === undefined || value === undefined) {
      throw new HostError('config', `${variable}: line ${index + 1} must be "Name: value", a header in ASCII`)
    }
    headers.set(name, value)
  }
  return headers.size === 0 ? undefined : Object.fromEntries(headers)
}
