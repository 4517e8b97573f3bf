import { expect, test } from 'vitest'
import { openClipboard } from '../../src/ui/clipboard.ts'

const TERM = 'xterm-256color'
const copy = `\u001b]52;c;${Buffer.from('WDJB-MJHT é').toString('base64')}\u0007`

/** What is written for a text, and what else is told of it. */
function copied(text: string, env: Record<string, string>) {
  const written: string[] = []
  const aside: string[] = []
  const stdout = { write: (part: string) => written.push(part) }
  const done = openClipboard({ stdout, env, copyAside: part => aside.push(part) })(text)
  return { done, written: written.join(''), aside }
}

test('one sequence for the terminal, whatever the text holds', () => {
  expect(copied('WDJB-MJHT é', { TERM })).toEqual({ done: true, written: copy, aside: ['WDJB-MJHT é'] })
  expect(copied('\u001b]0;x\u0007', { TERM }).written).toMatch(/^\u001b\]52;c;[A-Za-z0-9+/=]+\u0007$/)
})

test('inside tmux also wrapped', () => {
  const { written } = copied('WDJB-MJHT é', { TERM, TMUX: '/tmp/x' })
  expect(written).toBe(`${copy}\u001bPtmux;\u001b${copy}\u001b\\`)
})

test('inside GNU screen wrapped, in pieces', () => {
  const { written } = copied('long '.repeat(200), { TERM: 'screen', STY: '1.pts-0' })
  const pieces = written.split('\u001b\\').slice(0, -1)
  expect(pieces.length).toBeGreaterThan(5)
  for (const piece of pieces) expect(piece).toMatch(/^\u001bP[\s\S]{1,200}$/)
  expect(pieces.map(piece => piece.slice(2)).join('')).toBe(copied('long '.repeat(200), { TERM }).written)
})

test.each(['linux', 'vt100', 'dumb', ''])(
  'TERM=%s would print it: nothing is written, and it is said',
  term => {
    expect(copied('text', { TERM: term })).toEqual({ done: false, written: '', aside: [] })
  },
)
