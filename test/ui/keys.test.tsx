import { useInput, usePaste } from 'ink'
import { describe, expect, test } from 'vitest'
import { type Key, toKeys } from '../../src/ui/keys.ts'
import { waitFor } from '../support/wait-for.ts'
import { openInk } from './ink.tsx'

function Listener({ onKeys }: { onKeys: (keys: Key[]) => void }) {
  useInput((input, key) => onKeys(toKeys(input, key)))
  usePaste(text => onKeys([{ name: 'paste', text }]))
  return null
}

/** What the bytes of one read become, through Ink's real parser; all that came before a page down. */
async function typed(bytes: string): Promise<Key[]> {
  const keys: Key[] = []
  const { keyboard, screen, ink } = openInk(<Listener onKeys={read => keys.push(...read)} />)
  await waitFor(() => expect(screen.text).toContain('\u001b[?2004h'))
  keyboard.write(bytes)
  keyboard.write('\u001b[6~')
  const end = () => keys.findIndex(key => key.name === 'page-down')
  await waitFor(() => expect(end()).toBeGreaterThanOrEqual(0))
  ink.unmount()
  return keys.slice(0, end())
}

const text = (value: string): Key => ({ name: 'char', text: value })

describe('one read of a terminal', () => {
  test.each<[string, string, Key[]]>([
    ['a letter', 'a', [text('a')]],
    ['typed fast, with Enter', 'abc\r', [text('abc'), { name: 'enter' }]],
    ['two lines typed ahead are a paste', 'abc\rdef\r', [{ name: 'paste', text: 'abc\rdef\r' }]],
    ['one line end inside', 'abc\rdef', [text('abc'), { name: 'enter' }, text('def')]],
    ['CR LF is one Enter', 'abc\r\n', [text('abc'), { name: 'enter' }]],
    ['Ctrl+J', '\n', [{ name: 'newline' }]],
    ['Ctrl+J after text', 'abc\n', [text('abc'), { name: 'newline' }]],
    ['Alt+Enter', '\u001b\r', [{ name: 'newline' }]],
    ['Shift+Enter (kitty)', '\u001b[13;2u', [{ name: 'newline' }]],
    ['Enter (kitty)', '\u001b[13u', [{ name: 'enter' }]],
    ['two Esc', '\u001b\u001b', [{ name: 'escape' }, { name: 'escape' }]],
    ['Esc (kitty)', '\u001b[27u', [{ name: 'escape' }]],
    ['Alt+Esc (kitty) is one', '\u001b[27;3u', [{ name: 'escape' }]],
    ['press and release (kitty)', '\u001b[97;1:1u\u001b[97;1:3u', [text('a')]],
    [
      'arrows',
      '\u001b[A\u001b[B\u001b[C\u001b[D',
      [{ name: 'up' }, { name: 'down' }, { name: 'right' }, { name: 'left' }],
    ],
    ['Ctrl and Alt arrows', '\u001b[1;5D\u001b[1;3C', [{ name: 'word-left' }, { name: 'word-right' }]],
    [
      'Alt+b, Alt+f, Alt+d',
      '\u001bb\u001bf\u001bd',
      [{ name: 'word-left' }, { name: 'word-right' }, { name: 'delete-word' }],
    ],
    [
      'home, end, delete',
      '\u001b[H\u001b[F\u001b[3~',
      [{ name: 'home' }, { name: 'end' }, { name: 'delete' }],
    ],
    [
      'backspace, Ctrl+H, Alt+backspace',
      '\u007f\b\u001b\u007f',
      [{ name: 'backspace' }, { name: 'backspace' }, { name: 'backspace-word' }],
    ],
    ['tab', '\t', [{ name: 'tab' }]],
    ['Shift+Tab', '\u001b[Z', [{ name: 'backtab' }]],
    ['Ctrl+C', '\u0003', [{ name: 'ctrl', letter: 'c' }]],
    ['Ctrl+U and text in one read', '\u0015abc', [{ name: 'ctrl', letter: 'u' }, text('abc')]],
    ['Ctrl+A (kitty)', '\u001b[97;5u', [{ name: 'ctrl', letter: 'a' }]],
    ['Cmd+V is no text', '\u001b[118;9u', []],
    ['CJK', '日本', [text('日本')]],
    ['family emoji', '👨‍👩‍👧', [text('👨‍👩‍👧')]],
    ['bracketed paste', '\u001b[200~a\r\nb\u001b[201~', [{ name: 'paste', text: 'a\r\nb' }]],
  ])('%s', async (_name, bytes, keys) => {
    expect(await typed(bytes)).toEqual(keys)
  })

  test('a lone Esc, when nothing follows', async () => {
    const keys: Key[] = []
    const { keyboard, screen, ink } = openInk(<Listener onKeys={read => keys.push(...read)} />)
    await waitFor(() => expect(screen.text).toContain('\u001b[?2004h'))
    keyboard.write('\u001b')
    await waitFor(() => expect(keys).toEqual([{ name: 'escape' }]))
    ink.unmount()
  })
})
