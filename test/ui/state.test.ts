import { describe, expect, test } from 'vitest'
import { HostError } from '../../src/errors.ts'
import { clean } from '../../src/text.ts'
import { unfold } from '../../src/ui/folded.ts'
import { createPermission } from '../../src/ui/panels/permission-state.ts'
import { type Action, newView, reduce, type View } from '../../src/ui/state.ts'
import { liveRows } from '../../src/ui/tools.ts'
import { plain } from '../../src/ui/transcript/line.ts'

const start = newView({ model: 'demo', folder: '~/shop', prompts: [] })
const seen = (...actions: Action[]) => actions.reduce((view, action) => reduce(view, action, 5000), start)
const printed = (view: View) => view.ready.flatMap(block => block.lines.map(plain))
const tool = (id: string, more: object = {}) =>
  ({
    type: 'tool-start',
    id,
    name: clean('list'),
    server: clean('linear'),
    summary: clean('a=1'),
    ...more,
  }) as const
const ask = { id: 'p', kind: 'command', title: clean('Run a command?'), body: 'ls', names: [] } as const
const panel = (key: number) =>
  ({ type: 'panel', panel: { key, kind: 'permission', state: createPermission(ask) } }) as const

describe('tool rows', () => {
  const end = (text: string, how: 'ok' | 'failed' | 'denied' | 'cancelled' = 'ok') =>
    printed(seen(tool('t'), { type: 'tool-end', id: 't', end: how, text })).slice(1)

  test.each([
    ['ok', '', ['● linear · list  a=1']],
    ['failed', 'no such issue', ['✗ linear · list  a=1  failed', '  no such issue']],
    ['denied', 'refused', ['○ linear · list  a=1  denied']],
    ['cancelled', '', ['○ linear · list  a=1  cancelled']],
  ] as const)('%s', (how, text, lines) => expect(end(text, how)).toEqual(lines))

  test('a long output is shortened', () => {
    const output = Array.from({ length: 28 }, (_, at) => `line ${at}`).join('\n')
    expect(end(output).slice(1)).toEqual([
      '  line 0',
      '  line 1',
      '  line 2',
      '  line 3',
      '  line 4',
      '  … 23 more lines (Ctrl+O)',
    ])
    expect(end('x'.repeat(1 << 20))[1]).toHaveLength(203)
  })
  test('six lines are not shortened to five and a note', () =>
    expect(end('1\n2\n3\n4\n5\n6')).toHaveLength(7))
  test('hostile output', () => expect(end('a\u001b]52;c;x\u0007\u001b[2Jb\rc')[1]).toBe('  abc'))
  test('time is told when there was some', () => {
    const view = reduce(reduce(start, tool('t'), 0), { type: 'tool-end', id: 't', end: 'ok', text: '' }, 400)
    expect(printed(view)[1]).toBe('● linear · list  a=1  0.4s')
  })
  test('as whom, where the server has several accounts: the one that signed in last, also while the call ran', () => {
    const as = (account?: string) =>
      ({
        type: 'account',
        server: 'linear',
        account: account === undefined ? account : clean(account),
      }) as const
    const done = { type: 'tool-end', id: 't', end: 'ok', text: '' } as const
    const rows = (...actions: Action[]) => printed(seen(...actions)).slice(1)
    expect(rows(as('ada@x.example'), tool('t'), done)).toEqual(['● linear · list  a=1  as ada@x.example'])
    expect(rows(as('ada'), tool('t'), as('bob'), done)).toEqual(['● linear · list  a=1  as bob'])
    expect(rows(as('ada@x.example'), as(), tool('t'), done)).toEqual(['● linear · list  a=1'])
    expect(rows(as('ada'), tool('t', { server: clean('toString') }), done)).toEqual([
      '● toString · list  a=1',
    ])
    expect(rows(as('ada'), tool('t', { server: undefined }), done)).toEqual(['● list  a=1'])
  })
  test('the end of an unknown call is nothing', () => {
    expect(seen({ type: 'tool-end', id: 'x', end: 'ok', text: 'y' })).toEqual(start)
  })
})

