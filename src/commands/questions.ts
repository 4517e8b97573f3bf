import { hostError } from '../errors.ts'
import type {
  Ask,
  AskAnswer,
  HostEvent,
  PermissionAsk,
  PermissionDecision,
  Session,
} from '../runtime/types.ts'

export interface QuestionPorts {
  session: Session
  /** Asks the person, or answers for them. Rejects with the signal's reason when the question is withdrawn. */
  permit: (ask: PermissionAsk, signal: AbortSignal) => Promise<PermissionDecision>
  /** Puts a question of the model or of a server to the person; absent where nobody is asked (`SessionConfig.asks`). */
  ask?: (ask: Ask, signal: AbortSignal) => Promise<AskAnswer>
  log: (line: string) => void
}

type QuestionEvent = Extract<HostEvent, { type: 'permission' | 'permission-done' | 'ask' | 'ask-done' }>

/** Carries questions from the session to the person and the answers back; a question that is withdrawn is closed. */
export function carryQuestions({ session, permit, ask, log }: QuestionPorts): {
  take(event: QuestionEvent): void
  /** Withdraws what is open. */
  end(): void
} {
  const open = new Map<string, AbortController>()

  async function carry(id: string, answer: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const controller = new AbortController()
    open.set(id, controller)
    try {
      await answer(controller.signal)
    } catch (thrown) {
      // Withdrawn by the runtime: there is nothing left to answer.
      if (!controller.signal.aborted) log(`question ${id}: ${hostError(thrown, 'not answered').message}`)
    } finally {
      // The same id may have been asked once more meanwhile.
      if (open.get(id) === controller) open.delete(id)
    }
  }

  return {
    take(event) {
      if (event.type === 'permission') {
        const { ask } = event
        void carry(ask.id, async signal => session.answerPermission(ask, await permit(ask, signal)))
      } else if (event.type === 'ask') {
        const question = event.ask
        void carry(question.id, async signal => {
          const answer: AskAnswer = ask ? await ask(question, signal) : { kind: 'cancel' }
          await session.answerAsk(question, answer)
        })
      } else open.get(event.id)?.abort()
    },
    end() {
      for (const controller of open.values()) controller.abort()
    },
  }
}
