import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { HostError } from '../../src/errors.ts'
import { askForTools } from '../../src/runtime/tool-lists.ts'

const REFUSED = new HostError('runtime-refused', 'notes requires authentication')
/** Nothing is ever said to such a request. */
const LOST = Symbol()

/** Asks a runtime that answers one request after the other; `later` is said only when it has been asked twice. */
async function asked(...answers: ('at once' | 'later' | HostError | typeof LOST)[]) {
  const twice = Promise.withResolvers<void>()
  let times = 0
  const answer = await askForTools(
    {
      async call(method, _params, deadline = 0) {
        const answer = answers[times]
        times += 1
        if (times === 2) twice.resolve()
        if (answer === LOST) {
          await sleep(deadline)
          throw new HostError('runtime-silent', method.name)
        }
        if (answer !== 'at once') await twice.promise
        if (answer instanceof HostError) throw answer
        return v.parse(method.result, {})
      },
      close() {},
    },
    { sessionId: 's', serverName: 'notes' },
    { deadline: 500, again: 20 },
  )
  return { answer, times }
}

test('a request that the runtime has lost is made a second time', async () => {
  expect(await asked(LOST, 'at once')).toEqual({ answer: 'told', times: 2 })
})

test('a server that answers at once is asked once', async () => {
  expect(await asked('at once')).toEqual({ answer: 'told', times: 1 })
})

test('the first answer counts, also where it comes late', async () => {
  expect(await asked('later', LOST)).toEqual({ answer: 'told', times: 2 })
  expect(await asked(REFUSED, LOST)).toEqual({ answer: 'refused', times: 2 })
})

test('one that says nothing is silent', async () => {
  expect(await asked(LOST, LOST)).toEqual({ answer: 'silent', times: 2 })
})
