import type { Choice, Prompt, SignInResult, SignInStep, SignInView } from '../../src/auth/types.ts'
import { waitFor } from './wait-for.ts'

/** One panel as a test sees it. */
export interface Panel {
  view: SignInView
  steps: SignInStep[]
  result?: SignInResult
  /** The person acts. */
  choose(choice: Choice): void
  /** Waits for a step of this kind (the n-th). */
  step<K extends SignInStep['kind']>(kind: K, nth?: number): Promise<Extract<SignInStep, { kind: K }>>
}

export interface ScriptedPrompt extends Prompt {
  panels: Panel[]
  lines: string[]
  /** Of each line. */
  levels: ('info' | 'warning')[]
  /** Waits for the n-th panel. */
  panel(nth?: number): Promise<Panel>
}

/** A prompt whose person is the test. `first` is what that person does at once in every panel. */
export function scriptedPrompt(first?: Choice): ScriptedPrompt {
  const panels: Panel[] = []
  const lines: string[] = []
  const levels: ('info' | 'warning')[] = []
  return {
    panels,
    lines,
    levels,
    panel: async (nth = 1) => waitFor(() => panels[nth - 1] ?? missing(`panel ${nth}`), { interval: 2 }),
    tell(line) {
      lines.push(line.text)
      levels.push(line.level)
    },
    signIn(view) {
      const choices: Choice[] = first === undefined ? [] : [first]
      let wake = () => {}
      const panel: Panel = {
        view,
        steps: [],
        choose(choice) {
          choices.push(choice)
          wake()
        },
        step: (kind, nth = 1) =>
          waitFor(() => panel.steps.filter(step => isKind(step, kind))[nth - 1] ?? missing(kind), {
            interval: 2,
          }),
      }
      panels.push(panel)
      return {
        async choice(signal) {
          while (choices.length === 0) {
            await new Promise<void>((resolve, reject) => {
              if (signal.aborted) return reject(signal.reason)
              wake = resolve
              signal.addEventListener('abort', () => reject(signal.reason), { once: true })
            })
          }
          return choices.shift() ?? { kind: 'cancel' }
        },
        show: step => panel.steps.push(step),
        update(next) {
          panel.view = next
        },
        close(result) {
          if (panel.result !== undefined) throw new Error('a panel was closed twice')
          panel.result = result
        },
      }
    },
  }
}

function isKind<K extends SignInStep['kind']>(
  step: SignInStep,
  kind: K,
): step is Extract<SignInStep, { kind: K }> {
  return step.kind === kind
}

function missing(what: string): never {
  throw new Error(`no ${what} yet`)
}
