import { describe, expect, test } from 'vitest'
import { dress, palette } from '../../src/ui/palette.ts'

const TERM = 'xterm-256color'
const coloured = (env: Record<string, string>) => Object.keys(palette(env)).length > 0

describe('whether there are colours', () => {
  test.each<[Record<string, string>, boolean]>([
    [{ TERM }, true],
    [{}, true],
    [{ TERM: 'linux' }, true],
    [{ TERM: 'screen' }, true],
    [{ TERM: 'dumb' }, false],
    [{ TERM: 'vt100' }, false],
    [{ TERM: 'vt220' }, false],
    [{ TERM: 'xterm-mono' }, false],
    [{ TERM, NO_COLOR: '' }, true],
    [{ TERM, NO_COLOR: '1' }, false],
    [{ TERM, NO_COLOR: '0' }, false],
    [{ TERM, FORCE_COLOR: '0' }, false],
    [{ TERM, FORCE_COLOR: 'false' }, false],
    [{ TERM, FORCE_COLOR: '' }, true],
    [{ TERM, NO_COLOR: '1', FORCE_COLOR: '' }, false],
    [{ TERM, NO_COLOR: '1', FORCE_COLOR: '1' }, true],
    [{ TERM: 'vt100', FORCE_COLOR: '1' }, true],
    [{ TERM: 'vt100', FORCE_COLOR: 'true' }, true],
    [{ TERM: 'dumb', FORCE_COLOR: '2' }, true],
    [{ TERM: 'dumb', FORCE_COLOR: '3' }, true],
  ])('%j: %s', (env, yes) => {
    expect(coloured(env)).toBe(yes)
  })

  test('more colours than these are never used', () => {
    const all = (env: Record<string, string>) => Object.values(palette(env))
    expect(all({ FORCE_COLOR: '3', COLORTERM: 'truecolor' })).toEqual(all({ FORCE_COLOR: '1' }))
  })
})

describe('which colours there are', () => {
  const used = (env: Record<string, string>) => new Set(Object.values(palette({ TERM, ...env })))

  test.each(['0;15', '0;default;15', '0;7', '0;11'])(
    'light by COLORFGBG=%s: no yellow, no cyan',
    COLORFGBG => {
      expect(used({ COLORFGBG })).toEqual(new Set(['blue', 'green', 'red', 'magenta']))
    },
  )

  test.each(['15;0', '7;default;8', '12;4', '', 'x', '15', '0;15;', '0;15x'])(
    'dark, or not known, by COLORFGBG=%s: no blue',
    COLORFGBG => {
      expect(used({ COLORFGBG })).toEqual(new Set(['cyan', 'green', 'red', 'magenta', 'yellow']))
    },
  )

  test('the background that is said comes before the one that is found', () => {
    expect(palette({ TERM, COLORFGBG: '0;15' }, 'dark')).toEqual(palette({ TERM }))
    expect(palette({ TERM }, 'light')).toEqual(palette({ TERM, COLORFGBG: '0;15' }))
    expect(palette({ TERM, NO_COLOR: '1' }, 'light')).toEqual({})
  })
})

test('a text is dressed by SGR of the sixteen colours, and undressed again', () => {
  expect(dress('x', ['strong', 'bad'], palette({ TERM }))).toBe('\u001b[1m\u001b[31mx\u001b[39m\u001b[22m')
  expect(dress('x', ['strong', 'bad'], {})).toBe('\u001b[1mx\u001b[22m')
  expect(dress('x', ['bad'], {})).toBe('x')
})

/** Background, then red, green, yellow, blue, magenta, cyan, as common terminals have them. */
const TERMINALS = {
  dark: {
    xterm: '000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd',
    'VS Code': '1e1e1e cd3131 0dbc79 e5e510 2472c8 bc3fbc 11a8cd',
    Solarized: '002b36 dc322f 859900 b58900 268bd2 d33682 2aa198',
  },
  light: {
    'VS Code': 'ffffff cd3131 107c10 949800 0451a5 bc05bc 0598bc',
    Tango: 'ffffff cc0000 4e9a06 c4a000 3465a4 75507b 06989a',
    'Terminal.app': 'ffffff 990000 00a600 999900 0000b2 b200b2 00a6b2',
    Solarized: 'fdf6e3 dc322f 859900 b58900 268bd2 d33682 2aa198',
    'One Half': 'fafafa e45649 50a14f c18401 0184bc a626a4 0997b3',
  },
}
const COLOURS = ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan']

/** Relative luminance and contrast (WCAG 2). */
function contrast(one: string, other: string): number {
  const luminance = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = [0, 2, 4].map(at => {
      const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

describe.each(['dark', 'light'] as const)('on a %s background', background => {
  test.each(Object.entries(TERMINALS[background]))('everything can be read in %s', (_name, colours) => {
    const [ground = '', ...hues] = colours.split(' ')
    const least = (used: readonly (string | undefined)[]) =>
      Math.min(...used.map(name => contrast(ground, hues[COLOURS.indexOf(name ?? '')] ?? ground)))
    expect(least(Object.values(palette({ TERM }, background)))).toBeGreaterThan(2.9)
    // Where it is not known: all but the warning, which is a mark.
    const { warning, ...others } = palette({ TERM })
    expect(warning).toBe('yellow')
    expect(least(Object.values(others))).toBeGreaterThan(2.8)
  })
})
