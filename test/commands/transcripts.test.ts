import { describe, expect, test } from 'vitest'
import type { PermissionDecision } from '../../src/runtime/types.ts'
import type { Panel, View } from '../../src/ui/state.ts'
import { width } from '../../src/ui/transcript/line.ts'
import { type HeadlessScreen, openHeadlessLines, openHeadlessScreen, uncleanIn } from '../support/headless.ts'
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
  return moments.some(
    each =>
      'event' in each &&
      /^(?!external).*re(quested|quired)$/.test(each.event.type) &&
      JSON.stringify(each.event.data)?.includes(request),
  )
}

function serversIn(moments: readonly Moment[]): string[] {
  const names = moments.flatMap(each => {
    const data: { serverName?: string } | undefined = 'event' in each ? Object(each.event.data) : undefined
    return data?.serverName === undefined ? [] : [data.serverName]
  })
  return [...new Set(names)]
}

/** Events that say nothing to a person, or that others have said already. */
const SILENT = [
  'agent.interrupted',
  'assistant.idle',
  'assistant.message_start',
  'assistant.tool_call_delta',
  'assistant.turn_end',
  'external_tool.completed',
  'external_tool.requested',
  'mcp.oauth_recovery_completed',
  'session.mcp_server_tools_loaded',
  'session.mcp_servers_loaded',
  'session.mode_notice_delivered',
  'subagent.configured',
  'subagent.selected',
]
const STRANGE = [
  { type: 'session.never_heard_of', data: { content: 'STRANGE' } },
  { type: 'system.message', data: { content: 'STRANGE' } },
  { type: 'assistant.message_delta', data: { messageId: null, deltaContent: 'STRANGE' } },
  { type: 'assistant.message', data: 'STRANGE' },
  { type: 7, data: { content: 'STRANGE' } },
  null,
]
const OTHERS = [
  { type: 'assistant.message', data: { messageId: 'm', content: 'STRANGE' } },
  {
    type: 'permission.requested',
    data: { requestId: 'r', promptRequest: { kind: 'read', path: '/STRANGE' } },
  },
  { type: 'session.error', data: { errorType: 'query', message: 'STRANGE' } },
  { type: 'session.idle', data: {} },
]

test('what is printed, and what is asked in between', async () => {
  const stories = await Promise.all(
    RECORDINGS.map(async recording => {
      const { story, screen, unasked, failures } = await show(recording)
      expect({ unasked, failures }, recording.name).toEqual({ unasked: [], failures: [] })
      for (const row of screen.painted) expect(uncleanIn(row), recording.name).toBeUndefined()
      return [`## ${recording.name}`, ...story.filter(row => row !== ''), ''].join('\n')
    }),
  )
  await expect(stories.join('\n')).toMatchFileSnapshot('../transcripts/printed.txt')
})

test('the same as plain lines', async () => {
  const stories = await Promise.all(
    RECORDINGS.map(async ({ name, session, moments }) => {
      const lines = openHeadlessLines()
      const played = play({ id: session, servers: serversIn(moments) }, lines)
      for (const moment of moments) {
        lines.until(moment.at)
        if ('event' in moment) played.say({ sessionId: session, event: moment.event })
        else if ('gone' in moment) played.die()
        await played.settled()
      }
      expect(played.failures, name).toEqual([])
      for (const line of lines.printed) expect(uncleanIn(line), name).toBeUndefined()
      const printed = [...lines.printed]
      await played.end()
      return [`## ${name}`, ...printed.slice(2), ''].join('\n')
    }),
  )
  await expect(stories.join('\n')).toMatchFileSnapshot('../transcripts/lines.txt')
})

describe.each(RECORDINGS)('$name', recording => {
  test('a turn that is over leaves nothing open, and every row fits', async () => {
    await show(recording, undefined, (screen, { type, agentId }) => {
      const { panels, tools, busy, tail } = screen.view()
      if (agentId === undefined && (type === 'session.idle' || type === 'abort')) {
        expect(panels.filter(({ kind }) => kind !== 'sign-in')).toEqual([])
        expect([tools, tail.lines]).toEqual([[], []])
        if (type === 'session.idle') expect(busy).toBe(false)
      }
      for (const columns of [20, 40, 80]) {
        for (const row of screen.live(columns)) expect(width(row)).toBeLessThan(columns)
      }
    })
  })

  test('what a sub-agent says is not said by the model', async () => {
    const { moments } = recording
    const without = moments.filter(
      each => !('event' in each && each.event.agentId && /^(?!tool|subagent)/.test(each.event.type)),
    )
    expect((await show({ ...recording, moments: without })).story).toEqual((await show(recording)).story)
  })

  test('silent and strange events, and those of other sessions, change nothing', async () => {
    let before: View | undefined
    const { story } = await show(
      recording,
      (say, screen) => {
        before = screen.view()
        for (const event of STRANGE) say({ sessionId: recording.session, event })
        for (const event of OTHERS) {
          for (const sessionId of [`${recording.session}0`, '', undefined, null, 7]) say({ sessionId, event })
        }
        expect(screen.view()).toBe(before)
      },
      (screen, { type }) => {
        if (SILENT.includes(type)) expect(screen.view()).toBe(before)
      },
    )
    expect(story).toEqual((await show(recording)).story)
  })
})

test('every kind of event is printed, asked, drawn, or known to be silent', () => {
  const types = RECORDINGS.flatMap(({ moments }) =>
    moments.flatMap(each => ('event' in each ? [each.event.type] : [])),
  )
  const read = [...new Set(types)].filter(type => !SILENT.includes(type)).toSorted()
  expect(read).toMatchInlineSnapshot(`
    [
      "abort",
      "assistant.message",
      "assistant.message_delta",
      "assistant.reasoning",
      "assistant.reasoning_delta",
      "assistant.turn_retry",
      "assistant.turn_start",
      "elicitation.completed",
      "elicitation.requested",
      "exit_plan_mode.completed",
      "exit_plan_mode.requested",
      "mcp.oauth_completed",
      "mcp.oauth_required",
      "permission.completed",
      "permission.requested",
      "session.error",
      "session.idle",
      "session.info",
      "session.mcp_server_status_changed",
      "session.mode_changed",
      "session.model_change",
      "session.resume",
      "session.start",
      "session.warning",
      "subagent.completed",
      "subagent.started",
      "system.notification",
      "tool.execution_complete",
      "tool.execution_partial_result",
      "tool.execution_start",
      "user.message",
      "user_input.completed",
      "user_input.requested",
    ]
  `)
})

test('sub-agents: their calls belong to the call that started them', async () => {
  const recording = RECORDINGS.find(({ name }) => name === '40-subagents')
  const { story = [] } = recording ? await show(recording) : {}
  expect(story.filter(row => row.includes('tools=7'))).toEqual([
    '  Hello. This is **demo**. tools=7',
    'Tool said: Hello. This is demo. tools=7',
  ])
})
