import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))

test('a program that has nothing left to wait for, and is not done, says so and fails', async () => {
  const home = await temporaryFolder()
  // Standard input stays open, and nothing comes; and it does not hold the program, as an open handle usually does.
  const unheld = ['--import', 'data:text/javascript,process.stdin.unref()']
  const child = spawn(process.execPath, [...unheld, PROGRAM, 'login', '--with-token'], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home },
  })
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ])
  child.stdin.destroy()
  expect([code, stdout, stderr]).toEqual([
    1,
    '',
    expect.stringMatching(
      /^copilot-host failed unexpectedly: it waits for something that cannot happen [^\n]*\n$/,
    ),
  ])
})
