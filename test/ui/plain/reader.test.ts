import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { HostError } from '../../../src/errors.ts'
import { openReader } from '../../../src/ui/plain/reader.ts'
import { fakeClock } from '../../support/clock.ts'

const never = new AbortController().signal

/** A reader on a stream, with what it wrote and what it took for text. */
function open(stdin = new PassThrough()) {
  const clock = fakeClock()
  const lines: string[] = []
  const texts: string[] = []
  const reader = openReader({
    ...{ stdin, clock },
    write: line => lines.push(line),
    onText: (text, when) => texts.push(`${when}: ${text}`),
  })
  /** Lets so many milliseconds pass; what is set immediately has been done afterwards. */
  const pass = async (ms: number) => {
    await turn()
    clock.advance(ms)
    await turn()
    await turn()
  }
  const type = async (...reads: (string | Buffer)[]) => {
    for (const read of reads) stdin.write(read)
    await pass(40)
  }
  return { stdin, clock, lines, texts, reader, pass, type }
}

test('a line is a text once nothing more has come for a moment; lines of one burst are one text', async () => {
  const { stdin, texts, pass, type } = open()
  stdin.write('one')
  await pass(1000)
  stdin.write(' line\n')
  await pass(39)
  expect(texts).toEqual([])
  await pass(1)
  await type('pasted\nin three\n\n', 'lines\n')
  await type('\n', '  \n')
  expect(texts).toEqual(['free: one line', 'free: pasted\nin three\n\nlines'])
})

test('an answer counts from the prompt on, which comes after half a second without a line', async () => {
  const { stdin, lines, texts, reader, pass, type } = open()
  const answer = reader.read(never, 'Choice:')
  await pass(499)
  expect(lines).toEqual([])
  stdin.write('1\n')
  await pass(499)
  expect(texts).toEqual(['early: 1'])
  expect(lines).toEqual([])
  await pass(1)
  expect(lines).toEqual(['Choice:'])
  await type('2\n')
  expect(await answer).toBe('2')
  await type('3\n')
  expect(texts).toEqual(['early: 1', 'free: 3'])
})

test('Esc and arrow keys are no answer, not even an empty one', async () => {
  const { lines, reader, pass, type } = open()
  const answer = reader.read(never, 'Choice:')
  await pass(500)
  await type('\u001b\n')
  await type('\u001b[A\n')
  expect(lines).toEqual(['Choice:', ...Array(2).fill('That key does nothing here. Ctrl+C gives no answer.')])
  await type('\n')
  expect(await answer).toBe('')
})

test('a line that lay in the buffer while the program was busy is read before the question opens', async () => {
  const { stdin, clock, lines, texts, reader, pass } = open()
  const answer = reader.read(never, 'Choice:')
  // When the program comes round again the half second is over, and then the line is read that came before.
  clock.advance(500)
  stdin.write('1\n')
  await turn()
  await turn()
  expect(lines).toEqual([])
  await pass(40)
  expect(texts).toEqual(['early: 1'])
  reader.close()
  await expect(answer).rejects.toThrow('ended')
})

test('a burst that began before the question does not answer it, however long it goes on', async () => {
  const { stdin, texts, reader, pass, type } = open()
  stdin.write('a message\n')
  await pass(20)
  const answer = reader.read(never, 'Choice:')
  await type('1\n')
  expect(texts).toEqual(['early: a message\n1'])
  await pass(500)
  await type('1\n2\n')
  expect(await answer).toBe('1\n2')
})

test('a question that is withdrawn leaves its answer without effect', async () => {
  const { stdin, texts, reader, pass, type } = open()
  const controller = new AbortController()
  const answer = reader.read(controller.signal, 'Choice:')
  await pass(500)
  stdin.write('1\n')
  await turn()
  controller.abort(new HostError('cancelled', 'over'))
  await expect(answer).rejects.toThrow('over')
  await pass(40)
  await type('2\n')
  expect(texts).toEqual(['gone: 1', 'free: 2'])
  await expect(reader.read(controller.signal, 'Choice:')).rejects.toThrow('over')
})

