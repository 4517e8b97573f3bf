import { describe, expect, test } from 'vitest'
import { hostEvent } from '../../src/runtime/events.ts'

const event = (type: string, data: unknown, more: object = {}) => hostEvent({ type, data, id: 'e', ...more })

/** What a shell gave, with the line that the runtime adds. */
const SHELL = 'a\n<shellId: 0 completed with exit code 3>'

describe('the conversation', () => {
  test.each([
    [
      'session.start',
      { selectedModel: 'demo', alreadyInUse: false },
      { type: 'started', model: 'demo', alreadyInUse: false },
    ],
    ['session.resume', { eventCount: 3, alreadyInUse: true }, { type: 'started', alreadyInUse: true }],
    ['session.start', { selectedModel: null, alreadyInUse: null }, { type: 'started', alreadyInUse: false }],
    ['session.title_changed', { title: 'a\u001b]0;x\u0007 title' }, { type: 'title', title: 'a title' }],
    [
      'session.usage_info',
      { currentTokens: 8, tokenLimit: 9, messagesLength: 2 },
      { type: 'usage', tokens: 8, limit: 9 },
    ],
    [
      'user.message',
      { content: 'hi', transformedContent: 'secret', messageId: 'm' },
      { type: 'user', messageId: 'm', text: 'hi' },
    ],
    ['assistant.turn_start', { turnId: '0' }, { type: 'turn-start' }],
    [
      'assistant.message_delta',
      { messageId: 'm', deltaContent: '\u001b[3' },
      { type: 'reply-delta', messageId: 'm', text: '\u001b[3' },
    ],
    [
      'assistant.message',
      { messageId: 'm', content: 'all', toolRequests: [] },
      { type: 'reply', messageId: 'm', text: 'all' },
    ],
    ['assistant.message', { messageId: 'm', content: '', toolRequests: [{}] }, undefined],
    [
      'assistant.reasoning_delta',
      { reasoningId: 'r', deltaContent: 'hm' },
      { type: 'reasoning-delta', id: 'r', text: 'hm' },
    ],
    ['assistant.reasoning', { reasoningId: 'r', content: 'hm' }, { type: 'reasoning', id: 'r', text: 'hm' }],
    [
      'assistant.turn_retry',
      { reason: 'api_error' },
      { type: 'retry', text: 'the model did not answer (api error), trying again' },
    ],
    ['model.turn_retry', {}, { type: 'retry', text: 'the model did not answer, trying again' }],
    ['session.info', { infoType: 'model_retry', message: 'Retrying...' }, undefined],
    ['session.info', { infoType: 'x', message: 'a\nb' }, { type: 'notice', level: 'info', text: 'a b' }],
    ['session.warning', { message: 'careful' }, { type: 'notice', level: 'warning', text: 'careful' }],
    ['session.warning', { message: '\u001b[31m' }, undefined],
    ['system.notification', { content: 'done', kind: {} }, { type: 'notice', level: 'info', text: 'done' }],
    [
      'system.notification',
      {
        content: '<system_notification>\nAgent "exp2" is idle. Use read_agent.\n</system_notification>',
        kind: { type: 'agent_idle', agentType: 'general-purpose', displayName: 'exp2', description: 'bg' },
      },
      undefined,
    ],
    [
      'system.notification',
      { content: 'x', kind: { type: 'agent_completed', agentType: 'explore', status: 'failed' } },
      undefined,
    ],
    [
      'system.notification',
      { content: 'x', kind: { type: 'shell_completed', shellId: '3', exitCode: 2, description: 7 } },
      { type: 'notice', level: 'info', text: 'shell command 3 has ended (exit code 2)' },
    ],
    [
      'system.notification',
      { content: '<system_notification>\n\u001b[2Ja < b, <b>new</b>\n</system_notification>', kind: 'odd' },
      { type: 'notice', level: 'info', text: 'a < b, new' },
    ],
    ['system.notification', { content: '<system_notification></system_notification>' }, undefined],
    ['system.notification', { kind: { type: 'agent_idle' } }, undefined],
    [
      'session.info',
      { infoType: 'x', message: 'so', tip: 'try this', url: 'https://example.com/a' },
      { type: 'notice', level: 'info', text: 'so · try this · https://example.com/a' },
    ],
    [
      'session.warning',
      { warningType: 'x', message: 'so', remediation: 'sign_in', url: 'javascript:alert(1)' },
      { type: 'notice', level: 'warning', text: 'so · copilot-host login signs in to GitHub' },
    ],
    [
      'session.error',
      { errorType: 'quota', message: 'Over quota', statusCode: 402, url: 'https://example.com/plan' },
      {
        type: 'error',
        kind: 'quota',
        text: 'Over quota (HTTP 402) · https://example.com/plan',
        status: 402,
      },
    ],
    [
      'session.truncation',
      { messagesRemovedDuringTruncation: 3 },
      { type: 'notice', level: 'info', text: 'the model is no longer given the 3 oldest messages: no room' },
    ],
    ['session.truncation', { messagesRemovedDuringTruncation: 0 }, undefined],
    ['session.truncation', { messagesRemovedDuringTruncation: 'all' }, undefined],
    [
      'assistant.intent',
      { intent: 'Reading\u001b[2J the code' },
      { type: 'doing', text: 'Reading the code' },
    ],
    [
      'tool.execution_progress',
      { toolCallId: 't', progressMessage: 'half' },
      { type: 'tool-output', id: 't', text: 'half', cumulative: true },
    ],
    ['session.shutdown', {}, { type: 'idle', aborted: true }],
    ['abort', { reason: 'user_initiated' }, { type: 'interrupted' }],
    ['session.idle', { mode: 'interactive' }, { type: 'idle', aborted: false }],
    ['session.idle', { aborted: true }, { type: 'idle', aborted: true }],
    ['session.idle', { aborted: null }, { type: 'idle', aborted: false }],
    ['session.idle', undefined, { type: 'idle', aborted: false }],
    ['session.error', {}, { type: 'error', kind: 'unknown', text: 'the model did not answer' }],
    ['session.usage_info', { currentTokens: -1, tokenLimit: 9 }, undefined],
    ['session.usage_info', { currentTokens: 1, tokenLimit: Number.POSITIVE_INFINITY }, undefined],
    [
      'system.notification',
      { content: '<system_notification>\nAgent "a" is done\n</system_notification>' },
      { type: 'notice', level: 'info', text: 'Agent "a" is done' },
    ],
    ['session.compaction_complete', { success: true }, undefined],
  ])('%s %j', (type, data, expected) => {
    expect(event(type, data)).toEqual(expected)
  })

  test.each([
    ['user.message', { content: 'task', messageId: 'm' }],
    ['assistant.message_delta', { messageId: 'm', deltaContent: 'x' }],
    ['assistant.message', { messageId: 'm', content: 'x' }],
    ['assistant.turn_start', {}],
    ['session.error', { errorType: 'query', message: 'x' }],
  ])('%s of a sub-agent does not belong to it', (type, data) => {
    expect(event(type, data)).toBeDefined()
    for (const agentId of ['agent', '', 5, {}]) expect(event(type, data, { agentId })).toBeUndefined()
    expect(event(type, data, { agentId: null })).toBeDefined()
  })

  test('a message that an agent wrote is not the person\u2019s', () => {
    expect(event('user.message', { content: 'x', messageId: 'm', source: 'agent-1' })).toBeUndefined()
  })
})

