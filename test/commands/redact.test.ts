import { expect, test } from 'vitest'
import { redacting } from '../../src/commands/redact.ts'

test.each([
  ['/home/ann', 'see /home/ann/notes, /home/ann: and "/home/ann"', 'see ~/notes, ~: and "~"'],
  ['/home/ann', 'in /home/ann. Then file:///home/ann/a', 'in ~. Then file://~/a'],
  ['/home/ann', '/home/anna/a /home/ann-b /home/ann.old /home/annä', undefined],
  ['/home/ann/', 'HOME=/home/ann\n/home/ann/a', 'HOME=~\n~/a'],
  ['/home/a+b (c)', '/home/a+b (c)/d', '~/d'],
  ['/', 'https://a.example/x and / and //', undefined],
  ['', 'a /home/b', undefined],
  ['home', 'home and home/a', undefined],
  ['C:\\', 'C:\\a C:', undefined],
  ['C:\\Users\\ann', 'c:\\users\\Ann\\a, C:/Users/ann/b, "C:\\\\Users\\\\ann\\\\c"', '~\\a, ~/b, "~\\\\c"'],
  ['C:\\Users\\ann', 'C:\\Users\\anna\\a', undefined],
  ['\\\\server\\homes\\ann', '\\\\server\\homes\\ann\\a', '~\\a'],
])('with the home folder %j, %j', (home, text, redacted = text) => {
  expect(redacting(home)(text)).toBe(redacted)
})
