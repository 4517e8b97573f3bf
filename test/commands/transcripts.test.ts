import { expect, test } from 'vitest'
import type { PermissionDecision } from '../../src/runtime/types.ts'
import type { Panel } from '../../src/ui/state.ts'
import { liveRows } from '../../src/ui/tools.ts'
import { plain } from '../../src/ui/transcript/line.ts'
import { type HeadlessScreen, openHeadlessLines, openHeadlessScreen } from '../support/headless.ts'
import { play } from '../support/played.ts'
import { type Moment, type Recording, recordings } from '../support/recorded.ts'

const RECORDINGS = recordings()
type Said = Extract<Moment, { event: unknown }>['event']

interface Run {
  /** What was printed, and in between (`?`) what was asked. */
  story: string[]
  screen: HeadlessScreen
  /** Answers that the runtime took in the recording, and that nobody asked for here. */
  unasked: string[]
  failures: readonly string[]
}

/** Plays a recording through everything between the connection and the screen; `also` is done before each moment. */
async function show(
  { session, moments }: Recording,
  also: (
    say: (params: unknown) => void,
    screen: HeadlessScreen,
    moment: Moment,
  ) => Promise<void> | void = () => {},
  after: (screen: HeadlessScreen, event: Said) => void = () => {},
): Promise<Run> {
  const screen = openHeadlessScreen()
  const taken = new Set(moments.flatMap(each => ('answer' in each && each.taken ? [each.request] : [])))
  const played = play({ id: session, servers: serversIn(moments) }, screen, request => taken.has(request))
  const run: Run = { story: [], screen, unasked: [], failures: played.failures }
  let open: readonly Panel[] = []
  let rows = 0
  const look = async () => {
    await played.settled()
    run.story.push(...screen.printed.slice(rows))
    rows = screen.printed.length
    const { panels } = screen.view()
    for (const panel of open)
      if (!panels.some(({ key }) => key === panel.key)) run.story.push(`? over: ${nameOf(panel)}`)
    for (const panel of panels)
      if (!open.some(({ key }) => key === panel.key)) run.story.push(`? ${nameOf(panel)}`)
    open = panels
  }
  await look()
  for (const moment of moments) {
    screen.until(moment.at)
    await also(played.say, screen, moment)
    if ('event' in moment) played.say({ sessionId: session, event: moment.event })
    else if ('gone' in moment) played.die()
    else if (!answer(screen, moment) && moment.taken && wasAsked(moments, moment.request))
      run.unasked.push(moment.request)
    await look()
    if ('event' in moment) after(screen, moment.event)
  }
  await played.end()
  return run
}

/** The person answers as they did. */
function answer({ view, questions }: HeadlessScreen, moment: Extract<Moment, { answer: unknown }>): boolean {
  const panel = view().panels.find(panel => idOf(panel) === moment.request)
  const { kind, response, answer: text, wasFreeform, action, content } = moment.answer
  if (panel?.kind === 'permission') questions.decide(panel.key, DECISIONS[String(kind)] ?? { kind: 'no' })
  else if (panel?.kind === 'sign-in')
    questions.choose(panel.key, kind === 'token' ? { kind: 'route', route: 'browser' } : { kind: 'cancel' })
  else if (panel?.kind === 'ask' && action === 'accept')
    questions.answer(panel.key, { kind: 'accept', content: { ...Object(content) } })
  else if (panel?.kind === 'ask')
    questions.answer(panel.key, {
      kind: 'text',
      text: String(text ?? response),
      chosen: wasFreeform === false,
    })
  return panel !== undefined
}

const DECISIONS: Readonly<Record<string, PermissionDecision>> = {
  'approve-once': { kind: 'once' },
  'approve-for-session': { kind: 'session' },
}

function idOf(panel: Panel): string {
  return panel.kind === 'sign-in' ? panel.state.view.id : panel.state.ask.id
}

function nameOf(panel: Panel): string {
  if (panel.kind === 'sign-in') return `sign in to ${panel.state.view.server}`
  if (panel.kind === 'permission') return `${panel.state.ask.title} ${panel.state.ask.body.split('\n')[0]}`
  return `${panel.state.ask.kind}: ${panel.state.ask.text}`
}

function wasAsked(moments: readonly Moment[], request: string): boolean {
  return moments.some(each => 'event' in each && JSON.stringify(each.event.data)?.includes(request))
}

function serversIn(moments: readonly Moment[]): string[] {
  const names = moments.flatMap(each => {
    const data: { serverName?: string } | undefined = 'event' in each ? Object(each.event.data) : undefined
    return data?.serverName === undefined ? [] : [data.serverName]
  })
  return [...new Set(names)]
}

test('z', async () => {
  let out = ''
  for (const recording of RECORDINGS) {
    const { story, unasked, failures } = await show(recording)
    out += `\n## ${recording.name}\n${story.join('\n')}\n`
    if (unasked.length || failures.length) out += `UNASKED ${unasked} ${failures}\n`
  }
  console.log(out)
})
