import type { Prompt } from '../auth/types.ts'
import type { Desk } from '../desk/desk.ts'
import { HostError, hostError } from '../errors.ts'
import { introduction } from '../ui/plain/sign-in-lines.ts'
import { resultLine } from '../ui/sign-in-words.ts'

export interface WaitPromptOptions {
  /** The command that signs in to a server later on. */
  again: (server: string) => string
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Nobody is asked here (`--sign-in wait`): lines say what waits and the command that answers it from another terminal. */
export function waitPrompt(
  { tell }: Pick<Prompt, 'tell'>,
  desk: Desk,
  { again, now }: WaitPromptOptions,
): Prompt {
  const say = (text: string) => tell({ level: 'info', text })
  return {
    tell,
    signIn(first) {
      const there = desk.signIn(first)
      let view = first
      let told = false
      return {
        async choice(signal) {
          await there.opened.catch(thrown => {
            const why = hostError(thrown, 'no socket can be opened').message
            throw new HostError('sign-in-failed', `it cannot be answered from another terminal: ${why}`)
          })
          if (!told) {
            for (const line of introduction(view, now(), [])) say(line)
            say(`To answer it, in any terminal on this machine: copilot-host auth answer ${there.id}`)
          }
          told = true
          return there.choice(signal)
        },
        show: there.show,
        update(next) {
          view = next
          there.update(next)
        },
        close(result) {
          there.close(result)
          const { level, text } = resultLine(view, result, again(view.server))
          tell({ level: level === 'error' ? 'warning' : 'info', text })
        },
      }
    },
  }
}
