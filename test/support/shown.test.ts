import { globSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from './folder.ts'
import { closed, faultsIn, tells } from './shown.ts'
import { openTerminal } from './terminal.ts'

const ESC = '\u001b'
const HARMLESS = [
  'text, tabs\t, lines\r\n, 日本 👨‍👩‍👧 e\u0301, and a bell\u0007',
  `${ESC}[?2026h${ESC}[2K${ESC}[1A${ESC}[G${ESC}[0J${ESC}[?2026l`,
  `${ESC}[?25l${ESC}[?25h${ESC}[?2004h${ESC}[?2004l`,
  `${ESC}[1m${ESC}[31mred${ESC}[39m${ESC}[22m${ESC}[2;4;95mx${ESC}[0m${ESC}[m`,
  `${ESC}[22;2t${ESC}]2;title\u0007${ESC}]2;\u0007${ESC}[23;2t`,
  `${ESC}]8;;https://example.com/?a=b;c${ESC}\\link${ESC}]8;;${ESC}\\`,
  `${ESC}]9;come\u0007${ESC}]777;notify;copilot-host;come\u0007`,
  `${ESC}]52;c;YQ==\u0007${ESC}Ptmux;${ESC}${ESC}]52;c;YQ==\u0007${ESC}\\`,
]
const FORBIDDEN = [
  ...['?1049h', '?1047h', '?47h', '?1049l'],
  ...['2J', '3J', '1J', 'H', '1;1H', '5;1f', '2S', '2T', '1;10r', '!p', '5L', '5M'],
  ...['?1000h', '?1002h', '?1003h', '?1004h', '?1005h', '?1006h', '?1015h'],
  ...['?1h', '?7l', '?2031h', '>1u', '=1u', '<u', '>4;1m', '?u', '6n', 'c', '>q', '?2026$p'],
  ...['38;5;208m', '48;5;1m', '38;2;1;2;3m', '38:2::1:2:3m', '5m', '8m', '22;0t', '14t'],
].map(rest => `${ESC}[${rest}`)
const OTHERS = [
  ...[`${ESC}c`, `${ESC}7`, `${ESC}=`, `${ESC}(0`, `${ESC}M`, `${ESC}#8`],
  ...[`${ESC}]0;title\u0007`, `${ESC}]11;?\u0007`, `${ESC}]8;;javascript:x${ESC}\\`, `${ESC}]52;c;?\u0007`],
  ...[`${ESC}]1337;File=x\u0007`, `${ESC}]9;4;1;5\u0007x${ESC}]4;1;red\u0007`],
  ...[`${ESC}Pq\u0007${ESC}\\`, `${ESC}_app${ESC}\\`, `${ESC}Ptmux;${ESC}${ESC}]0;x\u0007${ESC}\\`],
  ...['\u009b2J', '\u009d0;x\u009c', '\u000e', '\u000c', '\u0000', '\u007f', '\u202e', '\u2066', '\u{e0041}'],
]

describe('what a program writes', () => {
  test.each(HARMLESS)('harmless: %j', text => {
    expect(faultsIn(text, true)).toEqual([])
  })

  test.each([...FORBIDDEN, ...OTHERS])('forbidden: %j', text => {
    expect(faultsIn(`before${text}after`, true)).not.toEqual([])
    expect(faultsIn(`before${text}after${ESC}[0m`, false)).not.toEqual([])
  })

  test.each([
    [`${ESC}[?25l`, 'the cursor is hidden at its end'],
    [`${ESC}[?25h${ESC}[?25l`, 'the cursor is hidden at its end'],
    [`${ESC}[?2004h`, 'bracketed paste is on at its end'],
    [`${ESC}[?2026h`, 'an update is open at its end'],
    [`${ESC}[22;2t${ESC}]2;x\u0007`, 'the title is not given back at its end'],
    [`${ESC}]8;;https://example.com/${ESC}\\x`, 'a link is open at its end'],
    [`${ESC}[1m${ESC}[31mx${ESC}[22m`, 'the looks 31 are on at its end'],
    [`${ESC}[2;7;94m`, 'the looks 2, 7, 94 are on at its end'],
  ])('%j: %s, unless it was killed', (text, fault) => {
    expect(faultsIn(text, true)).toEqual([fault])
    expect(faultsIn(text, false)).toEqual([])
  })

  test('what a kill has cut in the middle is no fault, at an end of its own it is one', () => {
    for (const cut of [ESC, `${ESC}[3`, `${ESC}]2;never ended`]) {
      expect(faultsIn(`text${cut}`, false)).toEqual([])
      expect(faultsIn(`text${cut}`, true)).not.toEqual([])
    }
  })
})

test('a terminal refuses to be closed after such bytes, whether its program has ended or not', async () => {
  const write = (text: string, then: string) =>
    openTerminal(process.execPath, ['-e', `process.stdout.write(${JSON.stringify(text)}); ${then}`])
  const ended = write(`${ESC}[?1049hx`, '')
  await ended.exit
  await expect(ended.close()).rejects.toThrow(String.raw`it wrote "\u001b[?1049h"`)
  const running = write(`${ESC}[3Jready`, 'setInterval(() => {}, 1000)')
  await running.until(() => running.raw().includes('ready'))
  await expect(running.close()).rejects.toThrow(String.raw`it wrote "\u001b[3J"`)
  const hidden = write(`${ESC}[?25lx`, '')
  await hidden.exit
  await expect(hidden.close()).rejects.toThrow('the cursor is hidden at its end')
  const fine = write('fine', '')
  await fine.exit
  await fine.close()
})

test('a secret is found in what was written, also across rows and looks', () => {
  const secrets = ['abcdefghijklmnop']
  expect(tells(`x abcdefgh${ESC}[31m\r\n  ijklmnop`, secrets)).toBe(true)
  expect(tells('abcdefghijklmno', secrets)).toBe(false)
  expect(tells('anything', [])).toBe(false)
})

test.each([
  ['a title', `${ESC}]2;sign-in abcdefghijklmnop\u0007`],
  ['a title that never ends', `${ESC}]2;abcdefghijklmnop`],
  ['a link', `${ESC}]8;;https://example.com/?code=abcdefghijklmnop${ESC}\\here${ESC}]8;;${ESC}\\`],
  ['a call', `${ESC}]9;abcdefghijklmnop\u0007`],
  ['another call', `${ESC}]777;notify;copilot-host;abcdefghijklmnop\u0007`],
  ['the clipboard', `${ESC}]52;c;${btoa('code: abcdefghijklmnop')}\u0007`],
  ['the clipboard through tmux', `${ESC}Ptmux;${ESC}${ESC}]52;c;${btoa('abcdefghijklmnop')}\u0007${ESC}\\`],
])('a secret is found in %s', (_where, text) => {
  expect(tells(`before${text}after`, ['abcdefghijklmnop'])).toBe(true)
  expect(tells(`before${text}after`, ['abcdefghijklmnopq'])).toBe(false)
})

test('a part of a long secret tells it; the head that all tokens have does not', () => {
  const [head, body, end] = [
    'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InAifQ',
    'abcdefghij'.repeat(9),
    'x'.repeat(86),
  ]
  const secrets = [`${head}.${body}.${end}`]
  expect(tells(`the token ${head}.${body.slice(0, 60)}…`, secrets)).toBe(true)
  expect(tells(`…${end.slice(20)}`, secrets)).toBe(true)
  expect(tells(`${head}. ${body.slice(0, 30)}`, secrets)).toBe(false)
})

test('all terminals are closed before one is judged; so is what was printed without one', async () => {
  const script = `process.stdout.write('${'\\u001b'}[?47h'); setInterval(() => {}, 1000)`
  const bad = openTerminal(process.execPath, ['-e', script])
  const good = openTerminal(process.execPath, [
    '-e',
    `console.log('abcdefghijklmnop'); setInterval(() => {}, 1000)`,
  ])
  await bad.until(() => bad.raw() !== '')
  await good.until(() => good.raw() !== '')
  const ended = await closed([bad, good], { secrets: ['abcdefghijklmnop'], printed: [`${ESC}[1mbold`] })
  await Promise.all([bad.exit, good.exit])
  expect(ended.judge).toThrow(
    /47h.*\na secret is in the command line or environment of .*\na secret was shown\nno terminal was there/,
  )
  const nothing = await closed([], { secrets: ['abcdefghijklmnop'], printed: ['text'] })
  nothing.judge()
})

test('a secret is found in a file, in an environment, in what a child is started with', async () => {
  const secrets = ['abcdefghijklmnop']
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'a', 'tokens'), { recursive: true })
  await writeFile(join(folder, 'a', 'tokens', 'tokens.json'), 'abcdefghijklmnop')
  const clean = await closed([], { secrets, folders: [folder] })
  clean.judge()
  await writeFile(join(folder, 'a', 'events.jsonl'), '{"text":"abcdefghijklmnop"}')
  const told = await closed([], { secrets, folders: [folder, '/nowhere'] })
  expect(told.judge).toThrow(/^a secret is in .*events\.jsonl$/)

  const child = `require('node:child_process').spawn('sleep', ['60'], { env: { ...process.env, KEY: 'abcdefghijkl' + 'mnop' } })`
  const parent = openTerminal(process.execPath, ['-e', `${child}; console.log('up')`])
  await parent.until(() => parent.processes().some(text => text.startsWith('sleep')))
  const ended = await closed([parent], { secrets })
  expect(ended.judge).toThrow(/^a secret is in the command line or environment of sleep 60$/)
})