describe('sub-agents', () => {
  const inner = (id: string, agent: string) => tool(id, { agent, server: undefined, name: clean('grep') })
  const end = (id: string, text = '', how: 'ok' | 'failed' = 'ok') =>
    ({ type: 'tool-end', id, end: how, text }) as const
  const started = [
    tool('t'),
    { type: 'agent', id: 'A', call: 't' },
    inner('x', 'A'),
    inner('y', 'A'),
  ] as const

  test('their calls are drawn below the call that started them', () => {
    expect(liveRows(seen(...started, tool('u')), 5000, 60).map(plain)).toEqual([
      '○ linear · list  a=1',
      '  ○ ↳ grep  a=1',
      '  ○ ↳ grep  a=1',
      '○ linear · list  a=1',
    ])
  })
  test('and printed with it, with what failed', () => {
    const view = seen(...started, end('x', 'found'), end('y', 'no such file\nat all', 'failed'))
    expect(printed(view)).toEqual([])
    expect(printed(reduce(view, end('t', 'all done'), 5000)).slice(1)).toEqual([
      '● linear · list  a=1',
      '  ● ↳ grep  a=1',
      '  ✗ ↳ grep  a=1  failed',
      '    no such file',
      '  all done',
    ])
  })
  test('agents of agents', () => {
    const deeper = [{ type: 'agent', id: 'B', call: 'x' }, inner('z', 'B')] as const
    const view = seen(...started, ...deeper, end('z'), end('x'), end('y'), end('t'))
    expect(printed(view).slice(1)).toEqual([
      '● linear · list  a=1',
      '  ● ↳ grep  a=1',
      '    ● ↳ grep  a=1',
      '  ● ↳ grep  a=1',
    ])
  })
  test('an interruption cuts all of them off, each once', () => {
    const view = seen(...started, end('x'), { type: 'interrupted' })
    expect(printed(view).slice(1)).toEqual([
      '○ linear · list  a=1  cancelled',
      '  ● ↳ grep  a=1',
      '  ○ ↳ grep  a=1  cancelled',
      '',
      '○ interrupted',
    ])
  })
  test('so does the end of the call that started them, if it was cut off itself', () => {
    const cut = { type: 'tool-end', id: 't', end: 'cancelled', text: '' } as const
    const view = seen(...started, end('x'), cut, { ...cut, id: 'y' })
    expect(printed(view).slice(1)).toEqual([
      '○ linear · list  a=1  cancelled',
      '  ● ↳ grep  a=1',
      '  ○ ↳ grep  a=1  cancelled',
    ])
  })
  test('an agent is forgotten with its call, and not kept where nothing has called it', () => {
    expect(seen(...started, end('x'), end('y'), end('t')).agents).toEqual(new Map())
    expect(seen({ type: 'agent', id: 'A', call: 'never' }).agents).toEqual(new Map())
  })
  test('one that goes on behind its call prints its calls as they end', () => {
    const view = seen(...started, end('t'), end('x'))
    expect(printed(view).slice(1)).toEqual(['● linear · list  a=1', '● ↳ grep  a=1'])
  })
  test('one that goes on behind its call has a row of its own until it is over', () => {
    const agent = { type: 'agent', id: 'A', call: 't', name: clean('helper'), background: true } as const
    const view = seen(tool('t'), agent, inner('x', 'A'), end('t', 'started'), inner('y', 'A'), end('x'))
    expect(printed(view).slice(1)).toEqual(['● linear · list  a=1', '  started'])
    expect(liveRows(view, 5000, 60).map(plain)).toEqual(['○ helper  in the background', '  ○ ↳ grep  a=1'])
    const over = [end('y'), { type: 'agent-end', id: 'A', end: 'failed', text: 'no model' }] as const
    const ended = over.reduce((next, action) => reduce(next, action, 8000), view)
    expect(printed(ended).slice(3)).toEqual([
      '✗ helper  in the background  failed  3.0s',
      '  ● ↳ grep  a=1',
      '  ● ↳ grep  a=1  3.0s',
      '  no model',
    ])
    expect(ended.tools).toEqual([])
    const late = reduce(reduce(ended, agent, 9000), { type: 'idle', aborted: false }, 9000)
    expect(printed(late).slice(7)).toEqual(['○ helper  in the background  cancelled'])
  })
  test('one that its call waits for has no row besides, and its end says nothing more', () => {
    const over = { type: 'agent-end', id: 'A', end: 'ok', text: '' } as const
    expect(printed(seen(...started, end('x'), end('y'), over, end('t'))).slice(1)).toEqual([
      '● linear · list  a=1',
      '  ● ↳ grep  a=1',
      '  ● ↳ grep  a=1',
    ])
    expect(seen(over)).toMatchObject({ tools: [], ready: [] })
  })
  test('thousands of calls, and an agent that claims its own call', () => {
    const many = Array.from({ length: 2000 }, (_, at) => [inner(`n${at}`, 'A'), end(`n${at}`)]).flat()
    expect(printed(seen(...started, ...many, end('t'))).length).toBeLessThan(210)
    const round = seen(...started, { type: 'agent', id: 'B', call: 'x' }, inner('t', 'B'), {
      type: 'interrupted',
    })
    expect(round.tools).toEqual([])
    const own = seen(inner('x', 'A'), { type: 'agent', id: 'A', call: 'x' })
    expect(liveRows(own, 5000, 60)).toHaveLength(1)
    expect(printed(reduce(own, end('x'), 5000))).toHaveLength(2)
  })
})

