import { expect, test } from 'vitest'
import { waitPrompt } from '../../src/commands/wait-prompt.ts'
import { HostError } from '../../src/errors.ts'
import { scriptedPrompt } from '../support/prompt.ts'
import { signInView } from '../ui/panels/view.ts'

const never = new AbortController().signal

function open(opened: Promise<void> = Promise.resolve()) {
  const remote = scriptedPrompt()
  const lines: string[] = []
  const desk = {
    signIn: (view: ReturnType<typeof signInView>) => ({ ...remote.signIn(view), id: 'A2B3C4', opened }),
  }
  const prompt = waitPrompt({ tell: line => void lines.push(`${line.level}: ${line.text}`) }, desk, {
    again: server => `copilot-host auth login ${server}`,
    now: () => 0,
  })
  return { remote, lines, dialog: prompt.signIn(signInView()) }
}

test('says once what waits and how to answer it; the answer comes from elsewhere, and one line is left', async () => {
  const { remote, lines, dialog } = open()
  const panel = await remote.panel()
  const first = dialog.choice(never)
  panel.choose({ kind: 'route', route: 'device' })
  expect(await first).toEqual({ kind: 'route', route: 'device' })
  const error = new HostError('sign-in-expired', 'the code ran out')
  dialog.show({ kind: 'trouble', route: 'device', error })
  panel.choose({ kind: 'later' })
  expect(await dialog.choice(never)).toEqual({ kind: 'later' })
  dialog.close({ kind: 'failed', error })
  expect(lines).toEqual([
    'info: Sign in to billing (billing.example.com). The server asks for a sign-in before its first use.',
    'info: Sign-in page: login.example.com, first seen. Rights: invoices.read. Kept in the system keychain. 10:00 left.',
    'info: To answer it, in any terminal on this machine: copilot-host auth answer A2B3C4',
    'warning: billing: the code ran out. copilot-host auth login billing tries again',
  ])
  expect(panel.steps).toHaveLength(1)
  expect(panel.result).toMatchObject({ kind: 'failed' })
})

test('where no desk can be opened nobody can answer: it ends at once', async () => {
  const { dialog, lines } = open(Promise.reject(new HostError('failure', 'the folder /x is a symbolic link')))
  await expect(dialog.choice(never)).rejects.toMatchObject({
    kind: 'sign-in-failed',
    message: 'it cannot be answered from another terminal: the folder /x is a symbolic link',
  })
  expect(lines).toEqual([])
})
