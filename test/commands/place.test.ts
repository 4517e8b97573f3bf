import { expect, test } from 'vitest'
import { terminalName, tilde } from '../../src/commands/place.ts'

const host = { folder: '/home/you/src/shop', home: '/home/you', name: 'devbox', env: {} }

test('a folder under home is short, another one whole', () => {
  expect(tilde(host)).toBe('~/src/shop')
  expect(tilde({ folder: '/home/you', home: '/home/you' })).toBe('~')
  expect(tilde({ folder: '/home/younger', home: '/home/you' })).toBe('/home/younger')
  expect(tilde({ folder: '/srv', home: '' })).toBe('/srv')
})

test('the terminal: program, folder, machine, and the pane of tmux', () => {
  expect(terminalName('copilot-host', host)).toBe('copilot-host in ~/src/shop on devbox')
  const env = { TMUX: '/tmp/tmux-1000/default,1,0', TMUX_PANE: '%3' }
  expect(terminalName('copilot-host', { ...host, env })).toBe(
    'copilot-host in ~/src/shop on devbox, tmux pane %3',
  )
  const hostile = { TMUX: 'x', TMUX_PANE: '<b>' }
  expect(terminalName('copilot-host', { ...host, env: hostile })).not.toContain('<b>')
  expect(
    terminalName('copilot-host', { ...host, folder: `/${'x'.repeat(9999)}\u202e\n` }).length,
  ).toBeLessThan(241)
})
