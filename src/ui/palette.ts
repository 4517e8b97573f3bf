import { styleText } from 'node:util'
import { createContext, useContext } from 'react'
import type { Theme } from './theme.ts'

type Colour = 'blue' | 'cyan' | 'green' | 'magenta' | 'red' | 'yellow'

/** The few colours there are, from the terminal's own sixteen; each one is absent where colour is not wanted. */
export interface Palette {
  /** What needs the person: the prompt mark, an open panel. */
  accent?: Colour
  good?: Colour
  bad?: Colour
  warning?: Colour
  /** In code. Neither yellow nor blue: one cannot be read on a light background, the other not on a dark one. */
  keyword?: Colour
  quoted?: Colour
  literal?: Colour
}

/** How a piece of text looks; see {@link dress}. */
export type Style = 'strong' | 'emphasis' | 'struck' | 'underlined' | 'dim' | 'inverse' | keyof Palette

/** Colours unless `NO_COLOR` is set (no-color.org), the terminal has none, or the person wants none. */
export function palette(env: Readonly<Record<string, string | undefined>>, theme: Theme = 'auto'): Palette {
  if (env.NO_COLOR || env.TERM === 'dumb' || theme === 'none') return {}
  if (theme === 'light') {
    const code = { keyword: 'magenta', quoted: 'green', literal: 'blue' } as const
    return { accent: 'blue', good: 'green', bad: 'red', warning: 'magenta', ...code }
  }
  const code = { keyword: 'magenta', quoted: 'green', literal: 'cyan' } as const
  return { accent: 'cyan', good: 'green', bad: 'red', warning: 'yellow', ...code }
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
