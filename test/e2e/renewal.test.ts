import { expect, onTestFinished, test } from 'vitest'
import { openStage } from '../support/chat.ts'
import { some } from '../support/more.ts'

test.each(
  some(
    [
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const,
    2,
  ),
)(
  'ended by %s while a renewal is on its way: what it got is kept, and nobody is asked',
  async (signal, code) => {
    const stage = await openStage()
    onTestFinished(() => stage.close())
    const { authorizationServer: as, mcp } = stage.world
    const notes = ['--mcp', `notes=${mcp.url}`]
    const login = ['auth', 'login', 'notes', ...notes, '--sign-in', 'browser']
    expect(await stage.run(login, { env: { BROWSER: stage.browser() } })).toMatchObject({ code: 0 })

    as.expireAccessTokens()
    const held = as.holdToken('after')
    const chat = stage.open(['chat', ...notes])
    await held.arrived
    chat.kill(signal)
    held.release()
    expect(await chat.exit).toMatchObject({ code })

    const again = await stage.run(['chat', '-p', 'who am i?', ...notes, '--allow-all-tools'])
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(as.requests.filter(({ error }) => error === 'invalid_grant')).toEqual([])
    expect(as.count('token', 'authorization_code')).toBe(1)
  },
)
