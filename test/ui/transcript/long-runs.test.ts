import { describe, expect, test } from 'vitest'
import { maskSecrets } from '../../../src/mask.ts'
import { clean, cleanBlock } from '../../../src/text.ts'
import { createEditor, edit, paste } from '../../../src/ui/composer/editor.ts'
import { around } from '../../../src/ui/composer/layout.ts'
import { judgeText } from '../../../src/ui/panels/ask-entry.ts'
import { openReply as openPlainReply } from '../../../src/ui/plain/reply.ts'
import { promptBlock, shellBlock, toolBlock } from '../../../src/ui/transcript/blocks.ts'
import { hasCode } from '../../../src/ui/transcript/code.ts'
import { line, plain, wrap } from '../../../src/ui/transcript/line.ts'
import { listed } from '../../../src/ui/transcript/listed.ts'
import { openReply } from '../../../src/ui/transcript/reply.ts'
import { readAll, sheetOf, shown } from './sheet.ts'

const SIZE = 100_000
/** Many times what any of them takes on a busy machine, and less than the square of it: the slow ones took 5 s and more. */
const SLOW = 3000

const run = (unit: string) => unit.repeat(Math.ceil(SIZE / unit.length))

/** What patterns and loops that look again from each place stumble over. */
const HOSTILE: Readonly<Record<string, string>> = {
  'images that begin': `base64,${run('![')}`,
  'brackets that open': `base64,${run('[')}`,
  'spaces at the end': `${'word '.repeat(30)}${run(' ')}`,
  'spaces in a line': `x${run(' ')}x`,
  'a heading of spaces': `# x${run(' ')}#x`,
  'a fence that is none': `${run('~')}\``,
  'ticks that are no fence': `${run('`')}x`,
  'empty lines': `${run('\n')}x`,
  'Chinese brackets that open': `語${run('（')}x`,
  'stars in a row of a table': `| a | b |\n|---|---|\n| x${run('*')}x x${run('*')}x | y |`,
  'brackets in a row of a table': `| a | b |\n|---|---|\n| ${run('[')} | y |`,
  'lines of one letter': run('a\n'),
  'lines of a quote': run('> a\n'),
  'a rule that is none': `${run('- ')}x`,
  'links that begin': run('[a]('),
  'data that begins': run('data:image/png;base64,'),
  'a hunk that is none': run('@@ -1 +1 @'),
  'marks over a letter': `e${run('\u0301')}`,
  'sequences that begin': run('\u001b['),
  'names in names': run('https://a:'),
  'a number that is none': `${run('1')}x`,
  'a secret without end': `token${run(' ')}x`,
}

function inDeltas(text: string, reply: { push(delta: string): unknown; take?(): unknown; end(): unknown }) {
  for (let at = 0; at < text.length; at += 2000) {
    reply.push(text.slice(at, at + 2000))
    reply.take?.()
  }
  reply.end()
}

const tool = { id: '1', name: 'read', summary: '', startedAt: 0 }

/** All that meets foreign text, or what a person pastes. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'a reply': text => openReply('1', sheetOf()).end(text),
  'a reply in deltas': text => inDeltas(text, openReply('1', sheetOf())),
  'a reply that was streamed otherwise': text => {
    const reply = openReply('1', sheetOf())
    reply.push(text)
    reply.take()
    reply.end(text.replaceAll('\n', 'x\n').replace('a', 'b'))
  },
  'a quote': text => readAll(`> ${text}`),
  'a heading': text => readAll(`# ${text}`),
  'a cell': text => readAll(`| a | b |\n|---|---|\n| ${text.replaceAll('\n', ' ')} | y |`),
  code: text => readAll(`\`\`\`ts\n${text}`),
  'a reply in plain lines': text => openPlainReply('1').end(text),
  'plain lines in deltas': text => inDeltas(text, openPlainReply('1')),
  'the output of a tool': text => toolBlock(tool, 'ok', text, 0, 80),
  'a diff': text => toolBlock(tool, 'ok', `@@ -1 +1 @@\n${text}`, 0, 80),
  'a prompt': text => promptBlock(text, 80),
  'the output of a command': text => shellBlock(tool, { code: 0, text, left: 0 }, 0, 80),
  'a list': text => listed(text, 80),
  'a panel': text => wrap(line(text.slice(0, 20_000)), 78),
  'a session of the past': hasCode,
  'the masks and the door': text => maskSecrets(cleanBlock(text)),
  'a form': text => {
    const field = { name: 'a', title: clean('a'), required: true }
    judgeText({ ...field, type: 'number', integer: false }, text)
    for (const format of ['email', 'uri', 'date', 'date-time'] as const)
      judgeText({ ...field, type: 'text', format }, text)
  },
  'the composer': text => {
    const keys = ['left', 'word-left', 'up', 'backspace', 'end'] as const
    const draft = keys.reduce((editor, name) => edit(editor, { name }, 76).editor, createEditor([], text))
    around(paste(draft, text), 76, 20)
  },
}

describe('100,000 characters made to be slow are read in no time', () => {
  test.each(Object.entries(READERS))('%s', (_, read) => {
    const slow = Object.entries(HOSTILE).flatMap(([name, text]) => {
      const start = performance.now()
      read(text)
      const took = performance.now() - start
      return took > SLOW ? [`${name}: ${Math.round(took)} ms`] : []
    })
    expect(slow).toEqual([])
  })
})

describe('what is too much to be read as Markdown is shown as it is', () => {
  const stars = `x${'*'.repeat(4000)}x x${'*'.repeat(3000)}x`

  test('the first rows of a table', () => {
    expect(shown(`| a | b |\n|---|---|\n| ${stars} | y |`).join('')).toContain('*'.repeat(4000))
  })

  test('a row that comes later', () => {
    const rows = Array.from({ length: 12 }, (_, at) => `| ${at} | z |`).join('\n')
    const lines = shown(`| a | b |\n|---|---|\n${rows}\n| ${stars} | y |\n| 0 | z |`)
    expect(lines.slice(-2)).toEqual([`| ${stars} | y |`, expect.stringMatching(/^0 +z$/)])
  })

  test('but data in a cell is named however long it is', () => {
    const data = `data:image/png;base64,${'iVBORw0K'.repeat(2000)}`
    const rows = `| a | b |\n|---|---|\n| ![cat](${data}) | y |`
    expect(readAll(rows).map(plain).join('\n')).toMatch(/cat \(image\/png, 12 kB, not shown\) +y/)
  })
})