describe('what is folded', () => {
  const long = Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n')
  const run = (id: string, text: string) => [tool(id), { type: 'tool-end', id, end: 'ok', text }] as const
  const all = (view: View) => printed(view).filter(text => text.startsWith('○ all of'))

  test('is printed as a whole by the key: the newest first, then what was before it', () => {
    const view = seen(...run('a', `${long}\nfirst`), ...run('b', `${long}\nsecond`))
    const once = unfold(view)
    expect(printed(once).slice(-2)).toEqual(['  line 29', '  second'])
    expect(printed(unfold(once)).at(-1)).toBe('  first')
    expect(all(unfold(unfold(unfold(once))))).toHaveLength(2)
  })
  test('is no more than is needed, and not what was shown', () => {
    expect(seen(...run('a', 'short')).folded).toEqual([])
    expect(seen(...Array.from({ length: 30 }, (_, at) => run(`${at}`, long)).flat()).folded).toHaveLength(10)
    const huge = seen(...run('a', 'x\n'.repeat(1 << 20))).folded[0]
    expect(huge?.text.length).toBeLessThan(300_000)
    expect(huge?.text).toMatch(/\(the rest is not kept\)$/)
  })
  test.each(['sent', 'user'] as const)('a long message is folded too: %s', type => {
    const said = (text: string) => seen(...run('a', `${long}\nfirst`), { type, messageId: '1', text })
    const view = said(`see\u001b[2J this:\n${long}\n  the end\n`)
    expect(printed(view).slice(-2)).toEqual(['  line 18', '  … 12 more lines (Ctrl+O)'])
    const once = unfold(view)
    expect(printed(once).slice(-33, -30)).toEqual(['○ all of your message:', '  see this:', '  line 0'])
    expect(printed(once).at(-1)).toBe('    the end')
    expect(printed(unfold(once)).at(-1)).toBe('  first')
    // One that is there as a whole leaves the key to what was folded before it.
    expect(said('x\n'.repeat(21)).folded).toHaveLength(1)
    const huge = said('\u{1f600}\n'.repeat(1 << 19)).folded[1]?.text ?? ''
    expect(huge.length).toBeLessThan(300_000)
    expect(huge).toMatch(/\(the rest is not kept\)$/)
    expect(huge).not.toContain('\ufffd')
  })
  test('what the past shows in part counts as folded last: it is printed below what was there', () => {
    const before = seen(...Array.from({ length: 10 }, (_, at) => run(`${at}`, `${long}\nhere ${at}`)).flat())
    const { folded } = seen(...run('a', `${long}\nolder`), ...run('b', `${long}\nnewer`))
    const view = reduce(before, { type: 'history', last: 'tool', folded, prompts: [] }, 5000)
    expect(view.folded).toHaveLength(10)
    const second = unfold(unfold(view))
    expect(printed(unfold(view)).at(-1)).toBe('  newer')
    expect(printed(second).at(-1)).toBe('  older')
    expect(printed(unfold(second)).at(-1)).toBe('  here 9')
  })
  test('a diff is shown longer, in colour', () => {
    const diff = `diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,40 @@\n${'+new\n'.repeat(40)}`
    const view = seen(...run('a', diff))
    expect(printed(view).filter(text => text === '  +new')).toHaveLength(27)
    const styles = view.ready
      .flatMap(block => block.lines)
      .flatMap(spans => spans.flatMap(span => span.styles ?? []))
    expect(styles.filter(style => style === 'good').length).toBeGreaterThan(27)
    expect(printed(unfold(view)).filter(text => text === '  +new')).toHaveLength(67)
  })
})

test('a list of ours is wrapped beside its left column, or below it; a diff is as it was', () => {
  const shown = (columns: number, text: string) =>
    printed(reduce({ ...start, columns }, { type: 'text', text }, 0)).slice(1)
  const row = '/login    sign in again: to a server, or to all'
  expect(shown(60, row)).toEqual([row])
  expect(shown(32, row)).toEqual(['/login    sign in again: to a', '          server, or to all'])
  expect(shown(19, row)).toEqual(['/login', '    sign in again:', '    to a server,', '    or to all'])
  expect(shown(19, '          sign in again')).toEqual(['    sign in again'])
  const diff = '@@ -1 +1 @@\n-one two three four five six\n+two'
  expect(shown(19, diff)).toEqual(diff.split('\n'))
})

