import type { Choice, Prompt } from '../auth/types.ts'
import { HostError } from '../errors.ts'
import type { AskAnswer, PermissionDecision } from '../runtime/types.ts'
import { createAsk } from './panels/ask-state.ts'
import { createPermission } from './panels/permission-state.ts'
import { createSignIn, type SignInState, signInStep, signInUpdate } from './panels/sign-in-state.ts'
import { allowedLine } from './permission-words.ts'
import { resultLine } from './sign-in-words.ts'
import type { Action, Panel, View } from './state.ts'
import type { Chat } from './types.ts'

/** The open questions of a screen: what the person answers in a panel reaches the promise that waits for it. */
export interface Questions {
  signIn: Prompt['signIn']
  askPermission: Chat['askPermission']
  ask: Chat['ask']
  choose(panel: number, choice: Choice): void
  /** Answers every open sign-in with Esc. */
  cancelSignIns(): void
  decide(panel: number, decision: PermissionDecision): void
  answer(panel: number, answer: AskAnswer): void
  /** Rejects what is still waiting. */
  close(): void
}

interface Waiter<T> {
  resolve(answer: T): void
  reject(reason: unknown): void
}

type Waiters<T> = Map<number, Waiter<T>>

export function openQuestions(dispatch: (action: Action) => void, view: () => View): Questions {
  const choices = new Map<number, { early: Choice[]; waiter?: Waiter<Choice> }>()
  const decisions: Waiters<PermissionDecision> = new Map()
  const answers: Waiters<AskAnswer> = new Map()
  const over = new HostError('cancelled', 'the chat is closed')
  let last = 0

  /** Shows a panel until it is answered, or the question is withdrawn. */
  function put<T>(waiters: Waiters<T>, panel: (key: number) => Panel, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      last += 1
      const key = last
      const settled = () => {
        signal.removeEventListener('abort', withdraw)
        waiters.delete(key)
        dispatch({ type: 'panel-gone', key })
      }
      const withdraw = () => {
        settled()
        reject(signal.reason)
      }
      signal.addEventListener('abort', withdraw, { once: true })
      waiters.set(key, {
        resolve: answer => {
          settled()
          resolve(answer)
        },
        reject: reason => {
          settled()
          reject(reason)
        },
      })
      dispatch({ type: 'panel', panel: panel(key) })
    })
  }

  function choose(panel: number, choice: Choice): void {
    const pending = choices.get(panel)
    if (pending?.waiter) pending.waiter.resolve(choice)
    else pending?.early.push(choice)
  }

  return {
    signIn(first) {
      last += 1
      const key = last
      let about = first
      const change = (next: (state: SignInState) => SignInState) => {
        const panel = view().panels.find(panel => panel.key === key)
        if (panel?.kind !== 'sign-in') return
        dispatch({ type: 'panel-state', panel: { ...panel, state: next(panel.state) } })
      }
      const pending: { early: Choice[]; waiter?: Waiter<Choice> } = { early: [] }
      choices.set(key, pending)
      dispatch({ type: 'panel', panel: { key, kind: 'sign-in', state: createSignIn(about) } })
      return {
        choice(signal) {
          const early = pending.early.shift()
          if (early !== undefined) return Promise.resolve(early)
          return new Promise<Choice>((resolve, reject) => {
            if (signal.aborted) return reject(signal.reason)
            const withdraw = () => reject(signal.reason)
            signal.addEventListener('abort', withdraw, { once: true })
            const settled = () => {
              signal.removeEventListener('abort', withdraw)
              pending.waiter = undefined
            }
            pending.waiter = {
              resolve: choice => {
                settled()
                resolve(choice)
              },
              reject: reason => {
                settled()
                reject(reason)
              },
            }
          })
        },
        show: step => change(state => signInStep(state, step)),
        update(next) {
          about = next
          change(state => signInUpdate(state, next))
        },
        close(result) {
          if (!choices.delete(key)) return
          dispatch({ type: 'panel-gone', key })
          dispatch({ type: 'line', ...resultLine(about, result) })
        },
      }
    },
    askPermission(ask, signal) {
      const decided = put(
        decisions,
        key => ({ key, kind: 'permission', state: createPermission(ask) }),
        signal,
      )
      return decided.then(decision => {
        const text = allowedLine(ask, decision)
        if (text !== undefined) dispatch({ type: 'line', level: 'info', text })
        return decision
      })
    },
    ask(ask, signal) {
      return put(answers, key => ({ key, kind: 'ask', state: createAsk(ask) }), signal)
    },
    choose,
    cancelSignIns() {
      for (const panel of [...choices.keys()]) choose(panel, { kind: 'cancel' })
    },
    decide: (panel, decision) => decisions.get(panel)?.resolve(decision),
    answer: (panel, answer) => answers.get(panel)?.resolve(answer),
    close() {
      for (const pending of choices.values()) pending.waiter?.reject(over)
      for (const pending of [...decisions.values(), ...answers.values()]) pending.reject(over)
      choices.clear()
    },
  }
}
