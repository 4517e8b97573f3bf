import { Box, renderToString } from 'ink'
import type { ReactNode } from 'react'
import { describe, expect, test } from 'vitest'
import type { WebUrl } from '../../src/auth/types.ts'
import { clean } from '../../src/text.ts'
import { MentionList } from '../../src/ui/composer/mention-list.tsx'
import { ErrorBoundary } from '../../src/ui/error-boundary.tsx'
import { Panel } from '../../src/ui/panels/panel.tsx'
import { Queued } from '../../src/ui/queued.tsx'
import { newView, type View } from '../../src/ui/state.ts'
import { statusLine } from '../../src/ui/status-line.tsx'
import { line, plain, width as widthOf } from '../../src/ui/transcript/line.ts'
import { Tail, tailRows } from '../../src/ui/transcript/tail.tsx'
import { Transcript } from '../../src/ui/transcript/transcript.tsx'
import { cells } from '../../src/ui/width.ts'
import { address } from './panels/view.ts'

function Broken(): ReactNode {
  throw new Error('broken')
}

/** The rows of a part of the live region, which is so wide. */
function frame(node: ReactNode, width = 60): string[] {
  return renderToString(
    <Box width={width} flexDirection="column">
      {node}
    </Box>,
    { columns: 200 },
  )
    .replaceAll(/\u001b\[[\d;]*m/g, '')
    .split('\n')
}
const fits = (rows: readonly string[], width: number) => {
  for (const row of rows) expect(cells(row), row).toBeLessThanOrEqual(width)
}

describe('messages that wait', () => {
  const view = { steering: ['look at b'], queued: ['and then 日本語のテスト', 'c', 'd'] }

  test('what goes into the turn first, and how many there is no room for', () => {
    expect(frame(<Queued view={view} width={60} maxRows={2} />)).toEqual([
      '› look at b  next step',
      '› and then 日本語のテスト  queued (and 2 more)',
    ])
  })
  test.each([19, 39])('%i columns', width => {
    const rows = frame(<Queued view={view} width={width} maxRows={3} />, width)
    expect(rows).toHaveLength(3)
    expect(rows[0]).toContain('› look')
    fits(rows, width)
  })
})

describe('the list of files', () => {
  const items = Array.from({ length: 20 }, (_, at) => `src/部品/ファイル-${at}.ts`)
  const list = (chosen: number, width: number, maxRows = 4) =>
    frame(
      <MentionList
        mentions={{
          files: [],
          commands: [],
          open: { kind: 'file', start: 0, query: '', items, chosen, moved: false },
        }}
        width={width}
        maxRows={maxRows}
      />,
      width,
    )
  test('the chosen one is always there', () => {
    for (const chosen of [0, 1, 7, 19]) {
      const rows = list(chosen, 60)
      expect(rows).toHaveLength(4)
      expect(rows).toContain(`❯ src/部品/ファイル-${chosen}.ts`)
    }
  })
  test.each([10, 19, 39])('%i columns: the end of a name is kept', width => {
    fits(list(3, width), width)
    expect(list(3, width).join('\n')).toContain('3.ts')
  })
})

describe('the status line', () => {
  const full: View = {
    ...newView({ model: 'a-model-with-a-name', folder: '~/作業/プロジェクト', prompts: [] }),
    ...{ busy: true, waiting: ['課金サーバー'], context: 64, later: ['notes'], unsigned: ['billing'] },
    retry: clean('the model did not answer (rate limit), trying again', 200),
  }
  test.each([4, 10, 19, 39])('%i columns', room => {
    for (const view of [full, { ...full, busy: false }, { ...full, busy: false, waiting: [] }]) {
      const row = statusLine(view, room, 0)
      expect(widthOf(row)).toBeLessThanOrEqual(room)
      expect(plain(row)).not.toBe('')
    }
  })
})

describe('the end of a reply', () => {
  const lines = [line('short'), line('漢字仮名交じり文の長い一行'), line('a word '.repeat(9))]
  test('the newest rows, none wider than there is room', () => {
    expect(frame(<Tail rows={tailRows(lines, 12, 2)} />)).toEqual(['漢字仮名交…', 'a word a wo…'])
    expect(frame(<Tail rows={tailRows([line(''), ...lines], 12, 2)} />)).toEqual(['', 'a word a wo…'])
    for (const width of [7, 19, 39]) {
      const rows = frame(<Tail rows={tailRows(lines, width, 5)} />, width)
      expect(rows.length).toBeLessThanOrEqual(5)
      fits(rows, width)
    }
    expect(frame(<Tail rows={tailRows(lines, 12, 0)} />)).toEqual([''])
  })
})

describe('finished blocks', () => {
  test('each is printed as it is, wider than the window where it is code', () => {
    const long = 'x'.repeat(300)
    const blocks = [
      { lines: [line('one'), line('')], width: 3 },
      { lines: [line(long)], width: 300 },
    ]
    const rows = renderToString(<Transcript blocks={blocks} drops={0} onPrinted={() => {}} />, {
      columns: 20,
    })
    expect(rows.split('\n').map(row => row.trimEnd())).toEqual(['one', '', long])
  })
})

test('a row of a panel is a link only where its address is visible ASCII', () => {
  const row = (link: WebUrl) => renderToString(<Panel rows={[{ rank: 1, line: line('here'), link }]} />)
  expect(row(address('https://login.example/x'))).toBe(
    '\u001b]8;;https://login.example/x\u001b\\here\u001b]8;;\u001b\\',
  )
  // However it came to be one.
  expect(row('https://a.example/\u001b[2J' as WebUrl)).toBe('here')
})

test('an error of a component takes everything away and is told once', () => {
  const told: unknown[] = []
  const rows = frame(
    <ErrorBoundary onError={error => told.push(error)}>
      <Broken />
    </ErrorBoundary>,
  )
  expect(rows).toEqual([''])
  expect(told).toEqual([new Error('broken')])
})
