import { describe, expect, test } from 'vitest'
import { clean } from '../../src/text.ts'
import { frameOf } from '../../src/ui/frame.ts'
import { pasteInto } from '../../src/ui/input.ts'
import { createPermission } from '../../src/ui/panels/permission-state.ts'
import { type Action, newView, reduce, type View } from '../../src/ui/state.ts'
import { statusLine } from '../../src/ui/status-line.tsx'
import { line, plain, width } from '../../src/ui/transcript/line.ts'

const start = newView({ model: 'demo-model', folder: '~/src/shop', prompts: [] })
const tools: Action[] = Array.from({ length: 9 }, (_, at) => ({
  type: 'tool-start',
  id: `${at}`,
  name: clean('t'),
  summary: clean(''),
}))
const panel: Action = {
  type: 'panel',
  panel: {
    key: 1,
    kind: 'permission',
    state: createPermission({ id: 'p', kind: 'read', title: clean('Read?'), body: '', names: [] }),
  },
}
const queued: Action = { type: 'queued', messages: ['a', 'b', 'c', 'd', 'e'] }
const seen = (...actions: Action[]) => actions.reduce((view, action) => reduce(view, action, 0), start)

describe('the live region is lower and narrower than the window', () => {
  const views: [string, View][] = [
    ['empty', start],
    ['full', seen(...tools, queued)],
    ['panel', seen(panel)],
    ['panel that takes keys', seen(panel, { type: 'quiet' })],
    ['panel and all', seen(...tools, queued, panel)],
  ]
  test.each(views)('%s', (_, view) => {
    for (const rows of [6, 8, 10, 12, 16, 24, 50, 200]) {
      const frame = frameOf(view, rows, 80)
      const sum = frame.tail + frame.tools + frame.queued + frame.panel + frame.composer + frame.gap
      expect(sum + 1 + (frame.tools > 0 ? frame.gap : 0)).toBeLessThanOrEqual(rows - 1)
      expect(frame.composer + frame.panel).toBeGreaterThan(0)
    }
  })
  test('width', () => {
    expect([20, 40, 60, 61, 200].map(columns => frameOf(start, 24, columns).width)).toEqual([
      19, 39, 59, 60, 60,
    ])
  })
  test('while a reply comes no window of 40 x 8 wraps or cuts it', () => {
    const tail = { kind: 'reply', lines: [line('a '.repeat(500))] }
    const drafts = ['', 'a few words', 'word '.repeat(50), 'word '.repeat(500)]
    for (const draft of drafts) {
      const { editor } = pasteInto(seen({ type: 'turn-start' }), draft, 0)
      const frame = frameOf({ ...start, busy: true, tail, editor }, 50, 200)
      expect(frame.width).toBe(39)
      expect(frame.toolWidth).toBe(39)
      const written = Math.min(frame.composer, 1 + Math.floor(draft.length / 36))
      expect(frame.tail + frame.gap + written + 1).toBeLessThanOrEqual(7)
      expect(frame.tail > 0).toBe(draft.length < 150)
    }
    expect(frameOf({ ...start, busy: true }, 50, 200).toolWidth).toBe(60)
  })
})

const WAITS: Action = { type: 'queued', messages: ['hello'] }

describe('status line', () => {
  test.each<[string, View, number, string]>([
    ['at rest', start, 60, 'demo-model · ~/src/shop'],
    ['context', seen({ type: 'usage', tokens: 12, limit: 100 }), 60, 'demo-model · 12% context · ~/src/shop'],
    ['narrow', seen({ type: 'usage', tokens: 12, limit: 100 }), 25, 'demo-model · 12% context'],
    ['narrower', start, 12, 'demo-model'],
    [
      'waiting',
      seen(WAITS, { type: 'waiting', servers: ['linear'] }),
      60,
      'demo-model · ~/src/shop · waiting for linear…',
    ],
    ['waiting, narrow', seen(WAITS, { type: 'waiting', servers: ['linear'] }), 30, 'waiting for linear…'],
    ['busy', seen({ type: 'turn-start' }), 60, 'demo-model · ~/src/shop · Esc stops · ⠋ working…'],
    [
      'thinking',
      seen({ type: 'turn-start' }, { type: 'reasoning-tail', text: '' }),
      39,
      'demo-model · Esc stops · ⠋ thinking…',
    ],
    [
      'thinking, with a warning',
      seen(
        { type: 'permissions', mode: 'allow-all' },
        { type: 'turn-start' },
        { type: 'reasoning-tail', text: '' },
      ),
      39,
      'demo-model · allow all · ⠋ thinking…',
    ],
    ['panel', seen({ type: 'turn-start' }, panel), 60, 'demo-model · ~/src/shop · waiting for you'],
    [
      'sign-in',
      seen({ type: 'server', name: clean('b'), status: 'needs-auth' }),
      60,
      'demo-model · ~/src/shop · not signed in: b',
    ],
    [
      'later, and not at all',
      seen(
        { type: 'server', name: clean('a'), status: 'needs-auth' },
        { type: 'server', name: clean('c'), status: 'connected' },
        { type: 'unsigned', servers: ['a', 'b', 'c'], later: ['b'] },
      ),
      60,
      'demo-model · shop · sign-in waiting: b · not signed in: a',
    ],
    [
      'leaving',
      { ...start, leaving: { until: 1, draft: '' } },
      60,
      'demo-model · ~/src/shop · ^C again to leave',
    ],
  ])('%s', (_, view, room, shown) => {
    const row = statusLine(view, room, 0)
    expect(plain(row)).toBe(shown)
    expect(width(row)).toBeLessThanOrEqual(room)
  })
})
