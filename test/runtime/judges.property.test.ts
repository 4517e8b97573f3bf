// No event and no parameter of the runtime makes its judge throw, and what it gives can be shown on any terminal.
import fc from 'fast-check'
import { safeParse } from 'valibot'
import { describe, expect, test } from 'vitest'
import { askEvent } from '../../src/runtime/ask.ts'
import { hostEvent } from '../../src/runtime/events.ts'
import { formFields } from '../../src/runtime/form.ts'
import { createHooks, keptRules, shellLine } from '../../src/runtime/hooks.ts'
import { noticeEvent } from '../../src/runtime/notice-events.ts'
import { notificationText } from '../../src/runtime/notification.ts'
import { permissionAsk } from '../../src/runtime/permission.ts'
import { methods, SessionEvent } from '../../src/runtime/protocol.ts'
import { createRouter } from '../../src/runtime/router.ts'
import { stateEvent } from '../../src/runtime/state-events.ts'
import { attached, toolFiles } from '../../src/runtime/tool-files.ts'
import { toolSummary } from '../../src/runtime/tool-summary.ts'
import { uncleanIn } from '../support/headless.ts'
import { hostileText, hostileValue, mostly } from '../support/hostile.ts'
import { EVENTS } from '../support/random-events.ts'
import { TRIALS } from '../support/trials.ts'

const types = fc.oneof(fc.constantFrom(...new Set(EVENTS.map(({ type }) => type))), hostileText)

/** The data of a recorded event, some of whose fields are missing or anything. */
const recorded = fc
  .constantFrom(...EVENTS)
  .chain(({ type, data }) =>
    fc.record({ type: fc.constant(type), data: fc.oneof(mostly(Object(data)), hostileValue) }),
  )
const event = fc.oneof(recorded, fc.record({ type: types, data: hostileValue }))

describe('events', () => {
  test('hostEvent: any value gives an event or none', () => {
    fc.assert(
      fc.property(
        fc.oneof(event, hostileValue),
        fc.oneof(fc.constant(undefined), hostileValue),
        (value, agentId) => {
          const told = hostEvent(typeof value === 'object' && value !== null ? { ...value, agentId } : value)
          if (told !== undefined) expect(typeof told.type).toBe('string')
        },
      ),
      TRIALS,
    )
  })

  test('askEvent, stateEvent, noticeEvent', () => {
    fc.assert(
      fc.property(event, ({ type, data }) => {
        for (const judge of [askEvent, stateEvent, noticeEvent]) judge(type, data)
      }),
      TRIALS,
    )
  })

  test('what a router is given it brings to one session or to nobody', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(hostileValue, mostly({ sessionId: 's', event: {} }))), all => {
        const router = createRouter()
        let taken = 0
        router.attach('s', () => {
          taken += 1
        })
        for (const each of all) router.route(each)
        const mine = all.filter(each => {
          const judged = safeParse(SessionEvent, each)
          return judged.success && judged.output.sessionId === 's'
        })
        expect(taken).toBe(mine.length)
      }),
      TRIALS,
    )
  })
})

describe('questions', () => {
  test('permissionAsk: every request is a question that can be shown; what is unknown is allowed once at most', () => {
    const request = mostly({
      ...{ kind: 'mcp', serverName: 'notes', toolName: 'whoami', fullCommandText: 'ls', intention: 'look' },
      ...{
        fileName: 'a',
        diff: '@@',
        path: '/',
        url: 'https://a.example',
        args: {},
        commandIdentifiers: ['ls'],
      },
      ...{ canOfferSessionApproval: true, managedApprovalRequired: false, fact: 'x' },
    })
    const kinds = fc.constantFrom(
      'shell',
      'commands',
      'write',
      'read',
      'mcp',
      'url',
      'memory',
      'hook',
      'path',
      '',
    )
    fc.assert(
      fc.property(request, fc.oneof(kinds, hostileValue), hostileValue, (fields, kind, other) => {
        for (const value of [{ ...fields, kind }, fields, other]) {
          const ask = permissionAsk('id', value)
          expect(uncleanIn(ask.title)).toBeUndefined()
          expect(ask.title).not.toBe('')
        }
      }),
      TRIALS,
    )
  })

  test('formFields', () => {
    const property = mostly({
      type: 'string',
      title: 'a',
      description: 'b',
      enum: ['x'],
      default: 1,
      maxLength: -1,
    })
    fc.assert(
      fc.property(
        fc.dictionary(hostileText, fc.oneof(property, hostileValue)),
        hostileValue,
        (properties, other) => {
          for (const schema of [{ type: 'object', properties }, { properties, required: other }, other]) {
            for (const field of formFields(schema)) expect(uncleanIn(field.title)).toBeUndefined()
          }
        },
      ),
      TRIALS,
    )
  })
})

describe('tools', () => {
  test('toolSummary, toolFiles, attached, notificationText', () => {
    const args = mostly({
      path: 'a',
      command: 'b',
      pattern: 'c',
      description: 'd',
      url: 'e',
      prompt: 'f',
      query: 'g',
    })
    const names = fc.oneof(
      fc.constantFrom('task', 'bash', 'view', 'edit', 'create', 'grep', 'str_replace'),
      hostileText,
    )
    fc.assert(
      fc.property(names, fc.oneof(args, hostileValue), fc.array(hostileValue), (name, value, all) => {
        expect(uncleanIn(toolSummary(name, value))).toBeUndefined()
        for (const { path } of [...toolFiles(name, value), ...attached(all)])
          expect(typeof path).toBe('string')
        const text = notificationText(name, value)
        if (text !== undefined) expect(uncleanIn(text)).toBeUndefined()
      }),
      TRIALS,
    )
  })
})

test('a hook: whatever comes with it, a call is asked about or nothing is said, and it never throws', () => {
  const asked = { output: { permissionDecision: 'ask' } }
  const hook = mostly({
    ...{ sessionId: 'one', hookType: 'preToolUse' },
    input: { toolName: 'bash', toolArgs: { command: 'ls' } },
  })
  fc.assert(
    fc.property(fc.oneof(hook, hostileValue), fc.boolean(), fc.array(hostileValue), (params, asks, kept) => {
      const hooks = createHooks(() => {})
      hooks.attach('one', () => asks)
      expect([{}, asked]).toContainEqual(hooks.answer(params))
      for (const { kind } of keptRules({ appliedRules: kept })) expect(typeof kind).toBe('string')
      expect(['string', 'undefined']).toContain(typeof shellLine('bash', params))
    }),
    TRIALS,
  )
})

test('no answer makes the schema of its method throw', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(methods)), hostileValue, (method, value) => {
      safeParse(method.result, value)
    }),
    TRIALS,
  )
})