describe('tools', () => {
  test('a call, with its arguments in one short line', () => {
    const data = {
      toolCallId: 'c',
      toolName: 'bash',
      arguments: { command: 'ls\n-la \u001b[31m', lines: 3, more: { a: [1] } },
    }
    expect(event('tool.execution_start', data)).toEqual({
      type: 'tool-start',
      id: 'c',
      name: 'bash',
      summary: 'command=ls -la lines=3 more={"a":[1]}',
    })
    const long = { ...data, arguments: { text: 'x'.repeat(1_000_000), other: 'y'.repeat(100) } }
    expect(event('tool.execution_start', long)).toMatchObject({
      summary: expect.stringMatching(/^text=x+… other=y+…?$/),
    })
    for (const odd of [null, 5, [], undefined]) {
      expect(event('tool.execution_start', { ...data, arguments: odd })).toMatchObject({ summary: '' })
    }
  })

  test('what a file is to hold is not among the arguments; a sub-agent is named', () => {
    const start = (toolName: string, args: object) =>
      event('tool.execution_start', { toolCallId: 'c', toolName, arguments: args })
    expect(start('create', { path: '/a', file_text: 'x' })).toMatchObject({ summary: 'path=/a' })
    const task = {
      name: 'helper',
      agent_type: 'explore',
      description: 'look',
      prompt: 'secret',
      mode: 'sync',
    }
    expect(start('task', task)).toMatchObject({ summary: 'helper (explore): look' })
    expect(start('task', { ...task, mode: 'background', description: undefined })).toMatchObject({
      summary: 'helper (explore), in the background',
    })
    expect(start('task', { name: 5 })).toMatchObject({ summary: 'name=5' })
  })

  test('the beginning and the end of a sub-agent', () => {
    const of = { agentId: 'a1' }
    const data = {
      toolCallId: 'c',
      agentName: 'explore',
      agentDisplayName: 'helper\u001b[2J',
      executionMode: 'background',
    }
    const begun = { type: 'agent', id: 'a1', call: 'c', name: 'helper', background: true }
    expect(event('subagent.started', data, of)).toEqual(begun)
    expect(event('subagent.started', { toolCallId: 'c', agentName: 'explore' }, of)).toEqual({
      ...begun,
      name: 'explore',
      background: false,
    })
    expect(event('subagent.started', data)).toBeUndefined()
    const end = { type: 'agent-end', id: 'a1', end: 'ok', text: '' }
    expect(event('subagent.completed', { durationMs: 5 }, of)).toEqual(end)
    expect(event('subagent.completed', { cancelled: true }, of)).toEqual({ ...end, end: 'cancelled' })
    expect(event('subagent.failed', { error: 'no' }, of)).toEqual({ ...end, end: 'failed', text: 'no' })
    for (const type of ['completed', 'failed']) expect(event(`subagent.${type}`, {})).toBeUndefined()
  })

  test('what the runtime tells the model of a sub-agent is not told to the person; of other things, without its marks', () => {
    const notified = (type: string) =>
      event('system.notification', {
        content: '<system_notification>\nDone.\n</system_notification>',
        kind: { type },
      })
    expect(notified('agent_idle')).toBeUndefined()
    expect(notified('shell_completed')).toMatchObject({
      type: 'notice',
      level: 'info',
      text: 'shell command has ended',
    })
    expect(notified('of_tomorrow')).toEqual({ type: 'notice', level: 'info', text: 'Done.' })
  })

  test('a call of a server by a sub-agent', () => {
    const data = {
      toolCallId: 'c',
      toolName: 'oa-whoami',
      mcpServerName: 'oa',
      mcpToolName: 'whoami',
      arguments: {},
    }
    expect(event('tool.execution_start', data, { agentId: 'a1' })).toMatchObject({
      name: 'whoami',
      server: 'oa',
      agent: 'a1',
    })
  })

  test.each([
    [{ success: true, result: { content: 'short', detailedContent: 'long' } }, 'ok', 'long'],
    [{ success: true, result: { content: 'short' } }, 'ok', 'short'],
    [{ success: true, result: { content: 'x' }, shellExecution: { exitCode: 3 } }, 'failed', 'x'],
    [
      { success: true, result: { content: SHELL }, shellExecution: { exitCode: 3 } },
      'failed',
      'a\nexit code 3',
    ],
    [{ success: true, result: { content: SHELL }, shellExecution: { exitCode: 0 } }, 'ok', 'a'],
    [{ success: true, result: { content: SHELL } }, 'ok', SHELL],
    [{ success: false, error: { message: 'no', code: 'failure' } }, 'failed', 'no'],
    [{ success: false, error: { message: 'no', code: 'denied' } }, 'denied', 'no'],
    [{ success: false, error: { message: 'no', code: 'rejected' } }, 'denied', 'no'],
    [{ success: false, error: { message: 'no', code: 'interrupted' } }, 'cancelled', 'no'],
    [{ success: false, error: null, result: 5 }, 'failed', ''],
  ])('an end %j', (data, end, text) => {
    expect(event('tool.execution_complete', { toolCallId: 'c', ...data })).toEqual({
      type: 'tool-end',
      id: 'c',
      end,
      text,
    })
  })

  test('output, whole and in pieces', () => {
    expect(event('tool.execution_partial_result', { toolCallId: 'c', partialOutput: 'a' })).toMatchObject({
      cumulative: true,
    })
    expect(event('tool.shell_output', { toolCallId: 'c', text: 'a', stream: 'stdout' })).toMatchObject({
      cumulative: false,
    })
  })
})

