import { decodeHTMLStrict } from 'entities/decode'
import { Lexer, type Token } from 'marked'
import { cleanBlock } from '../../text.ts'
import type { Style } from '../palette.ts'
import { nameBlobs } from './blob.ts'
import type { Span } from './line.ts'
import { saysWhere, targetOf } from './link.ts'

/** Past this length a line is shown as it is: nobody writes prose of one line that long. */
const LONGEST = 8000

/** So many marks are no prose either, and reading them takes the time of their square. */
const MOST_MARKS = 400

const MARKS = /[*_`~[\]<\\:&]|www\./g

/** The inline marks of Markdown as looks. `links`: the terminal has links, so their host is enough to be shown. */
export function inline(source: string, styles: readonly Style[], links: boolean): Span[] {
  const text = nameBlobs(source)
  const marks = marksIn(text)
  if (marks === 0 || marks > MOST_MARKS) return [{ text, styles }]
  return spansOf(Lexer.lexInline(text), styles, links)
}

/** Whether a line is what people write, so that its marks can be read in no time. */
export function isProse(source: string): boolean {
  return marksIn(source) <= MOST_MARKS
}

function marksIn(text: string): number {
  return text.length > LONGEST ? Number.POSITIVE_INFINITY : (text.match(MARKS)?.length ?? 0)
}

/** The same for tokens that `marked` has already found. */
export function spansOf(tokens: readonly Token[], styles: readonly Style[], links: boolean): Span[] {
  return tokens.flatMap(token => spanOf(token, styles, links))
}

function spanOf(token: Token, styles: readonly Style[], links: boolean): Span[] {
  const inner = 'tokens' in token ? (token.tokens ?? []) : []
  switch (token.type) {
    case 'strong':
      return spansOf(inner, [...styles, 'strong'], links)
    case 'em':
      return spansOf(inner, [...styles, 'emphasis'], links)
    case 'del':
      return spansOf(inner, [...styles, 'struck'], links)
    case 'codespan':
      return [
        { text: '`', styles: [...styles, 'dim'] },
        { text: String(token.text), styles },
        { text: '`', styles: [...styles, 'dim'] },
      ]
    case 'link':
    case 'image': {
      const shown = inner.length > 0 ? spansOf(inner, styles, links) : [{ text: String(token.text), styles }]
      return linked(shown, String(token.href), token.type === 'image', styles, links)
    }
    case 'escape':
      return [{ text: String(token.text), styles }]
    default:
      // What a character reference stands for has not been cleaned yet.
      return [{ text: cleanBlock(decodeHTMLStrict(token.raw)).replaceAll('\n', ' '), styles }]
  }
}

/** A link with the place it truly leads to, unless its words say that. */
function linked(
  words: readonly Span[],
  href: string,
  image: boolean,
  styles: readonly Style[],
  links: boolean,
): Span[] {
  const target = targetOf(href)
  const address = links ? target.link?.address : undefined
  const text = words.map(span => span.text).join('')
  const place = links && target.link !== undefined ? target.link.host : target.text
  const said = text !== '' && saysWhere(text, target)
  const spans: Span[] = [
    ...(image ? [{ text: 'image: ', styles: [...styles, 'dim' as const] }] : []),
    ...(text === '' ? [] : words.map(span => ({ ...span, link: address }))),
    ...(said || place === ''
      ? []
      : [{ text: text === '' ? place : ` (${place})`, styles: [...styles, 'dim' as const] }]),
  ]
  return text === '' ? spans.map(span => ({ ...span, link: address })) : spans
}
