import { expect, test, vi } from 'vitest'
import { createHost } from '../src/host.ts'

vi.stubGlobal('VERSION', '0.0.0')
const host = () => createHost(new AbortController().signal, new URL('..', import.meta.url), () => () => {})

test('what is to be finished is waited for, and what fails is no error', async () => {
  const { finish, finished } = host()
  const work = Promise.withResolvers<void>()
  finish(work.promise)
  finish(Promise.reject(new Error('it failed')))
  let over = false
  const waited = finished().then(() => {
    over = true
  })
  await new Promise(resolve => setImmediate(resolve))
  expect(over).toBe(false)
  work.resolve()
  await waited
})

test('what never ends holds nobody up for long', async () => {
  const { finish, finished } = host()
  finish(new Promise(() => {}))
  await finished()
})
