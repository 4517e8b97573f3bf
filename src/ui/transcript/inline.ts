import { Lexer, type Token } from 'marked'
import { clean } from '../../text.ts'
import type { Style } from '../palette.ts'
import type { Line, Span } from './line.ts'

/** Past this length a line is shown as it is: nobody writes prose of one line that long. */
const LONGEST = 8000

/** The inline marks of Markdown as looks; a link is shown with the address it truly leads to. */
export function inline(text: string, ...styles: Style[]): Line {
  if (text.length > LONGEST || !/[*_`~[\]<\\:]|www\./.test(text)) return [{ text, styles }]
  return spansOf(Lexer.lexInline(text), styles)
}

/** The same for tokens that `marked` has already found. */
export function spansOf(tokens: readonly Token[], styles: readonly Style[]): Span[] {
  return tokens.flatMap(token => spanOf(token, styles))
}

function spanOf(token: Token, styles: readonly Style[]): Span[] {
  const inner = 'tokens' in token ? (token.tokens ?? []) : []
  switch (token.type) {
    case 'strong':
      return spansOf(inner, [...styles, 'strong'])
    case 'em':
      return spansOf(inner, [...styles, 'emphasis'])
    case 'del':
      return spansOf(inner, [...styles, 'struck'])
    case 'codespan':
      return [
        { text: '`', styles: [...styles, 'dim'] },
        { text: String(token.text), styles },
        { text: '`', styles: [...styles, 'dim'] },
      ]
    case 'link':
    case 'image': {
      const shown = inner.length > 0 ? spansOf(inner, styles) : [{ text: String(token.text), styles }]
      const words = shown.map(span => span.text).join('')
      const address = trueAddress(String(token.href))
      return sameAddress(words, address)
        ? shown
        : [...shown, { text: ` (${address})`, styles: [...styles, 'dim'] }]
    }
    case 'escape':
      return [{ text: String(token.text), styles }]
    default:
      return [{ text: token.raw.replaceAll('\n', ' '), styles }]
  }
}

/** Where a link leads: host in ASCII, no user-info that could pass for one. */
function trueAddress(href: string): string {
  const url = URL.canParse(href) ? new URL(href) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return clean(href, 200)
  return clean(`${url.origin}${url.pathname}${url.search}${url.hash}`, 2000)
}

function sameAddress(words: string, address: string): boolean {
  const bare = (text: string) => text.replace(/^(https?:\/\/|mailto:)/i, '').replace(/\/$/, '')
  return bare(words) === bare(address)
}
