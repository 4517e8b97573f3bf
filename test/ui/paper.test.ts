import { expect, test } from 'vitest'
import { openPaper } from '../../src/ui/paper.ts'

const BEGIN = '\u001b[?2026h'
const END = '\u001b[?2026l'

/** What of a terminal is looked at. */
function open() {
  const written: string[] = []
  const stdout = {
    columns: 80,
    write(data: string) {
      written.push(data)
      return true
    },
    size() {
      return this.columns
    },
  }
  const paper = openPaper(stdout as unknown as NodeJS.WriteStream, () => paper.write('ERASE'))
  return { paper, written, stdout }
}

test('a frame is erased first, and goes out in one piece', () => {
  const { paper, written } = open()
  for (const data of [BEGIN, 'one\n', 'two\n', END]) expect(paper.write(data)).toBe(true)
  expect(written).toEqual([`${BEGIN}ERASEone\ntwo\n${END}`])
})

test('what is written outside of frames goes out as it is', () => {
  const { paper, written } = open()
  for (const data of ['a', BEGIN, 'b', END, 'c']) paper.write(data)
  expect(written).toEqual(['a', `${BEGIN}ERASEb${END}`, 'c'])
})

test('the rest is the terminal itself', () => {
  const { paper, stdout } = open()
  expect(paper.columns).toBe(80)
  stdout.columns = 40
  expect(paper.columns).toBe(40)
  expect(Reflect.get(paper, 'size')()).toBe(40)
})
