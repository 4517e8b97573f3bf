import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { openRuns } from '../support/runs.ts'
import { closed } from '../support/shown.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))

// GitHub cannot be reached from a test: this stands in for the runtime, and judges the token by its text.
const RUNTIME = `
import { appendFileSync } from 'node:fs'
const note = what => appendFileSync(process.env.NOTES, JSON.stringify(what) + '\\n')
note({ argv: process.argv, env: process.env })
const user = { login: 'octocat', host: 'https://github.com' }
const results = {
  connect: () => ({ ok: true, protocolVersion: 3, version: '1.0.0' }),
  'account.login': ({ token }) => {
    if (token === 'ghx_refused') throw new Error('Request account.login failed with message: Bad credentials')
    return { storedInVault: token !== 'ghx_unstored' }
  },
  'auth.getStatus': () => ({ isAuthenticated: true, authType: 'user', ...user }),
  'account.getCurrentAuth': () => ({ authInfo: { type: 'user', ...user } }),
  'account.getAllUsers': () => [{ authInfo: { type: 'user', ...user } }],
}
let input = Buffer.alloc(0)
process.stdin.on('end', () => process.exit(0)).on('data', data => {
  input = Buffer.concat([input, data])
  for (;;) {
    const head = input.indexOf('\\r\\n\\r\\n')
    const length = Number(/Content-Length: (\\d+)/i.exec(input.subarray(0, head).toString())?.[1])
    if (head === -1 || input.length < head + 4 + length) return
    const { id, method, params } = JSON.parse(input.subarray(head + 4, head + 4 + length).toString())
    input = input.subarray(head + 4 + length)
    note({ method, params })
    let answer
    try {
      answer = { result: results[method]?.(params) ?? null }
    } catch (error) {
      answer = { error: { code: -32603, message: error.message } }
    }
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
    process.stdout.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body)
    if (method === 'runtime.shutdown') process.exit(0)
  }
})
`

/** Runs the built program in an empty home, with nothing on its PATH but node and what is put there. */
async function run(args: readonly string[], stdin: string, programs: Record<string, string> = {}) {
  const home = await temporaryFolder()
  const bin = join(home, 'my bin')
  await mkdir(bin)
  await symlink(process.execPath, join(bin, 'node'))
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  // The stand-in writes down what it is told, the token too: not among the files of the program.
  const beside = await temporaryFolder()
  const runtime = join(beside, 'runtime.mjs')
  await writeFile(runtime, RUNTIME)
  const file = join(beside, 'notes')
  await writeFile(file, '')
  const runs = openRuns()
  const ended = await runs.run([process.execPath, PROGRAM, 'login', ...args], {
    env: {
      ...{ PATH: bin, HOME: home, COPILOT_CLI_PATH: runtime, NOTES: file, GH_TOKEN: 'ghx_ambient' },
      ...{ COPILOT_PROVIDER_API_KEY: 'ghx_key', COPILOT_SDK_AUTH_TOKEN: 'ghx_sdk' },
      COPILOT_HOST_LOG: join(home, 'debug.log'),
    },
    cwd: home,
    stdin,
  })
  const secrets = stdin.match(/ghx_\w+/g) ?? []
  const scanned = await closed([], { ...runs, folders: [home], secrets })
  scanned.judge()
  return { ...ended, notes: await readFile(file, 'utf8') }
}

test('a token from standard input is stored through the runtime', async () => {
  const { code, stdout, stderr, notes } = await run(['--with-token'], '  ghx_good\r\n')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^Signed in to GitHub as octocat\./)
  expect(notes).toMatch(/"method":"account.login","params":\{[^}]*"token":"ghx_good"/)
  const [start = ''] = notes.split('\n')
  expect(start).not.toMatch(/ghx_/)
})

test('a token that could not be stored is told, with what to do, and is a failure', async () => {
  const { code, stdout, stderr } = await run(['--with-token'], 'ghx_unstored')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/octocat.*not stored.*COPILOT_GITHUB_TOKEN/)
})

test('a token that GitHub refuses is told in one line', async () => {
  const { code, stdout, stderr } = await run(['--with-token'], 'ghx_refused')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^[^\n]*Bad credentials[^\n]*\n$/)
})

test.each([
  ['', /empty/],
  [' \r\n\t', /empty/],
  ['ghx one', /not a token/],
  ['ghx_one\nghx_two', /not a token/],
  ['ghx_\u001b[2J', /not a token/],
  ['ghx_ö', /not a token/],
  ['x'.repeat(4097), /longer than 4096 bytes/],
])('%j is wrong usage, and the runtime is not even started', async (stdin, message) => {
  const { code, stdout, stderr, notes } = await run(['--with-token'], stdin)
  expect([code, stdout, notes]).toEqual([2, '', ''])
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^[^\n]+\n$/)
  expect(stderr).not.toMatch(/ghx|\u001b/)
})

test('without a token Copilot CLI signs in, on the same terminal and with the same end', async () => {
  const copilot = '#!/bin/sh\necho "copilot $*"\nread line\necho "$line" >&2\nexit 9\n'
  const { code, stdout, stderr, notes } = await run([], 'from stdin\n', { copilot })
  expect([code, stdout, stderr, notes]).toEqual([9, 'copilot login\n', 'from stdin\n', ''])
})

test('and gets what is in the environment, but no key and no token', async () => {
  const copilot =
    '#!/bin/sh\necho "$HOME $NOTES $GH_TOKEN $COPILOT_PROVIDER_API_KEY $COPILOT_SDK_AUTH_TOKEN."\n'
  const { code, stdout } = await run([], '', { copilot })
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^\/\S+ \/\S+ {3}\.\n$/)])
})

test('without Copilot CLI the exact commands are printed', async () => {
  const { code, stdout, stderr } = await run([], '')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('npm install -g @github/copilot && copilot login')
  expect(stderr).toContain('copilot-host login --with-token')
})
