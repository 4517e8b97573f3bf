import type { Choice, SignInResult, SignInView } from '../auth/types.ts'
import { HostError } from '../errors.ts'
import { createQueue } from './queue.ts'
import type { Report } from './wire.ts'

/** More answers than this that nobody has taken yet are no person's. */
const MOST_CHOICES = 16

/** One terminal that looks at a posting. */
export interface Watcher {
  tell(report: Report): void
}

/** One sign-in on the desk, and everybody who looks at it. */
export interface Posting {
  readonly id: string
  readonly since: number
  readonly view: SignInView
  /** Who watches is told everything from now on. The return value ends that. */
  watch(watcher: Watcher): () => void
  /** An answer of this watcher. False for what nobody can have been asked. */
  choose(choice: Choice, from: Watcher): boolean
  /** The next answer, in the order they came. Rejects with the signal's reason. */
  choice(signal: AbortSignal): Promise<Choice>
  tell(report: Extract<Report, { type: 'step' }>): void
  update(view: SignInView): void
  end(result: SignInResult): void
}

export function createPosting(first: { id: string; since: number; view: SignInView }): Posting {
  const watchers = new Set<Watcher>()
  const choices = createQueue<{ choice: Choice; from: Watcher }>()
  let { view } = first
  /** Who did what was done last: told at the end, since only one of two answers counts. */
  let last: Watcher | undefined
  let clientAsked = false

  function isAsked(choice: Choice): boolean {
    if (choices.length >= MOST_CHOICES) return false
    if (choice.kind === 'route' || choice.kind === 'account')
      return choice.route !== undefined && view.routes.includes(choice.route)
    if (choice.kind === 'issuer') return view.others.some(({ issuer }) => issuer === choice.issuer)
    return choice.kind !== 'client' || clientAsked
  }

  return {
    id: first.id,
    since: first.since,
    get view() {
      return view
    },
    watch(watcher) {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    choose(choice, from) {
      if (!isAsked(choice)) return false
      choices.put({ choice, from })
      return true
    },
    async choice(signal) {
      const { choice, from } = await choices.take(signal)
      last = from
      return choice
    },
    tell(report) {
      if (report.step.kind === 'client') clientAsked = true
      for (const watcher of watchers) watcher.tell(report)
    },
    update(next) {
      view = next
      for (const watcher of watchers) watcher.tell({ type: 'view', view })
    },
    end(result) {
      choices.end(new HostError('cancelled', 'the sign-in is over'))
      for (const watcher of watchers) watcher.tell({ type: 'end', result, yours: watcher === last })
      watchers.clear()
    },
  }
}
