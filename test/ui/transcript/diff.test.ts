import { expect, test } from 'vitest'
import { diffLines, isDiff, linesOf, openDiff, withoutHeaders } from '../../../src/ui/transcript/diff.ts'
import { plain } from '../../../src/ui/transcript/line.ts'

const DIFF = [
  'diff --git a/src/a.sql b/src/a.sql',
  'index 000..111 100644',
  '--- a/src/a.sql',
  '+++ b/src/a.sql',
  '@@ -1,3 +1,3 @@ table',
  ' select',
  '--- an old comment',
  '+++ 1',
  ' from',
  '\\ No newline at end of file',
  '@@ -9 +9 @@',
  '-x',
  '+y',
].join('\n')
const styles = (text: string) => diffLines(text.split('\n'), openDiff()).map(line => line[0]?.styles?.join())

test('lines by what they are; what is removed may look like a header', () => {
  expect(styles(DIFF)).toEqual([
    ...['strong', 'strong', 'strong', 'strong', 'accent'],
    ...['', 'bad', 'good', '', '', 'accent', 'bad', 'good'],
  ])
})
test('headers behind a hunk are headers again', () => {
  expect(styles('@@ -1 +1 @@\n-a\n+b\n--- a/x\n+++ b/x\n@@ -1 +1 @@').slice(3, 5)).toEqual([
    'strong',
    'strong',
  ])
})
test('text that is no diff is as it was', () => {
  for (const text of ['- a list\n+ more', '--- \nfront matter\n---', '']) {
    expect(isDiff(text)).toBe(false)
    expect(linesOf(text).map(plain).join('\n')).toBe(text)
    expect(linesOf(text).every(line => line[0]?.styles?.length === 0)).toBe(true)
  }
})
test('what only names the file again goes, a rename stays', () => {
  const named = withoutHeaders(`/src/a.sql\n${DIFF}`, '/src/a.sql').split('\n')
  expect(named.slice(0, 2)).toEqual(['/src/a.sql', '@@ -1,3 +1,3 @@ table'])
  expect(named).toContain('--- an old comment')
  const other = withoutHeaders(`/src/b.sql\n${DIFF}`, '/src/b.sql').split('\n')
  expect(other.slice(1, 3)).toEqual(['--- a/src/a.sql', '+++ b/src/a.sql'])
})
