import { urlRuleFault } from './url-rule.ts'

/** `shell`, `shell(git:*)`, `server(tool)`: its name, and what stands in brackets. */
export const RULE = /^([^()\s][^()]*)(?:\((.+)\))?$/s

/** What is wrong with a rule for tools, if anything. */
export function ruleFault(rule: string): string | undefined {
  const [, name, argument] = RULE.exec(rule) ?? []
  if (name === undefined) return 'it must look like shell, shell(git:*), write(src), server, server(tool)'
  if (/\s$/.test(name)) return 'it must have no white space behind its name, as in shell(git:*)'
  if (name === 'shell' && argument?.trim() === ':*') return 'it must name a command, as in shell(git:*)'
  const fault = name === 'url' && argument !== undefined ? urlRuleFault(argument) : undefined
  return fault && `it must be about an address, and this one ${fault}`
}
