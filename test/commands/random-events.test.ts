import fc from 'fast-check'
import { expect, test } from 'vitest'
import { width } from '../../src/ui/transcript/line.ts'
import { type HeadlessScreen, openHeadlessLines, openHeadlessScreen, uncleanIn } from '../support/headless.ts'
import { play } from '../support/played.ts'
import { questions, type Step, steps } from '../support/random-events.ts'
import { TRIALS } from '../support/trials.ts'

const SESSION = 'session'
const END = { sessionId: SESSION, event: { type: 'session.idle', data: {} } }

/** The person answers what is in front. */
function answer({ view, questions }: HeadlessScreen, yes: boolean): void {
  const [panel] = view().panels
  if (panel?.kind === 'permission') questions.decide(panel.key, { kind: yes ? 'session' : 'no' })
  if (panel?.kind === 'ask')
    questions.answer(panel.key, yes ? { kind: 'text', text: 'x', chosen: false } : { kind: 'cancel' })
  if (panel?.kind === 'sign-in')
    questions.choose(panel.key, yes ? { kind: 'route', route: 'browser' } : { kind: 'cancel' })
}

/** A turn is over: nothing of it is open. What was asked at start-up may be. */
function expectRest({ view }: HeadlessScreen): void {
  const { panels, tools, agents, tail, reasoning, busy, ready, done } = view()
  expect(panels.filter(({ kind }) => kind !== 'sign-in')).toEqual([])
  expect({ tools, agents, tail: tail.lines, reasoning, busy, ready, done }).toEqual({
    ...{ tools: [], agents: new Map(), tail: [], reasoning: undefined, busy: false, ready: [], done: [] },
  })
}

function isIdle({ kind, ...step }: Step): boolean {
  const { event, other } = kind === 'event' ? Object(step) : {}
  return !other && event?.type === 'session.idle' && event.agentId === undefined
}

test.each([
  ['any events', steps],
  ['questions and their ends', questions],
])('%s in any order: nothing is thrown, left open, kept, or printed unclean', async (_, events) => {
  await fc.assert(
    fc.asyncProperty(events, fc.constantFrom(20, 40, 80, 200), async (all, columns) => {
      const screen = openHeadlessScreen(columns)
      const session = play({ id: SESSION, servers: ['oa'] }, screen)
      let time = 0
      for (const step of all) {
        time += step.gap
        screen.until(time)
        if (step.kind === 'answer') answer(screen, step.yes)
        else session.say({ sessionId: step.other ? 'another' : SESSION, event: step.event })
        await session.settled()
        for (const row of screen.live(columns)) expect(width(row)).toBeLessThan(columns)
        if (isIdle(step)) expectRest(screen)
      }
      expect(JSON.stringify({ ...screen.view(), folded: [], panels: [] }).length).toBeLessThan(1_000_000)
      session.say(END)
      await session.settled()
      expectRest(screen)
      expect(JSON.stringify({ ...screen.view(), folded: [], panels: [] }).length).toBeLessThan(20_000)
      session.die()
      await session.settled()
      expect(screen.view().panels).toEqual([])
      expect(session.failures).toEqual([])
      for (const row of screen.painted) expect(uncleanIn(row)).toBeUndefined()
      await session.end()
    }),
    TRIALS,
  )
})

test('the same as plain lines', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async all => {
      const lines = openHeadlessLines()
      const session = play({ id: SESSION, servers: ['oa'] }, lines)
      let time = 0
      for (const step of all) {
        time += step.gap
        lines.until(time)
        if (step.kind === 'event')
          session.say({ sessionId: step.other ? 'another' : SESSION, event: step.event })
        await session.settled()
      }
      session.say(END)
      await session.settled()
      expect(lines.printed).toContain('ready')
      session.die()
      await session.settled()
      expect(session.failures).toEqual([])
      for (const line of lines.printed) expect(uncleanIn(line)).toBeUndefined()
      await session.end()
    }),
    TRIALS,
  )
})