test('an answer to a question that is withdrawn is none to the next one, and was meant for no other', async () => {
  const { stdin, texts, reader, pass } = open()
  const controller = new AbortController()
  const answer = reader.read(controller.signal, 'Key:')
  await pass(500)
  stdin.write('secret\n')
  await turn()
  controller.abort(new HostError('cancelled', 'over'))
  await expect(answer).rejects.toThrow('over')
  reader.read(never, 'Choice:').catch(() => {})
  await pass(40)
  expect(texts).toEqual(['gone: secret'])
  reader.close()
})

test('the end of the input ends the question and gives what was begun', async () => {
  const { stdin, reader, pass } = open()
  const answer = reader.read(never, 'Choice:')
  answer.catch(() => {})
  await pass(500)
  stdin.end('half a li')
  expect(await reader.ended).toBe('half a li')
  await expect(answer).rejects.toThrow('standard input has ended')
  await expect(reader.read(never, 'Choice:')).rejects.toThrow('standard input has ended')
})

test('an error of the input is its end', async () => {
  const { stdin, reader } = open()
  stdin.destroy(new Error('EIO'))
  expect(await reader.ended).toBe('')
})

test('bad input: sequences, halves of characters, NUL, a line of more than a megabyte', async () => {
  const { lines, texts, type } = open()
  const snow = Buffer.from('☃\n')
  await type('\u001b[A\u001b[200~up\u001b]0;x\u0007\u0000\r\n', snow.subarray(0, 1), snow.subarray(1))
  await type('x'.repeat(600_000), 'x'.repeat(600_000), 'and on\n', 'next\n')
  expect(texts).toEqual(['free: up\n☃', 'free: next'])
  expect(lines).toEqual(['That line is longer than 1048576 characters. It was not taken.'])
  await type(`${'y'.repeat(1_000_000)}\n`)
  expect(texts.at(-1)).toHaveLength(1_000_006)
})

test('a reader after another one, on the same terminal, reads on', async () => {
  const first = open()
  const one = first.reader.read(never, 'One:')
  await first.pass(500)
  await first.type('1\n')
  expect(await one).toBe('1')
  first.reader.close()
  const second = open(first.stdin)
  const two = second.reader.read(never, 'Two:')
  await second.pass(500)
  await second.type('2\n')
  expect(await two).toBe('2')
})

test('a line that was begun before the question does not answer it: the question comes once more', async () => {
  const { stdin, lines, texts, reader, pass, type } = open()
  stdin.write('1')
  await turn()
  const answer = reader.read(never, 'Choice:')
  await pass(500)
  await type('\n')
  expect(texts).toEqual(['early: 1'])
  await type('2\n')
  expect(texts).toEqual(['early: 1', 'early: 2'])
  await pass(500)
  expect(lines).toEqual(['Choice:', 'Choice:'])
  await type('3\n')
  expect(await answer).toBe('3')
})

test('an input that has ended already, or is destroyed, is its end', async () => {
  const { stdin } = open()
  stdin.end()
  await turn()
  await turn()
  for (const input of [stdin, new PassThrough().destroy()]) {
    const { reader } = open(input)
    expect(await reader.ended).toBe('')
    await expect(reader.read(never, 'Choice:')).rejects.toThrow('standard input has ended')
  }
})

test('the input of the program that this one is loaded into stays as it was', async () => {
  const stdin = new PassThrough()
  const got: unknown[] = []
  stdin.on('data', chunk => got.push(chunk))
  stdin.write('before')
  await turn()
  const { reader, type } = open(stdin)
  await type('during')
  reader.close()
  stdin.write('after')
  await turn()
  expect(got).toEqual([Buffer.from('before'), Buffer.from('during'), Buffer.from('after')])
  // Whoever had not read from it before finds it paused.
  const other = open()
  other.reader.close()
  expect(other.stdin.isPaused()).toBe(true)
})