/** Those that do not run through it, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  'test/bin.test.ts': 'the starter alone, with a small program in place of ours',
  'test/commands/login-signals.test.ts': 'a program of the test signs in, with no token',
  'test/e2e/drained.test.ts': 'ends before it has read anything',
  'test/e2e/guide.test.ts': 'pages, and no program',
  'test/hostile/keychain-faults.test.ts': 'the store in the process of the test',
  'test/hostile/lock.test.ts': 'the store and its lock, in programs of the test',
  'demo/demo.ts': 'a story that people play; what it does has its tests in test/e2e',
  'demo/program.ts': 'as demo/demo.ts',
  'demo/race.ts': 'as demo/demo.ts',
  'scripts/bench/clients.ts': 'measured, not judged',
}

/** Those that start it past the stage, and why. */
const PAST: Readonly<Record<string, string>> = {
  'test/e2e/drained.test.ts': 'see above',
  'test/hostile/streams.test.ts': 'what is printed is never read, and no MCP server is asked',
}

test('every end-to-end and hostile test, and all else that runs the built program, runs through this check', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const read = (file: string) => readFileSync(join(root, file), 'utf8')
  const tests = globSync('test/{e2e,hostile,long}/**/*.test.ts', { cwd: root })
  const all = globSync('{test,scripts,demo}/**/*.{ts,tsx,js}', { cwd: root })
  const running = all.filter(file => /\bbin\/copilot-host/.test(read(file)))
  const checked = /\b(open(Stage|Scene|Shop|FakeChats)|meet)\(|\bclosed\(/
  const outside = [...tests, ...running].filter(file => !checked.test(read(file)))
  expect([...new Set(outside)].toSorted()).toEqual(Object.keys(WITHOUT).toSorted())
  // A terminal or a program that is opened past the stage is judged by nobody.
  const past = tests.filter(file =>
    /(?<!keep\(\s*)\bopenTerminal\(|\b(spawn|execFile)\([^;]{0,80}PROGRAM/.test(read(file)),
  )
  expect(past.toSorted()).toEqual(Object.keys(PAST))
})
