import { expect, test } from 'vitest'
import { clipboard } from '../../src/ui/clipboard.ts'

const copy = `\u001b]52;c;${Buffer.from('WDJB-MJHT é').toString('base64')}\u0007`

test('one sequence for the terminal, whatever the text holds', () => {
  expect(clipboard('WDJB-MJHT é', {})).toBe(copy)
  expect(clipboard('\u001b]0;x\u0007', {})).toMatch(/^\u001b\]52;c;[A-Za-z0-9+/=]+\u0007$/)
})

test('inside tmux also wrapped', () => {
  expect(clipboard('WDJB-MJHT é', { TMUX: '/tmp/x' })).toBe(`${copy}\u001bPtmux;\u001b${copy}\u001b\\`)
})
