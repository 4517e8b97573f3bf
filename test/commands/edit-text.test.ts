import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { editText } from '../../src/commands/edit-text.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edit-'))
  vi.stubEnv('TMPDIR', folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

const host = (env: Record<string, string>, signal = new AbortController().signal) => ({
  env: { PATH: process.env.PATH ?? '', ...env },
  platform: process.platform,
  signal,
  interrupts: () => () => {},
})

/** An editor: a Node script that gets the arguments as `args`, the file last. */
async function editor(script: string): Promise<string> {
  const file = join(folder, 'editor.cjs')
  await writeFile(
    file,
    `const fs = require('fs'); const args = process.argv.slice(2); const file = args.at(-1);${script}`,
  )
  return `${process.execPath} ${file}`
}

test('the text goes to the editor and comes back; the file is private and gone afterwards', async () => {
  const seen = join(folder, 'seen.json')
  const EDITOR = await editor(`
    const mode = path => (fs.statSync(path).mode & 0o777).toString(8)
    fs.writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ args, file, text: fs.readFileSync(file, 'utf8'),
      modes: [mode(file), mode(require('path').dirname(file))] }))
    fs.writeFileSync(file, 'new\\ntext\\n')`)
  expect(await editText('old 日本', host({ EDITOR: `${EDITOR} --wait '$(x)'`, VISUAL: ' ' }))).toEqual({
    text: 'new\ntext',
  })
  const { args, file, text, modes } = JSON.parse(await readFile(seen, 'utf8'))
  expect(args.slice(0, 2)).toEqual(['--wait', "'$(x)'"])
  expect(text).toBe('old 日本')
  expect(modes).toEqual(['600', '700'])
  await expect(stat(dirname(file))).rejects.toThrow('ENOENT')
})

test('VISUAL comes before EDITOR; an untouched text is the same text', async () => {
  const VISUAL = await editor('')
  for (const text of ['a', 'a\n', '', '\n']) {
    expect(await editText(text, host({ VISUAL, EDITOR: 'no-such-editor' }))).toEqual({ text })
  }
})

test.each([
  ['a missing program', 'no-such-editor-anywhere', /could not be started/],
  ['one that fails', `${process.execPath} -e process.exit(3) --`, /failed \(exit code 3\)/],
  ['a name that is no program', '\u001b[2J', /could not be started/],
])('%s: one line, and nothing is left', async (_what, EDITOR, problem) => {
  const edited = await editText('text', host({ EDITOR }))
  expect(edited).toEqual({ problem: expect.stringMatching(problem) })
  expect(JSON.stringify(edited)).not.toMatch(/\\u001b|\\n/)
  expect(await readdir(folder)).toEqual([])
})

test('a file that the editor took away or filled without end', async () => {
  const gone = await editText('text', host({ EDITOR: await editor('fs.unlinkSync(file)') }))
  expect(gone).toEqual({ problem: expect.stringContaining('could not be edited') })
  const huge = await editText(
    'text',
    host({ EDITOR: await editor('fs.truncateSync(file, 17 * 1024 * 1024)') }),
  )
  expect(huge).toEqual({ problem: expect.stringContaining('too large') })
})

test('the end of the program ends the editor', async () => {
  const ending = new AbortController()
  const ready = join(folder, 'ready')
  const EDITOR = await editor(`fs.writeFileSync(${JSON.stringify(ready)}, ''); setInterval(() => {}, 1000)`)
  const edited = editText('text', host({ EDITOR }, ending.signal))
  await expect
    .poll(() =>
      stat(ready).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
  ending.abort()
  expect(await edited).toMatchObject({ problem: expect.any(String) })
})
