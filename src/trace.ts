/** What a start goes through, in the usual order; of sign-ins and servers the first. */
export type Milestone =
  | 'program loaded'
  | 'settings read'
  | 'runtime started'
  | 'prompt drawn'
  | 'runtime answers'
  | 'session there'
  | 'token asked for'
  | 'token given'
  | 'server connected'
  | 'turn begun'
  | 'first token'

const OURS = 'copilot-host: '

/** Notes when a milestone is reached for the first time (User Timing of the platform; it costs a microsecond). */
export function reached(milestone: Milestone): void {
  const name = OURS + milestone
  if (performance.getEntriesByName(name).length === 0) performance.mark(name)
}

/** The milestones with their times, from the start of the process. For `COPILOT_HOST_TRACE=1`. */
export function traceLines(): string[] {
  const ours = performance.getEntriesByType('mark').filter(({ name }) => name.startsWith(OURS))
  let before = 0
  return ours
    .toSorted((one, other) => one.startTime - other.startTime)
    .map(({ name, startTime }) => {
      const step = startTime - before
      before = startTime
      return `${startTime.toFixed(1).padStart(8)} ms  +${step.toFixed(1).padStart(7)}  ${name.slice(OURS.length)}`
    })
}
