import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'

let stage: Stage
afterEach(() => stage.close())

test('COPILOT_HOST_TRACE=1 tells when the milestones of a start were reached, on stderr, behind everything else', async () => {
  stage = await openStage()
  const env = { COPILOT_HOST_TRACE: '1' }
  const { code, stdout, stderr } = await stage.run(['chat', '-p', 'SAY hello'], { env })
  expect([code, stdout]).toEqual([0, 'hello\n'])
  const rows = stderr
    .trimEnd()
    .split('\n')
    .map(row => /^ *(\d+\.\d) ms {2}\+ *(\d+\.\d) {2}(.+)$/.exec(row) ?? [])
  expect(rows.map(([, , , milestone]) => milestone)).toEqual([
    ...['program loaded', 'settings read', 'runtime started', 'runtime answers', 'session there'],
    ...['turn begun', 'first token'],
  ])
  const times = rows.map(([, time]) => Number(time))
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  expect(times[0]).toBeGreaterThan(0)

  const off = await stage.run(['chat', '-p', 'SAY hello'], { env: { COPILOT_HOST_TRACE: '0' } })
  expect(off.stderr).toBe('')
})

test('and when the first server asked for a token, was given one and was there', async () => {
  stage = await openStage()
  const { url } = stage.world.mcp
  const signedIn = await stage.run(['auth', 'login', url, '--sign-in', 'browser'], {
    env: { BROWSER: stage.browser() },
  })
  expect(signedIn.code).toBe(0)
  const { stderr } = await stage.run(['chat', '--mcp', `notes=${url}`, '-p', 'SAY hello'], {
    env: { COPILOT_HOST_TRACE: '1' },
  })
  const milestones = [...stderr.matchAll(/\.\d {2}(.+)$/gm)].map(([, milestone]) => milestone)
  expect(milestones.slice(4, 8)).toEqual([
    ...['session there', 'token asked for', 'token given', 'server connected'],
  ])
})
