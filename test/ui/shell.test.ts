import { describe, expect, test } from 'vitest'
import { press } from '../../src/ui/input.ts'
import { type Action, newView, reduce, type View } from '../../src/ui/state.ts'
import { plain } from '../../src/ui/transcript/line.ts'

const start = newView({ folder: '~', prompts: [] })
const seen = (...actions: Action[]) =>
  actions.reduce<View>((view, action) => reduce(view, action, 1000), start)
const begun: Action = { type: 'shell-start', id: 's', command: 'git \u001b[2J status\nmore' }
const ended = (over: object): Action => ({ type: 'shell-end', id: 's', code: 0, text: '', left: 0, ...over })
const printed = (view: View) =>
  view.ready.flatMap(block => block.lines.map(plain)).filter(text => text !== '')

describe('a command of the person', () => {
  test('has a row while it runs, which no turn ends, and Esc stops it', () => {
    const view = seen(begun, { type: 'idle', aborted: false }, { type: 'interrupted' })
    expect(view.tools).toMatchObject([{ name: '!', summary: 'git status more', own: true }])
    expect(press(view, [{ name: 'escape' }], 0, 40).effects).toEqual([{ type: 'interrupt' }])
    expect(printed(seen(begun, { type: 'close' }))).toEqual(['○ !  git status more  cancelled'])
  })

  test.each<[string, object, string[]]>([
    ['done', { text: 'a\n\tb\n' }, ['● !  git status more', '  a', '      b']],
    ['failed', { code: 2 }, ['✗ !  git status more  exit code 2']],
    ['stopped', { code: undefined, text: 'a' }, ['○ !  git status more  stopped', '  a']],
    ['long', { text: 'z', left: 7 }, ['● !  git status more', '  … 7 lines before are left out', '  z']],
    ['hostile', { text: '\u001b[2J\u001b]0;x\u0007\u202eok\u009b1m' }, ['● !  git status more', '  ok']],
  ])('%s', (_name, over, lines) => {
    const view = seen(begun, ended(over))
    expect(view.tools).toEqual([])
    expect(printed(view).map(text => text.trimEnd())).toEqual(lines)
  })

  test('that nobody knows is nothing', () => {
    expect(seen(ended({}))).toBe(start)
  })
})
