import { clean } from '../../text.ts'
import { takesOsc } from '../osc.ts'

/** An address that a link of the terminal may carry: http(s), visible ASCII, without user-info. */
export type Address = string & { readonly __address: true }

/** Longest address that becomes a link, in characters. */
const LONGEST = 2000

/** Where a link of the model leads. Host in ASCII (punycode), no user-info that could pass for one. */
export interface Target {
  /** As it is shown: the judged address, or what was given, cleaned. */
  text: string
  /** Absent where the address is none of the web: it is text then. */
  link?: { address: Address; host: string }
}

export function targetOf(href: string): Target {
  const url = URL.canParse(href) ? new URL(href) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return { text: clean(href, 200) }
  const text = `${url.origin}${url.pathname}${url.search}${url.hash}`
  if (!isAddress(text)) return { text: clean(text, 200) }
  return { text, link: { address: text, host: url.host } }
}

/** True if the words of a link are its host or its address, or the beginning of that: where it leads needs no saying. */
export function saysWhere(words: string, { text, link }: Target): boolean {
  const said = bare(words)
  if (said === bare(text)) return true
  if (link === undefined) return false
  return said.toLowerCase() === link.host || (said.startsWith(`${link.host}/`) && bare(text).startsWith(said))
}

/** Terminals that print the address of an OSC 8 link nowhere, or the sequence itself. */
export function linksWork(env: Readonly<Record<string, string | undefined>>): boolean {
  const { TERM = '', TERM_PROGRAM = '', TERM_PROGRAM_VERSION = '' } = env
  if (!takesOsc(env) || (TERM.startsWith('screen') && TERM_PROGRAM !== 'tmux')) return false
  // tmux passes links on from 3.4.
  if (TERM_PROGRAM === 'tmux') return Number.parseFloat(TERM_PROGRAM_VERSION) >= 3.4
  return TERM_PROGRAM !== 'Apple_Terminal'
}

function isAddress(text: string): text is Address {
  return text.length <= LONGEST && /^[!-~]+$/.test(text)
}

function bare(text: string): string {
  return text.replace(/^(https?:\/\/|mailto:)/i, '').replace(/\/$/, '')
}
