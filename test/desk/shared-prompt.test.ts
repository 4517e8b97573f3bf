import { expect, test } from 'vitest'
import type { Choice } from '../../src/auth/types.ts'
import type { Desk } from '../../src/desk/desk.ts'
import { sharedPrompt } from '../../src/desk/shared-prompt.ts'
import { HostError } from '../../src/errors.ts'
import { type ScriptedPrompt, scriptedPrompt } from '../support/prompt.ts'
import { address, signInView } from '../ui/panels/view.ts'

const never = new AbortController().signal
const route = (name: 'browser' | 'device' | 'paste'): Choice => ({ kind: 'route', route: name })

/** A desk whose other terminal is the test. */
function deskOf(prompt: ScriptedPrompt, opened: Promise<void> = Promise.resolve()): Desk {
  return { signIn: view => ({ ...prompt.signIn(view), id: 'A2B3C4', opened }) }
}

async function open() {
  const [local, remote] = [scriptedPrompt(), scriptedPrompt()]
  const dialog = sharedPrompt(local, deskOf(remote)).signIn(signInView())
  return { dialog, here: await local.panel(), there: await remote.panel() }
}

test('the first choice of either side counts, and the one that came beside it is the next', async () => {
  const { dialog, here, there } = await open()
  const first = dialog.choice(never)
  there.choose(route('device'))
  here.choose(route('browser'))
  const taken = [await first, await dialog.choice(never)]
  expect(taken).toHaveLength(2)
  expect(taken).toEqual(expect.arrayContaining([route('device'), route('browser')]))
  const third = dialog.choice(never)
  here.choose({ kind: 'later' })
  expect(await third).toEqual({ kind: 'later' })
})

test('a choice made while nobody asks is not lost', async () => {
  const { dialog, here, there } = await open()
  const first = dialog.choice(never)
  here.choose(route('browser'))
  await first
  there.choose(route('paste'))
  there.choose({ kind: 'pasted', address: 'x' })
  expect(await dialog.choice(never)).toEqual(route('paste'))
  expect(await dialog.choice(never)).toEqual({ kind: 'pasted', address: 'x' })
})

test('withdrawn: it rejects with the reason, and can be asked again', async () => {
  const { dialog, there } = await open()
  const over = new AbortController()
  const waiting = dialog.choice(over.signal)
  over.abort(new HostError('cancelled', 'over'))
  await expect(waiting).rejects.toThrow('over')
  await new Promise(setImmediate)
  const again = dialog.choice(never)
  there.choose({ kind: 'cancel' })
  expect(await again).toEqual({ kind: 'cancel' })
})

test('steps go to the other terminal, and to this one as soon as somebody here has chosen; the end goes to both', async () => {
  const { dialog, here, there } = await open()
  const step = { kind: 'paste', url: address('https://login.example.com/') } as const
  there.choose(route('paste'))
  await dialog.choice(never)
  dialog.show(step)
  expect([here.steps, there.steps]).toEqual([[], [step]])
  here.choose(route('paste'))
  await dialog.choice(never)
  dialog.show(step)
  expect([here.steps, there.steps]).toEqual([[step], [step, step]])
  const next = signInView({ server: signInView().pageHost })
  dialog.update(next)
  expect([here.view, there.view]).toEqual([next, next])
  dialog.close({ kind: 'cancelled' })
  expect([here.result, there.result]).toEqual([{ kind: 'cancelled' }, { kind: 'cancelled' }])
})

test('a desk that cannot be opened: one line for all sign-ins, and this terminal goes on alone', async () => {
  const [local, remote] = [scriptedPrompt(), scriptedPrompt()]
  const failed = Promise.reject(new HostError('failure', 'the folder /x is a symbolic link'))
  const prompt = sharedPrompt(local, deskOf(remote, failed))
  const dialog = prompt.signIn(signInView())
  prompt.signIn(signInView({ id: '2' }))
  const here = await local.panel()
  here.choose(route('browser'))
  expect(await dialog.choice(never)).toEqual(route('browser'))
  expect(local.lines).toEqual([
    'sign-ins cannot be answered from another terminal: the folder /x is a symbolic link',
  ])
})
