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
