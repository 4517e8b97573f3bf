import { Terminal } from '@xterm/headless'
import { describe, expect, test } from 'vitest'
import type { Ask } from '../../src/runtime/types.ts'
import { clean } from '../../src/text.ts'
import { App } from '../../src/ui/app.tsx'
import { createEditor } from '../../src/ui/composer/editor.ts'
import { palette } from '../../src/ui/palette.ts'
import { createAsk } from '../../src/ui/panels/ask-state.ts'
import { createPermission } from '../../src/ui/panels/permission-state.ts'
import { createSignIn } from '../../src/ui/panels/sign-in-state.ts'
import { type Action, newView, type Panel, reduce, type View } from '../../src/ui/state.ts'
import { createStore } from '../../src/ui/store.ts'
import { line } from '../../src/ui/transcript/line.ts'
import { openInk } from './ink.tsx'
import { signInView } from './panels/view.ts'

const JAPANESE = '課金サーバーの請求書を一覧にする'
const start = newView({ model: 'practice-model', folder: '~/作業/店', prompts: [] })
const seen = (...actions: Action[]) => actions.reduce((view, action) => reduce(view, action, 0), start)
const tool = (id: string): Action => ({
  ...{ type: 'tool-start', id, name: clean(JAPANESE), server: clean('課金') },
  summary: clean(`query=${JAPANESE.repeat(3)}`, 120),
})
const busy: Action[] = [
  { type: 'turn-start' },
  { type: 'stream', id: 'm', lines: [], tail: [line(JAPANESE.repeat(5)), line('a word '.repeat(30))] },
  ...['1', '2', '3', '4'].map(tool),
  { type: 'progress', id: '2', text: `${JAPANESE}\n${JAPANESE.repeat(9)}` },
  { type: 'reasoning-tail', text: JAPANESE.repeat(9) },
  { type: 'queued', messages: [JAPANESE.repeat(3), 'b'], steering: ['c'] },
]
const ask: Ask = {
  ...{ kind: 'question', id: 'q', text: `${JAPANESE.repeat(4)}\n`.repeat(9), freeform: true },
  choices: Array.from({ length: 20 }, (_, at) => ({
    value: `${at}`,
    title: clean(`${at} ${JAPANESE.repeat(4)}`),
  })),
}
const panels: Panel[] = [
  { key: 1, kind: 'ask', state: createAsk(ask) },
  {
    ...{ key: 2, kind: 'permission' },
    state: createPermission({
      ...{ id: 'p', kind: 'command', title: clean(JAPANESE), names: [] },
      body: `${JAPANESE.repeat(9)}\n`.repeat(30),
    }),
  },
  { key: 3, kind: 'sign-in', state: createSignIn(signInView({ server: clean(JAPANESE.repeat(3)) })) },
]
const opened = (panel: Panel): Action[] => [{ type: 'panel', panel }, { type: 'quiet' }]

const views: [string, View][] = [
  ['at rest', start],
  [
    'with a long message',
    { ...start, editor: createEditor([], `${JAPANESE.repeat(20)} ${'word '.repeat(50)}`) },
  ],
  ['at work', seen(...busy)],
  ['at work, opened', { ...seen(...busy), unfolded: true }],
  ...panels.map((panel): [string, View] => [panel.kind, seen(...opened(panel))]),
  ...panels.map((panel): [string, View] => [`${panel.kind} at work`, seen(...busy, ...opened(panel))]),
  ['three panels', seen(...busy, ...panels.map((panel): Action => ({ type: 'panel', panel })))],
]

/** The window after the first frame. */
async function draw(view: View, columns: number, rows: number) {
  const { screen, ink } = openInk(
    <App
      store={createStore(view)}
      window={{ columns, rows }}
      actions={{
        ...{ onKeys() {}, onPaste() {}, onPrinted() {}, onLongText() {}, onTerminal() {} },
        onError(error) {
          throw error
        },
      }}
      coloursOf={() => palette({})}
      now={() => 0}
    />,
    columns,
    rows,
  )
  await ink.waitUntilRenderFlush()
  const written = screen.text
  ink.unmount()
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true })
  await new Promise<void>(done => terminal.write(written, done))
  const { active } = terminal.buffer
  return {
    scrolled: active.baseY,
    lines: Array.from({ length: rows }, (_, at) => active.getLine(at)),
  }
}

describe.each([
  [20, 8],
  [20, 24],
  [40, 12],
  [80, 24],
])('in a window of %i columns and %i rows', (columns, rows) => {
  test.each(views)(
    '%s: the live region is lower, no row is wrapped, and the status line is there',
    async (_, view) => {
      const { scrolled, lines } = await draw(view, columns, rows)
      const text = lines.map(each => each?.translateToString(true) ?? '')
      expect(scrolled).toBe(0)
      expect(lines.some(each => each?.isWrapped)).toBe(false)
      const last = text.findLastIndex(row => row.trim() !== '')
      expect(last).toBeLessThan(rows - 1)
      if (view.busy) expect(text[last]).toMatch(/thinking|Esc|…|waiting for you/)
      else if (view.panels.length === 0) expect(text[last]).toMatch(/practice|店/)
    },
  )
})