describe('servers and sign-ins', () => {
  test('a status', () => {
    const data = { serverName: 'o\u001b[1ma', status: 'failed', error: 'boom\nboom' }
    expect(event('session.mcp_server_status_changed', data)).toEqual({
      type: 'server',
      name: 'oa',
      status: 'failed',
      error: 'boom boom',
    })
    expect(event('session.mcp_server_status_changed', { ...data, status: 'dancing' })).toBeUndefined()
  })

  test('a request goes on unjudged, if it can be answered at all', () => {
    const data = { requestId: 'r', serverName: 5 }
    expect(event('mcp.oauth_required', data)).toEqual({ type: 'auth', id: 'r', data, calls: [] })
    for (const requestId of [undefined, null, 7, '', 'x'.repeat(300)]) {
      expect(event('mcp.oauth_required', { ...data, requestId })).toBeUndefined()
    }
  })
})

describe('problems are told in our words', () => {
  const text = (message: string, statusCode?: number) => {
    const told = event('session.error', { errorType: 'query', message, statusCode })
    return told?.type === 'error' ? told.text : undefined
  }
  test.each([
    [
      'Authentication failed with provider at http://127.0.0.1:1/v1 (HTTP 401).\n  Check your COPILOT_PROVIDER_API_KEY.',
      401,
      'the model provider 127.0.0.1:1 did not accept the key (HTTP 401)',
    ],
    [
      'Could not connect to local model provider at http://127.0.0.1:9/v1.\n  Check it.',
      undefined,
      'the model provider 127.0.0.1:9 cannot be reached',
    ],
    [
      'Failed to get response from the AI model; retried 5 times (total retry wait time: 16 seconds) Last error: 500 nope sk-abcdef123456',
      500,
      'the model did not answer (HTTP 500) after 5 retries: nope [secret]',
    ],
    [
      'Execution failed: InvalidArg, No GitHub OAuth token or Copilot HMAC key provided',
      undefined,
      'there is neither a GitHub login nor a model provider: copilot-host login signs in to GitHub',
    ],
    ['Something new\n\u001b[31mSet COPILOT_MODEL to go on.', 418, 'Something new (HTTP 418)'],
    ['', undefined, 'the model did not answer'],
  ])('%j', (message, status, expected) => {
    expect(text(message, status)).toBe(expected)
  })
})

