import { RULE } from '../config/rule.ts'
import { matchesUrl } from '../config/url-rule.ts'
import type { PermissionAsk } from '../runtime/types.ts'
import { clean } from '../text.ts'
import { isWithin } from './within.ts'

/** What may be done without a question, and what may not be done at all; the words are those of Copilot CLI. */
export interface ToolRules {
  allowAll?: boolean
  allowAllTools?: boolean
  allowTool: readonly string[]
  denyTool: readonly string[]
  allowAllPaths?: boolean
  /** Folders beside that of the session. */
  addDir: readonly string[]
  allowAllUrls?: boolean
  allowUrl: readonly string[]
  denyUrl: readonly string[]
}

export type Ruling = { kind: 'allowed' } | { kind: 'denied'; rule: string } | undefined

/**
 * What the rules say about a question of the runtime; undefined: a person has to decide. A denial comes before all else.
 * They are judged here and not by the runtime: version 1.0.85 takes a command line for one command, so that its rule
 * `shell(git:*)` would let `git status && rm x` pass.
 */
export function ruling(ask: PermissionAsk, rules: ToolRules, folder: string): Ruling {
  const denied =
    rules.denyTool.find(rule => matches(rule, ask, folder, 'deny')) ??
    rules.denyUrl.find(rule => ask.about?.url !== undefined && matchesUrl(rule, ask.about.url))
  if (denied !== undefined) return { kind: 'denied', rule: denied }
  // A policy wants a person to answer.
  if (ask.personOnly) return undefined
  return allows(ask, rules, folder) ? { kind: 'allowed' } : undefined
}

/** The option that would have allowed what was asked for, as words of a command line. */
export function allowingOption(ask: PermissionAsk): [option: string, value?: string] {
  if (ask.about?.outside) return ['--allow-all-paths']
  if (ask.kind === 'url') return ['--allow-all-urls']
  const name = ask.names.at(-1)
  return name === undefined ? ['--allow-all-tools'] : ['--allow-tool', name]
}

/** True where no tool is asked about. */
export function runsAll({ allowAll = false, allowAllTools = false }: ToolRules): boolean {
  return allowAll || allowAllTools
}

/** True where something is denied: then the runtime may let nothing pass by itself. */
export function deniesAny({ denyTool, denyUrl }: Pick<ToolRules, 'denyTool' | 'denyUrl'>): boolean {
  return denyTool.length + denyUrl.length > 0
}

/** True where a rule allows this command line. */
export function allowsCommand(line: string, rules: ToolRules): boolean {
  return (
    runsAll(rules) ||
    rules.allowTool.some(rule => {
      const [, name, argument] = RULE.exec(rule) ?? []
      return name === 'shell' && (argument === undefined || isCommand(argument, line))
    })
  )
}

/**
 * True where a rule may be about the tool that the runtime calls so (`notes-whoami` is `whoami` of `notes`, as far as the name
 * tells): rather too often. The runtime's own tools have no hyphen.
 */
export function mayBeAbout(rule: string, tool: string): boolean {
  const [, name = '', argument] = RULE.exec(rule) ?? []
  if (!tool.includes('-')) return argument === undefined && name === tool
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const called = plain(tool)
  if (argument !== undefined) return called === plain(`${name}-${argument}`)
  return called === plain(name) || called.startsWith(`${plain(name)}-`)
}

/** What the person reads of a denial, and the model. */
export function denial(ask: PermissionAsk, rule: string): { line: string; reason: string } {
  return {
    line: `${clean(ask.names.at(-1) ?? ask.title)} was denied by the rule ${clean(rule)}`,
    reason: `A rule of the person denies it: ${rule}`,
  }
}

function allows(ask: PermissionAsk, rules: ToolRules, folder: string): boolean {
  if (rules.allowAll) return true
  const paths = ask.about?.paths ?? []
  const added = paths.length > 0 && paths.every(path => rules.addDir.some(dir => isWithin(path, dir, folder)))
  if (ask.about?.outside) return rules.allowAllPaths === true || added
  // An added folder is like that of the session, where reading is no question.
  if (ask.kind === 'read' && (added || rules.allowAllPaths)) return true
  const url = ask.about?.url
  if (ask.kind === 'url')
    return (
      rules.allowAllUrls === true || (url !== undefined && rules.allowUrl.some(rule => matchesUrl(rule, url)))
    )
  return rules.allowAllTools === true || rules.allowTool.some(rule => matches(rule, ask, folder, 'allow'))
}

function matches(rule: string, ask: PermissionAsk, folder: string, side: 'allow' | 'deny'): boolean {
  const [, name = '', argument] = RULE.exec(rule) ?? []
  if (argument === undefined) return ask.names.includes(name) || (name === 'shell' && ask.kind === 'command')
  if (name === 'shell' && ask.kind === 'command') {
    const command = ask.about?.command ?? ''
    return side === 'allow' ? isCommand(argument, command) : holdsCommand(argument, command)
  }
  if ((name === 'write' || name === 'read') && ask.kind === name) {
    const paths = ask.about?.paths ?? []
    const inside = (path: string) => isWithin(path, argument, folder)
    return paths.length > 0 && (side === 'allow' ? paths.every(inside) : paths.some(inside))
  }
  if (name === 'url' && ask.about?.url !== undefined) return matchesUrl(argument, ask.about.url)
  return ask.names.includes(rule)
}

/** Nothing that a shell would read as more than words of one command. */
const PLAIN = /^[\w ./:=,@%+-]+$/

/** `git status`: this line. `git:*`: one command that begins so, with nothing behind it that a shell would act on. */
function isCommand(pattern: string, line: string): boolean {
  if (!pattern.endsWith(':*')) return line.trim() === pattern.trim()
  const beginning = words(pattern.slice(0, -2))
  return PLAIN.test(line) && beginning.every((word, at) => words(line)[at] === word)
}

/**
 * This line, or the words of the pattern stand somewhere in it, one behind the other, whatever is between them: rather too much is
 * denied than too little.
 */
function holdsCommand(pattern: string, line: string): boolean {
  const told = pattern.trim()
  const wanted = plainWords(told.replace(/:\*$/, ''))
  const found = plainWords(line)
  if (line.trim() === told) return true
  return (
    wanted.length > 0 &&
    found.some((_, at) => wanted.every((word, index) => bare(found[at + index]) === bare(word)))
  )
}

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}

/** What is left of a text without blanks and all that a shell may act on. */
function plainWords(text: string): string[] {
  return text.split(/[^\p{L}\p{M}\p{N}_./:=,@%+-]+/u).filter(Boolean)
}

/** `/usr/bin/git` is `git`. */
function bare(word: string | undefined): string | undefined {
  return word?.split('/').at(-1)
}