test('notices, prompts and tool rows are wrapped at words in a narrow window', () => {
  const narrow = (...actions: Action[]) =>
    printed(actions.reduce((view, action) => reduce(view, action, 0), { ...start, columns: 30 }))
  expect(narrow({ type: 'line', level: 'done', text: 'signed in to billing as you@example.com' })).toEqual([
    '',
    '✓ signed in to billing as',
    '  you@example.com',
  ])
  expect(
    narrow({
      type: 'sent',
      text: 'a question that is longer than the window\n    code that is longer than the window',
    }),
  ).toEqual([
    '',
    '› a question that is longer',
    '  than the window',
    '      code that is longer than the window',
  ])
  const [, ...row] = narrow(tool('t', { summary: clean('path=src/cart/total.ts') }), {
    type: 'tool-end',
    id: 't',
    end: 'ok',
    text: '',
  })
  expect(row).toEqual(['● linear · list', '    path=src/cart/total.ts'])
})

test('rows of one kind stand together, others apart', () => {
  const view = seen(
    { type: 'sent', text: 'one\ntwo' },
    tool('a'),
    tool('b'),
    { type: 'tool-end', id: 'a', end: 'ok', text: '' },
    { type: 'tool-end', id: 'b', end: 'ok', text: '' },
    { type: 'line', level: 'done', text: 'signed in' },
    { type: 'line', level: 'error', text: 'oh\nno' },
  )
  expect(printed(view)).toEqual([
    '',
    '› one',
    '  two',
    '',
    '● linear · list  a=1',
    '● linear · list  a=1',
    '',
    '✓ signed in',
    '✗ oh no',
  ])
})

test('the end of the runtime ends everything', () => {
  const view = seen({ type: 'sent', text: 'x' }, tool('t'), {
    type: 'stopped',
    error: new HostError('runtime-died', 'SIGKILL'),
  })
  expect(view).toMatchObject({ busy: false, tools: [] })
  expect(printed(view).slice(3)).toEqual([
    '○ linear · list  a=1  cancelled',
    '',
    '✗ the Copilot runtime stopped (SIGKILL)',
    '○ Enter starts it again and goes on with this session; Ctrl+C twice leaves',
  ])
})

test('a server that fails is told once', () => {
  const failed = {
    type: 'server',
    name: clean('billing'),
    status: 'failed',
    error: clean('refused'),
  } as const
  expect(printed(seen(failed, failed))).toEqual([
    '',
    '! billing is not available: refused; /mcp reload tries again',
  ])
})

test('text that comes back stands in front of what is being written', () => {
  const view = seen({ type: 'draft', text: 'second' }, { type: 'draft', text: 'first' })
  expect(view.editor.text).toBe('first\nsecond')
})

test('each panel that comes to the front has a guard of its own', () => {
  const two = seen(panel(1), panel(2))
  expect(two.guard).toEqual({ quietSince: 5000, open: false })
  const quiet = reduce(two, { type: 'quiet' }, 6000)
  expect(reduce(quiet, { type: 'panel-gone', key: 2 }, 7000).guard).toBe(quiet.guard)
  expect(reduce(quiet, { type: 'panel-gone', key: 1 }, 7000).guard).toEqual({ quietSince: 7000, open: false })
  expect(seen(panel(1), { type: 'panel-gone', key: 1 }).guard).toBeUndefined()
})

test('panels are counted from the first of a row to its last, and anew when none is open', () => {
  const gone = (key: number) => ({ type: 'panel-gone', key }) as const
  expect(seen(panel(1), panel(2), panel(3), gone(1)).answered).toBe(1)
  expect(seen(panel(1), panel(2), gone(2), gone(7)).answered).toBe(1)
  expect(seen(panel(1), panel(2), gone(1), gone(2)).answered).toBe(0)
})

test('much text is released a little at a time, in order, and dropped when it is printed', () => {
  const lines = Array.from({ length: 5000 }, (_, at) => [{ text: `line ${at} ${'x'.repeat(at % 100)}` }])
  let view = seen({ type: 'stream', id: 'a', lines, tail: [] })
  const out: string[] = []
  let rounds = 0
  while (view.ready.length > 0) {
    view = reduce(view, { type: 'release' }, 0)
    out.push(...view.done.flatMap(block => block.lines.map(plain)))
    view = reduce(view, { type: 'printed', count: view.done.length }, 0)
    rounds += 1
  }
  expect(rounds).toBeGreaterThan(5)
  expect(view.drops).toBe(rounds)
  expect(out.slice(1)).toEqual(lines.map(plain))
})
