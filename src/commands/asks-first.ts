import type { AsksFirst, KeptRule } from '../runtime/types.ts'
import { allowsCommand, deniesAny, mayBeAbout, runsAll, type ToolRules } from './tool-rules.ts'

/**
 * Which calls are asked about although the runtime would let them pass: those that a rule may deny, and where nobody is there
 * (`person` false) commands and tools of servers that nothing has allowed. Undefined: none.
 * What such a question allows runs without the runtime's own questions (about paths), so that nothing is asked here that a
 * rule allows.
 */
export function asksFirst(rules: ToolRules, person: boolean): AsksFirst | undefined {
  const alone = !person && !runsAll(rules)
  if (!alone && rules.denyTool.length === 0) return undefined
  return ({ tool, command }, kept) => {
    if (command !== undefined) {
      // Where something is denied the runtime asks about every command itself.
      return alone && !deniesAny(rules) && !allowsCommand(command, rules) && !isKept(command, kept)
    }
    if (rules.denyTool.some(rule => mayBeAbout(rule, tool))) return true
    return alone && isServers(tool) && !kept.some(rule => isKeptTool(tool, rule))
  }
}

/** `notes-whoami`: the runtime's own tools have no hyphen. */
function isServers(tool: string): boolean {
  return tool.includes('-')
}

function isKeptTool(tool: string, { kind, argument }: KeptRule): boolean {
  return mayBeAbout(argument ? `${kind}(${argument})` : kind, tool)
}

/** What may stand beside a command that was allowed for the project, without a path that could lead outside. */
const BESIDE = /^(?:cd|echo|grep|head|sort|tail|true|uniq|wc)(?: (?!\/)(?!\S*\.\.)[\w./:,@%+-]+)*$/

/** Every part of the line is allowed for the project: the runtime judges it, and asks where it must. */
function isKept(line: string, kept: readonly KeptRule[]): boolean {
  const names = kept.flatMap(({ kind, argument }) => (kind === 'shell' && argument ? [argument] : []))
  const parts = line
    .replaceAll('2>&1', '')
    .split(/[;&|\n]+/)
    .map(part => part.trim().replaceAll(/\s+/g, ' '))
    .filter(Boolean)
  const allowed = (part: string) => names.some(name => `${part} `.startsWith(`${name.replace(/:\*$/, '')} `))
  return parts.some(allowed) && parts.every(part => allowed(part) || BESIDE.test(part))
}