test('permissions: asked by requestId, not when a hook has decided', () => {
  const data = { requestId: 'p', permissionRequest: { kind: 'read', path: '/x' } }
  expect(event('permission.requested', data)).toMatchObject({
    type: 'permission',
    ask: { id: 'p', body: '/x' },
  })
  expect(event('permission.requested', { ...data, resolvedByHook: true })).toBeUndefined()
  expect(event('permission.completed', { requestId: 'p' })).toEqual({ type: 'permission-done', id: 'p' })
})

test.each([
  undefined,
  null,
  5,
  'text',
  [],
  {},
  { type: 5, data: {} },
  { type: 'session.never_heard_of', data: {} },
  { type: '__proto__', data: {} },
  { type: 'constructor', data: {} },
  { type: 'system.message', data: { content: 'the whole system prompt' } },
  { type: 'model.messages_snapshot', data: { messages: [] } },
  { type: 'user.message', data: null },
  { type: 'user.message', data: { content: 5 } },
  { type: 'assistant.message', data: { content: 'no id' } },
  { type: 'tool.execution_start', data: { toolCallId: '' } },
  { type: 'tool.execution_complete', data: { toolCallId: 'c', success: 'yes' } },
  { type: 'permission.requested', data: { requestId: 7 } },
])('has no use for %j', odd => {
  expect(hostEvent(odd)).toBeUndefined()
})
