import { describe, expect, test } from 'vitest'
import { createEditor, type Editor, edit, paste, prepend } from '../../../src/ui/composer/editor.ts'
import type { Key, NamedKey } from '../../../src/ui/keys.ts'

const past = createEditor(['fix the login', 'Write tests', 'run the tests', 'say hello'], 'draft')

const press = (editor: Editor, ...keys: Key[]) => keys.reduce((now, key) => edit(now, key, 20).editor, editor)
const letters = (text: string): Key[] => text.split('').map(text => ({ name: 'char', text }))
const ctrl = (letter: string): Key => ({ name: 'ctrl', letter })
const key = (name: Exclude<NamedKey, 'enter'>): Key => ({ name })
const enter: Key = { name: 'enter' }

describe('Ctrl+R', () => {
  test('finds the newest prompt with the query while it is typed', () => {
    const found = press(past, ctrl('r'), ...letters('te'))
    expect(found).toMatchObject({
      text: 'run the tests',
      caret: 'run the '.length,
      search: { query: 'te', failed: false },
    })
    expect(press(found, ...letters('xx'))).toMatchObject({
      text: 'draft',
      search: { query: 'texx', failed: true },
    })
    expect(press(found, ...letters('xx'), key('backspace'), key('backspace')).text).toBe('run the tests')
  })

  test('again goes to older ones, Ctrl+S back; the last match stays', () => {
    const found = press(past, ctrl('r'), ...letters('tests'))
    const older = press(found, ctrl('r'))
    expect(older.text).toBe('Write tests')
    expect(press(older, ctrl('r'))).toMatchObject({ text: 'Write tests', search: { failed: true } })
    expect(press(older, key('up')).text).toBe('Write tests')
    expect(press(older, ctrl('s')).text).toBe('run the tests')
    expect(press(older, key('down')).text).toBe('run the tests')
  })

  test('capitals count only where some are typed', () => {
    expect(press(past, ctrl('r'), ...letters('write')).text).toBe('Write tests')
    expect(press(past, ctrl('r'), ...letters('W')).text).toBe('Write tests')
    expect(press(past, ctrl('r'), ...letters('RUN')).search?.failed).toBe(true)
  })

  test('Enter and Tab take it and send nothing; undo goes back to the draft', () => {
    for (const take of [enter, key('tab')]) {
      const turn = edit(press(past, ctrl('r'), ...letters('fix')), take)
      expect(turn.submit).toBeUndefined()
      expect(turn.editor).toMatchObject({ text: 'fix the login', search: undefined })
      expect(press(turn.editor, ctrl('_')).text).toBe('draft')
    }
  })

  test('Esc and Ctrl+G go back', () => {
    expect(press(past, ctrl('r'), ...letters('fix'), key('escape'))).toBe(past)
    expect(press(past, ctrl('r'), ...letters('fix'), ctrl('g'))).toBe(past)
    expect(press(past, ctrl('r'), enter)).toBe(past)
  })

  test('text given back meanwhile goes in front of the draft, and ends the search', () => {
    const given = prepend(press(past, ctrl('r'), ...letters('fix')), 'given')
    expect(given.text).toBe(`given\n${past.text}`)
    expect(given.search).toBeUndefined()
    expect(press(given, key('escape')).text).toBe(given.text)
  })

  test('any other key takes it and does its work', () => {
    expect(press(past, ctrl('r'), ...letters('fix'), ctrl('e'), ...letters('!')).text).toBe('fix the login!')
  })

  test('a paste is searched for, its first line', () => {
    const pasted = paste(press(past, ctrl('r')), 'tests\nmore')
    expect(pasted).toMatchObject({ text: 'run the tests', search: { query: 'tests' } })
  })

  test('without a past it means nothing', () => {
    const empty = createEditor([], 'a')
    expect(press(empty, ctrl('r'))).toBe(empty)
  })
})
