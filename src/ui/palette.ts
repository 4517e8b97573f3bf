import { styleText } from 'node:util'
import { createContext, useContext } from 'react'
import type { Theme } from './theme.ts'

type Env = Readonly<Record<string, string | undefined>>
type Colour = 'blue' | 'cyan' | 'green' | 'magenta' | 'red' | 'yellow'

/** The few colours there are, from the terminal's own sixteen; each one is absent where colour is not wanted. */
export interface Palette {
  /** What needs the person: the prompt mark, an open panel. */
  accent?: Colour
  good?: Colour
  bad?: Colour
  warning?: Colour
  /** In code. */
  keyword?: Colour
  quoted?: Colour
  literal?: Colour
}

/** How a piece of text looks; see {@link dress}. */
export type Style = 'strong' | 'emphasis' | 'struck' | 'underlined' | 'dim' | 'inverse' | keyof Palette

/** Terminals without colours, as their descriptions have it. */
const MONOCHROME = /^(?:dumb|vt\d+.*|.*-m(?:ono)?)$/

/**
 * The colours for a background: the one that the person names, or else what the terminal tells. Yellow and cyan are hard to
 * read on a light one, blue on a dark one; where it is not known, blue is not used, and nothing but a mark or a word of warning
 * is yellow.
 */
export function palette(env: Env, theme: Theme = 'auto'): Palette {
  if (theme === 'none' || !inColour(env)) return {}
  const light = (theme === 'auto' ? backgroundOf(env) : theme) === 'light'
  const cool = light ? 'blue' : 'cyan'
  return {
    ...{ accent: cool, good: 'green', bad: 'red', warning: light ? 'magenta' : 'yellow' },
    ...{ keyword: 'magenta', quoted: 'green', literal: cool },
  }
}

/**
 * `FORCE_COLOR` comes before `NO_COLOR` (no-color.org), and both before the kind of the terminal. 1, 2 and 3 ask for more
 * and more colours, which makes no difference here.
 */
function inColour({ FORCE_COLOR: forced, NO_COLOR: none, TERM = '' }: Env): boolean {
  if (forced) return forced !== '0' && forced !== 'false'
  return !none && !MONOCHROME.test(TERM)
}

/** As terminals tell it that tell it at all: `COLORFGBG`, text and background by their numbers among the sixteen. */
function backgroundOf({ COLORFGBG = '' }: Env): 'dark' | 'light' | undefined {
  const number = /^\d+;(?:\w+;)?(\d+)$/.exec(COLORFGBG)?.[1]
  if (number === undefined) return undefined
  return Number(number) === 7 || Number(number) > 8 ? 'light' : 'dark'
}

/** Text with the SGR sequences of its styles round it. */
export function dress(text: string, styles: readonly Style[], colours: Palette): string {
  const formats = styles.flatMap(style => {
    if (style === 'strong') return 'bold' as const
    if (style === 'emphasis') return 'italic' as const
    if (style === 'struck') return 'strikethrough' as const
    if (style === 'underlined') return 'underline' as const
    if (style === 'dim' || style === 'inverse') return style
    return colours[style] ?? []
  })
  return formats.length === 0 ? text : styleText(formats, text, { validateStream: false })
}

export const PaletteContext = createContext<Palette>({})

/** The colours of this screen. */
export function usePalette(): Palette {
  return useContext(PaletteContext)
}
