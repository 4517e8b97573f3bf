import { describe, expect, test } from 'vitest'
import type { Key } from '../../../src/ui/keys.ts'
import { type Guard, guardKeys, guardPaste, newGuard } from '../../../src/ui/panels/guard.ts'

const char = (text: string): Key => ({ name: 'char', text })
const ESC: Key = { name: 'escape' }
const ENTER: Key = { name: 'enter' }

describe('before the panel has been quiet for 500 ms', () => {
  test('keys belong to the composer, Enter too', () => {
    const routed = guardKeys(newGuard(0), [char('y'), ENTER], 100, false)
    expect(routed).toMatchObject({ to: 'composer', keys: [char('y'), ENTER] })
  })

  test('Esc belongs to the panel', () => {
    expect(guardKeys(newGuard(0), [ESC], 0, false).to).toBe('panel')
    expect(guardKeys(newGuard(0), [ESC, ESC], 0, false).to).toBe('panel')
  })

  test('Esc belongs to what is open in the composer first', () => {
    const routed = guardKeys(newGuard(0), [ESC], 499, false, true)
    expect(routed.to).toBe('composer')
    expect(guardKeys(routed.guard, [ESC], 999, false, true).to).toBe('panel')
  })

  test('typing makes it wait again, pasting too', () => {
    let guard: Guard = newGuard(0)
    for (const now of [400, 800, 1200, 1699]) {
      const routed = guardKeys(guard, [char('y')], now, false)
      expect(routed.to).toBe('composer')
      guard = routed.guard
    }
    const pasted = guardPaste(guard, 2000, false)
    expect(pasted.to).toBe('composer')
    expect(guardKeys(pasted.guard, [char('y')], 2499, false).to).toBe('composer')
  })

  test('a line to type in changes nothing', () => {
    expect(guardKeys(newGuard(0), [char('y')], 499, true).to).toBe('composer')
  })
})

describe('after that', () => {
  const open = guardKeys(newGuard(0), [char('x')], 500, false).guard

  test('single keys answer, from the first one on', () => {
    expect(guardKeys(newGuard(0), [char('y')], 500, false).to).toBe('panel')
    expect(guardKeys(open, [ENTER], 501, false).to).toBe('panel')
    expect(guardKeys(open, [char('y')], 502, false).to).toBe('panel')
  })

  test.each<[string, Key[], Key[]]>([
    ['text of several letters', [char('yes')], [char('yes')]],
    ['text with Enter', [char('y'), ENTER], [char('y')]],
    ['a paste without brackets', [{ name: 'paste', text: 'y\ny\n' }], [{ name: 'paste', text: 'y\ny\n' }]],
  ])('%s in one read is no answer and sends nothing', (_name, keys, kept) => {
    expect(guardKeys(open, keys, 9000, false)).toMatchObject({ to: 'composer', keys: kept })
  })

  test('keys without text in one read are no sentence: a held arrow goes to the panel, Enter nowhere', () => {
    const down: Key = { name: 'down' }
    expect(guardKeys(open, [down, down], 9000, false)).toEqual({
      guard: open,
      to: 'panel',
      keys: [down, down],
    })
    expect(guardKeys(open, [down, ENTER], 9000, false)).toEqual({ guard: open, to: 'panel', keys: [down] })
    expect(guardKeys(open, [ENTER, ENTER], 9000, false)).toEqual({ guard: open, to: 'panel', keys: [] })
  })

  test('a paste is no answer', () => {
    expect(guardPaste(open, 9000, false).to).toBe('composer')
  })

  test('one character of several code points is one key', () => {
    expect(guardKeys(open, [char('e\u0301')], 9000, false).to).toBe('panel')
  })

  test('with a line to type in everything goes to the panel', () => {
    expect(guardKeys(open, [char('because'), ENTER], 9000, true)).toMatchObject({
      to: 'panel',
      keys: [char('because'), ENTER],
    })
    expect(guardPaste(open, 9000, true).to).toBe('panel')
  })
})
