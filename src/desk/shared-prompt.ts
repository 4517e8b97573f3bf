import type { Choice, Dialog, Prompt } from '../auth/types.ts'
import { hostError } from '../errors.ts'
import type { Desk } from './desk.ts'

/**
 * Asks the person at this terminal and whoever answers from another one: each choice of either side counts once, in the
 * order they come. A terminal where nobody has chosen anything is not shown what others do. Where no desk can be opened, one line says so and this terminal asks alone.
 */
export function sharedPrompt(local: Prompt, desk: Desk): Prompt {
  let told = false
  return {
    tell: line => local.tell(line),
    signIn(view) {
      const here = local.signIn(view)
      const there = desk.signIn(view)
      there.opened.catch(thrown => {
        if (told) return
        told = true
        const why = hostError(thrown, 'no socket can be opened').message
        local.tell({ level: 'info', text: `sign-ins cannot be answered from another terminal: ${why}` })
      })
      return both(here, there)
    },
  }
}

function both(here: Dialog, there: Dialog): Dialog {
  const sides = [choicesOf(here), choicesOf(there)]
  let chosenHere = false
  return {
    async choice(signal) {
      const first = await Promise.race(sides.map(next => next(signal)))
      if (first.dialog === here) chosenHere = true
      return first.take()
    },
    show(step) {
      if (chosenHere) here.show(step)
      there.show(step)
    },
    update(view) {
      for (const dialog of [here, there]) dialog.update(view)
    },
    close(result) {
      for (const dialog of [here, there]) dialog.close(result)
    },
  }
}

/** The next choice of one side, which stays the next one until it is taken: it may come while the other side is served. */
function choicesOf(dialog: Dialog): (signal: AbortSignal) => Promise<{ dialog: Dialog; take(): Choice }> {
  let asked: Promise<Choice> | undefined
  const done = () => {
    asked = undefined
  }
  return async signal => {
    if (asked === undefined) {
      asked = dialog.choice(signal)
      asked.catch(done)
    }
    const choice = await asked
    return {
      dialog,
      take() {
        done()
        return choice
      },
    }
  }
}
