import { expect, test } from 'vitest'
import { clean } from '../../src/text.ts'
import { frameOf } from '../../src/ui/frame.ts'
import { type Action, newView, reduce, type View } from '../../src/ui/state.ts'
import { statusLine } from '../../src/ui/status-line.tsx'
import { plain } from '../../src/ui/transcript/line.ts'

const start = newView({ model: 'm', folder: '~/src/shop', prompts: [] })
const after = (...events: readonly Action[]): View =>
  events.reduce<View>((view, event) => reduce(view, event, 0), start)
const row = (view: View, room = 60) => plain(statusLine(view, room, 0))
const printed = (view: View) => view.ready.flatMap(({ lines }) => lines.map(plain)).filter(Boolean)

/** A session of which everything is known. */
const known = (...events: Action[]) =>
  after(
    { type: 'model', model: clean('gpt') },
    { type: 'mode', mode: 'plan' },
    { type: 'branch', branch: 'main' },
    { type: 'usage', tokens: 12, limit: 100 },
    { type: 'cost', premiumRequests: 3 },
    ...events,
  )

test('nothing is told that is as it always is', () => {
  expect(row(start)).toBe('m · ~/src/shop')
  const usual = after({ type: 'mode', mode: 'interactive' }, { type: 'permissions', mode: 'manual' })
  expect(row(usual)).toBe('m · ~/src/shop')
  expect(printed(usual)).toEqual([])
})

test('modes, effort, branch and cost', () => {
  const view = after(
    { type: 'mode', mode: 'plan' },
    { type: 'permissions', mode: 'allow-all' },
    { type: 'model', model: clean('big'), effort: clean('high') },
    { type: 'branch', branch: 'main' },
    { type: 'cost', premiumRequests: 3 },
    { type: 'usage', tokens: 64, limit: 128 },
  )
  expect(row(view, 100)).toBe('big (high) · allow all · plan · 50% context · 3 premium · ~/src/shop (main)')
  const allowed = statusLine(view, 100, 0).find(({ text }) => text === 'allow all')
  expect(allowed?.styles).toEqual(['warning'])
  expect(printed(view)).toEqual([
    '○ mode: plan (nothing is changed before you have agreed to a plan)',
    '! every tool runs without asking (/permissions manual asks again)',
    '○ model: big (high)',
  ])
})

test('where room is short the mode that is dangerous goes last', () => {
  const view = after(
    { type: 'permissions', mode: 'allow-all' },
    { type: 'mode', mode: 'autopilot' },
    { type: 'branch', branch: 'main' },
    { type: 'usage', tokens: 64, limit: 128 },
    { type: 'cost', premiumRequests: 1 },
  )
  const rows = [100, 60, 50, 40, 30, 20, 12].map(room => row(view, room))
  expect(rows).toEqual([
    'm · allow all · autopilot · 50% context · 1 premium · ~/src/shop (main)',
    'm · allow all · autopilot · 50% context · 1 premium',
    'm · allow all · autopilot · 50% context',
    'm · allow all · autopilot · 50% context',
    'm · allow all · autopilot',
    'm · allow all',
    'allow all',
  ])
})

test('a server that failed is told at rest', () => {
  const view = after({ type: 'server', name: clean('notes'), status: 'failed' })
  expect(row(view)).toBe('m · ~/src/shop · not available: notes')
})

test('another session starts anew, in the same folder', () => {
  const view = after(
    { type: 'branch', branch: 'main' },
    { type: 'mode', mode: 'plan' },
    { type: 'permissions', mode: 'allow-all' },
    { type: 'usage', tokens: 64, limit: 128 },
    { type: 'server', name: clean('notes'), status: 'needs-auth' },
    { type: 'unsigned', servers: ['notes'], later: [] },
    { type: 'session', id: 'x', model: 'm' },
  )
  expect(row(view)).toBe('m · ~/src/shop (main)')
})

test('foreign text of several lines is cleaned', () => {
  const view = after({ type: 'text', text: 'a\u001b[2Jb\n\tc' })
  expect(printed(view)).toEqual(['ab', '    c'])
})

test('a diff has colours, and its text is not changed', () => {
  const view = after({ type: 'text', text: '--- a/f\n+++ b/f\n@@ -1 +1 @@\n-old\n+new\n same', diff: true })
  const lines = view.ready.flatMap(block => block.lines).filter(each => plain(each) !== '')
  expect(lines.map(([span]) => span?.styles?.[0])).toEqual([
    'strong',
    'strong',
    'accent',
    'bad',
    'good',
    undefined,
  ])
})

test.each([
  [40, 'gpt · plan · 12% context · 3 premium'],
  [80, 'gpt · plan · 12% context · 3 premium · ~/src/shop (main)'],
  [200, 'gpt · plan · 12% context · 3 premium · ~/src/shop (main)'],
])('all that is known, in a window of %d columns', (columns, expected) => {
  expect(row(known(), frameOf(known(), 24, columns).width)).toBe(expected)
})

test.each([
  [40, 'gpt · plan · not available: billing'],
  [80, 'gpt · plan · 12% context · not available: billing'],
])('a server that needs attention, in a window of %d columns', (columns, expected) => {
  const view = known({ type: 'server', name: clean('billing'), status: 'failed' })
  expect(row(view, frameOf(view, 24, columns).width)).toBe(expected)
})

test('many servers: three are named', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const view = after({ type: 'unsigned', servers: names, later: names })
  expect(row(view)).toBe('m · ~/src/shop · sign-in waiting: a, b, c and 2 more')
})

test('servers are told as they are configured', () => {
  const waiting: Action = { type: 'waiting', servers: ['b', 'x', 'a'] }
  const view: View = { ...after({ type: 'queued', messages: ['hello'] }, waiting), order: ['a', 'b'] }
  expect(row(view)).toBe('m · ~/src/shop · waiting for a, b, x…')
  // Esc has taken the message back.
  expect(row(reduce(view, { type: 'queued', messages: [] }, 0))).toBe('m · ~/src/shop')
  const failed = (name: string): Action => ({ type: 'server', name: clean(name), status: 'failed' })
  expect(row({ ...after(failed('b'), failed('a')), order: ['a', 'b'] })).toMatch(/: a, b$/)
})

/** What stands in the row, and at which column. */
const places = (text: string) => {
  const parts = text.split(' · ')
  return new Map(parts.map((part, at) => [part.trim(), parts.slice(0, at).join(' · ').length]))
}

test.each([40, 80, 200])('nothing jumps while turns come and go, in a window of %d columns', columns => {
  const events: Action[] = [
    { type: 'sent', text: 'hello' },
    { type: 'turn-start' },
    { type: 'reasoning-tail', text: 'hm' },
    { type: 'stream', id: '1', lines: [], tail: [] },
    { type: 'tool-start', id: 't', name: clean('bash'), summary: clean('') },
    { type: 'tool-end', id: 't', end: 'ok', text: '' },
    { type: 'usage', tokens: 20, limit: 100 },
    { type: 'idle', aborted: false },
  ]
  let view = columns === 40 ? { ...known(), status: start.status } : known()
  let before = places(row(view, frameOf(view, 24, columns).width))
  for (const event of events) {
    view = reduce(view, event, 0)
    const text = row(view, frameOf(view, 24, columns).width)
    const now = places(text)
    for (const [part, at] of now) if (before.has(part)) expect([part, at]).toEqual([part, before.get(part)])
    expect(text).toMatch(/^gpt/)
    before = now
  }
})
