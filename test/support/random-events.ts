import fc from 'fast-check'
import { recordings, type WireEvent } from './recorded.ts'

/** Of the kinds that nobody has recorded. */
const UNRECORDED: readonly WireEvent[] = [
  { type: 'session.title_changed', data: { title: 'a title' } },
  { type: 'session.usage_info', data: { currentTokens: 8000, tokenLimit: 9000, messagesLength: 2 } },
  { type: 'session.permissions_changed', data: { mode: 'allow-all' } },
  { type: 'session.compaction_start', data: {} },
  { type: 'session.compaction_complete', data: { success: false, error: 'no room' } },
  {
    type: 'tool.shell_output',
    data: { toolCallId: 'call', stream: 'stdout', text: 'one\ntwo\n', sequence: 1 },
  },
  {
    type: 'tool.execution_start',
    agentId: 'agent',
    data: { toolCallId: 'inner', toolName: 'grep', arguments: { a: 1 } },
  },
  {
    type: 'tool.execution_complete',
    agentId: 'agent',
    data: { toolCallId: 'inner', success: false, error: { message: 'no' } },
  },
  {
    type: 'assistant.message',
    data: {
      messageId: 'm',
      content: '# All\n\n| a | b |\n|---|---|\n| 1 | 日本語 |\n\n```ts\nconst x = 1\n```',
    },
  },
  { type: 'assistant.message_delta', data: { messageId: 'm', deltaContent: '# All\n\n| a | b |\n|-' } },
  {
    type: 'permission.requested',
    data: { requestId: 'r', promptRequest: { kind: 'write', fileName: 'a.ts', diff: '@@ -1 +1 @@\n-a\n+b' } },
  },
  { type: 'user_input.requested', data: { requestId: 'r', question: 'Which?', choices: null } },
  {
    type: 'exit_plan_mode.requested',
    data: { requestId: 'r', planContent: '# Plan\n\n1. a', actions: ['exit_only'] },
  },
  {
    type: 'elicitation.requested',
    data: { requestId: 'r', mode: 'url', url: 'https://page.example/', message: 'Open' },
  },
]

/** Every different event of the recordings, with what nobody has recorded. */
export const EVENTS: readonly WireEvent[] = [
  ...new Map(
    [
      ...recordings().flatMap(({ moments }) =>
        moments.flatMap(each => ('event' in each ? [each.event] : [])),
      ),
      ...UNRECORDED,
    ].map(
      // Not every status of the same server.
      event => [`${event.type} ${JSON.stringify(event.data).length}`, event],
    ),
  ).values(),
]

const HOSTILE = [
  '\u001b[2J\u001b[3J\u001b]0;title\u0007',
  '\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\',
  '\u001bP1$r\u001b\\\u009b3J\u009d52;c;aGk=\u009c',
  '\u202eright\u200b to left\u{e0041}',
  '\r\u0008\u0000\ud83d',
  '日本語 👨‍👩‍👧 e\u0301 ไทย',
  '\u001b',
  '```\n| a |\n> - [x](javascript:y)',
  '__proto__',
  'constructor',
]
const HUGE = [
  'x'.repeat(20_000),
  'a line\n'.repeat(1000),
  '漢字'.repeat(5000),
  `${'| a '.repeat(300)}\n`.repeat(20),
]
const WRONG: readonly unknown[] = [
  null,
  undefined,
  0,
  -1,
  1e308,
  Number.POSITIVE_INFINITY,
  true,
  '',
  [],
  {},
  [null],
  { toString: null },
]

/** By kind, so that what is recorded often is not most of what happens. */
const KINDS = Object.values(Object.groupBy(EVENTS, ({ type }) => type)).map((events = []) => events)

/** Something that happens in a random session. */
export type Step =
  | { kind: 'event'; event: unknown; other: boolean; gap: number }
  /** The person answers the question in front. */
  | { kind: 'answer'; yes: boolean; gap: number }

/** Events of the runtime in any order, as they were recorded or damaged; their ids meet, since there are few of them. */
export const steps = stepsOf(KINDS, 2)

/** Only what asks and what ends, undamaged: many of them in little time. */
export const questions = stepsOf(
  KINDS.filter(([event]) => /request|require|complete|idle|abort|execution_start/.test(event?.type ?? '')),
  0,
)

function stepsOf(kinds: readonly (readonly WireEvent[])[], damages: number): fc.Arbitrary<Step[]> {
  const step = fc
    .record({
      kind: fc.nat(kinds.length - 1),
      pick: fc.nat(),
      id: fc.nat(2),
      damage: fc.array(fc.record({ where: fc.nat(), how: fc.nat() }), { maxLength: damages }),
      agent: fc.nat(9),
      other: fc.nat(9),
      answer: fc.nat(9),
      gap: fc.nat(120),
    })
    .map(({ kind, pick, id, damage, agent, other, answer, gap }): Step => {
      if (answer === 0) return { kind: 'answer', yes: id > 0, gap }
      const events = kinds[kind] ?? []
      let event: unknown = withIds(events[pick % events.length], id, agent)
      for (const { where, how } of damage) event = damaged(event, where, how)
      return { kind: 'event', event, other: other === 0, gap }
    })
  return fc.array(step, { maxLength: 80, size: 'max' })
}

/** The event with one of a few ids, perhaps of a sub-agent. */
function withIds(event: WireEvent | undefined, id: number, agent: number): unknown {
  const data = Object.fromEntries(
    Object.entries(Object(event?.data)).map(([key, value]) => [
      key,
      /^(?:requestId|toolCallId|messageId|reasoningId)$/.test(key) ? `${id}` : value,
    ]),
  )
  const asked = { ...Object(data.promptRequest), toolCallId: `${id}` }
  return {
    ...event,
    data: 'promptRequest' in data ? { ...data, promptRequest: asked } : data,
    agentId: event?.type.startsWith('subagent') || agent < 2 ? `agent ${agent % 2}` : undefined,
  }
}

/** One value somewhere in it is gone, or another one. */
function damaged(value: unknown, where: number, how: number): unknown {
  if (typeof value !== 'object' || value === null || (where % 5 === 4 && where > 20)) return other(value, how)
  const entries = Object.entries(value)
  const at = where % (entries.length || 1)
  const changed = entries.flatMap(([key, part], index) => {
    if (index !== at) return [[key, part] as const]
    if (how % 11 === 0) return []
    if (how % 13 === 0) return [[HOSTILE[how % HOSTILE.length] ?? '', part] as const]
    return [[key, damaged(part, Math.floor(where / (entries.length || 1)), how)] as const]
  })
  return Array.isArray(value) ? changed.map(([, part]) => part) : Object.fromEntries(changed)
}

function other(value: unknown, how: number): unknown {
  const of = (values: readonly unknown[]) => values[Math.floor(how / 4) % values.length]
  if (how % 4 === 0) return of(WRONG)
  if (how % 20 === 1) return of(HUGE)
  return typeof value === 'string' && how % 4 === 2 ? `${value}${of(HOSTILE)}${value}` : of(HOSTILE)
}
