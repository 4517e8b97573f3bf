// A runtime that misbehaves on demand. It speaks the real one's protocol, as far as the host uses it.
//
//   FAKE_RUNTIME       a scenario below; without one everything goes well
//   FAKE_RUNTIME_ARGS  JSON: { "answers": { "<method>": "none" | { "result": ... } | { "error": "text" } },
//                              "late": { "<method>": ms before it is answered },
//                              "requests": [data of mcp.oauth_required], "url": of the odd ones, "count": n }; faults in a sign-in come at SIGUSR2
//   FAKE_RUNTIME_LOG   file that gets each message of the host as one line of JSON: { "method", "params" }, or
//                      { "answer" } to a request of ours
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  AbstractMessageWriter,
  createMessageConnection,
  ResponseError,
  StreamMessageReader,
} from 'vscode-jsonrpc/node'
import { TRICKS } from './wire-tricks.js'

const scenario = process.env.FAKE_RUNTIME ?? 'fine'
const args = JSON.parse(process.env.FAKE_RUNTIME_ARGS ?? '{}')

const sessions = new Map()
const openRequests = new Map()
let login = scenario === 'logged-in' ? 'ada' : undefined
let stuck = false

/** Header and body in one piece: what is written raw comes between messages, never into one. */
class WholeMessages extends AbstractMessageWriter {
  async write(message) {
    raw(frame(JSON.stringify(message)))
  }
  end() {}
}

const rpc = createMessageConnection(new StreamMessageReader(process.stdin), new WholeMessages())

function log(line) {
  if (process.env.FAKE_RUNTIME_LOG) appendFileSync(process.env.FAKE_RUNTIME_LOG, `${JSON.stringify(line)}\n`)
}

function raw(text) {
  process.stdout.write(text)
}

function frame(body) {
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

function emit(sessionId, type, data, more = {}) {
  const event = { type, data, id: randomUUID(), timestamp: new Date().toISOString(), parentId: null, ...more }
  sessions.get(sessionId)?.events.push(event)
  void rpc.sendNotification('session.event', { sessionId, event })
}

function status(sessionId, serverName, value) {
  const session = sessions.get(sessionId)
  session.statuses[serverName] = value
  emit(sessionId, 'session.mcp_server_status_changed', { serverName, status: value })
}

const ASKING = new Set([
  'auth',
  'answer-refused',
  'asks-late',
  'answer-error',
  'completed-first',
  'crash-mid-auth',
  'exit-mid-auth',
  'odd-request',
  'storm',
])

const oddUrl = args.url ?? 'https://mcp.example.com/'
const ODD = [
  { serverName: 'no-id', serverUrl: oddUrl, reason: 'initial' },
  { requestId: 7, serverName: 'number', serverUrl: oddUrl, reason: 'initial' },
  { requestId: 'file-url', serverName: 'file', serverUrl: 'file:///etc/passwd', reason: 'initial' },
  { requestId: 'odd-reason', serverName: 'reason', serverUrl: oddUrl, reason: 'because' },
  {
    requestId: 'odd-metadata',
    serverName: 'metadata',
    serverUrl: oddUrl,
    reason: 'initial',
    resourceMetadata: '<html>',
  },
]

/** The data of the requests this scenario raises once its servers load. */
function requestsOf(session) {
  if (args.requests) return args.requests
  if (scenario === 'odd-request') return ODD
  const request = (serverName, serverUrl) => ({
    requestId: randomUUID(),
    serverName,
    serverUrl,
    reason: 'initial',
  })
  if (scenario === 'storm') {
    return Array.from({ length: args.count ?? 50 }, (_, i) => request(`s${i}`, `http://127.0.0.1:9/${i}`))
  }
  return Object.entries(session.servers).map(([name, { url }]) => request(name, url))
}

/** The lazy load: the first of interest, list and send starts it. */
function load(sessionId) {
  const session = sessions.get(sessionId)
  if (session.loaded) return
  session.loaded = true
  const names = Object.keys(session.servers)
  for (const name of names) status(sessionId, name, 'pending')
  if (scenario === 'slow-server') return
  if (scenario === 'never-asks' || (scenario === 'asks-late' && !session.reloaded)) {
    for (const name of names) status(sessionId, name, 'needs-auth')
    return
  }
  if (!session.interest || !ASKING.has(scenario)) {
    for (const name of names) status(sessionId, name, ASKING.has(scenario) ? 'needs-auth' : 'connected')
    return
  }
  for (const data of requestsOf(session)) {
    if (session.servers[data.serverName]) status(sessionId, data.serverName, 'needs-auth')
    if (typeof data.requestId === 'string') openRequests.set(data.requestId, data.serverName)
    emit(sessionId, 'mcp.oauth_required', data, { ephemeral: true })
  }
  const fault = MID_AUTH[scenario]
  if (fault !== undefined) process.once('SIGUSR2', () => fault(sessionId))
}

/** What happens while a sign-in is open. */
const MID_AUTH = {
  'crash-mid-auth': () => process.kill(process.pid, 'SIGKILL'),
  'exit-mid-auth': () => process.exit(7),
  'completed-first': sessionId => {
    for (const requestId of openRequests.keys()) {
      emit(sessionId, 'mcp.oauth_completed', { requestId, outcome: 'cancelled' })
    }
    openRequests.clear()
  },
}

function open({ sessionId, mcpServers = {} }, type) {
  const id = scenario === 'server-assigned-id' ? `cloud-${randomUUID()}` : sessionId
  const old = sessions.get(id)
  const events = old?.events ?? []
  sessions.set(id, { servers: mcpServers, statuses: {}, events, interest: false, loaded: false })
  // A real runtime says this after its answer; a cloud session's first event may be faster.
  const announce = () => emit(id, type, { selectedModel: 'fake', alreadyInUse: false })
  if (scenario === 'server-assigned-id') announce()
  else setImmediate(announce)
  if (scenario === 'unknown-events') setImmediate(() => strange(id))
  if (scenario === 'bad-json') raw(frame('{"jsonrpc":"2.0","method":"session.event","params":{'))
  if (scenario === 'bad-header') raw('Content-Length: many\r\n\r\n{"jsonrpc":"2.0"}')
  if (scenario === 'bad-utf8')
    raw(Buffer.concat([Buffer.from('Content-Length: 4\r\n\r\n'), Buffer.from('ff22c328', 'hex')]))
  if (scenario === 'negative-length') raw('Content-Length: -5\r\n\r\n{"jsonrpc":"2.0"}')
  // To the first call, which was answered long ago, and to one that was never made.
  if (scenario === 'answer-twice')
    for (const id of [0, 12345]) raw(frame(JSON.stringify({ jsonrpc: '2.0', id, result: {} })))
  if (scenario === 'huge-length') raw('Content-Length: 999999999999999\r\n\r\n{"jsonrpc":"2.0"}')
  if (scenario === 'oversize-event') oversize(id)
  TRICKS[scenario]?.({ raw, frame, sessionId: id, args })
  return { sessionId: id, startTime: new Date().toISOString(), isRemote: false }
}

function strange(sessionId) {
  void rpc.sendNotification('session.event', null)
  void rpc.sendNotification('session.event', { sessionId, event: null })
  void rpc.sendNotification('session.event', { sessionId: 5, event: {} })
  void rpc.sendNotification('nobody.knows', { a: 1 })
  emit(sessionId, 'session.never_heard_of', { text: '\u001b[31m' })
  emit(sessionId, '__proto__', {})
  emit(sessionId, 'assistant.message', null)
  raw(frame('null'))
  rpc.sendRequest('host.unheard_of', {}).then(
    result => log({ answer: result ?? null }),
    error => log({ answer: error.code }),
  )
}

function oversize(sessionId) {
  const megabytes = args.count ?? 9
  const event = { type: 'session.info', data: { message: 'x'.repeat(megabytes * 1024 * 1024) } }
  raw(frame(JSON.stringify({ jsonrpc: '2.0', method: 'session.event', params: { sessionId, event } })))
}

function turn(sessionId, prompt) {
  const messageId = randomUUID()
  const reply = randomUUID()
  emit(sessionId, 'user.message', { content: prompt, messageId })
  emit(sessionId, 'assistant.turn_start', { turnId: '0' })
  if (scenario === 'mid-call') return midCall(sessionId, messageId)
  for (const deltaContent of ['fake ', 'reply']) {
    emit(sessionId, 'assistant.message_delta', { messageId: reply, deltaContent }, { ephemeral: true })
  }
  emit(sessionId, 'assistant.message', { messageId: reply, content: 'fake reply', toolRequests: [] })
  emit(sessionId, 'session.idle', { mode: 'interactive' }, { ephemeral: true })
  return messageId
}

/** A tool call that needs a permission and then a sign-in, and waits for both. */
function midCall(sessionId, messageId) {
  const [serverName = 'notes'] = Object.keys(sessions.get(sessionId).servers)
  const data = { toolCallId: 'call_1', toolName: `${serverName}-whoami`, arguments: { verbose: true } }
  emit(sessionId, 'tool.execution_start', { ...data, mcpServerName: serverName, mcpToolName: 'whoami' })
  const promptRequest = { kind: 'mcp', toolCallId: 'call_1', serverName, toolName: 'whoami', args: {} }
  emit(sessionId, 'permission.requested', { requestId: 'permission_1', promptRequest })
  const request = {
    requestId: 'auth_1',
    serverName,
    serverUrl: 'https://mcp.example.com/',
    reason: 'refresh',
  }
  openRequests.set('auth_1', serverName)
  emit(sessionId, 'mcp.oauth_required', request)
  emit(sessionId, 'mcp.oauth_required', request)
  return messageId
}

const METHODS = {
  connect: () => {
    if (scenario === 'wrong-version') return { ok: true, protocolVersion: 4, version: '9.9.9' }
    return { ok: true, protocolVersion: 3, version: '0.0.0-fake' }
  },
  'runtime.shutdown': () => {
    if (scenario !== 'ignore-shutdown') setTimeout(() => process.exit(0), 20)
    return null
  },
  'session.create': params => open(params, 'session.start'),
  'session.resume': params => open(params, 'session.resume'),
  'session.destroy': ({ sessionId }) => ({ success: sessions.delete(sessionId) }),
  'session.list': () =>
    scenario === 'oversize-answer'
      ? { sessions: ['x'.repeat(33 * 1024 * 1024)] }
      : {
          sessions: [
            null,
            {
              sessionId: 'older',
              modifiedTime: '2026-01-01T00:00:00Z',
              summary: 'old',
              context: { cwd: '/a' },
            },
            {
              sessionId: 'newer',
              modifiedTime: '2026-02-01T00:00:00Z',
              summary: '\u001b[31mnew',
              context: { cwd: '/b' },
            },
            { modifiedTime: '2026-03-01T00:00:00Z' },
          ],
        },
  'session.eventLog.registerInterest': ({ sessionId }) => {
    const session = sessions.get(sessionId)
    if (!session) throw new Error(`Session not found for sessionId: ${sessionId}`)
    session.interest = true
    setImmediate(() => load(sessionId))
    return { handle: 'interest-1' }
  },
  'session.eventLog.read': ({ sessionId }) => ({
    events: sessions.get(sessionId)?.events ?? [],
    hasMore: false,
  }),
  'session.send': ({ sessionId, prompt }) => {
    load(sessionId)
    const begin = () => turn(sessionId, prompt)
    if (scenario === 'slow-server' && !sessions.get(sessionId).left) sessions.get(sessionId).waiting = begin
    else setImmediate(begin)
    return { messageId: randomUUID() }
  },
  'session.abort': ({ sessionId }) => {
    openRequests.clear()
    emit(sessionId, 'abort', { reason: 'user_initiated' })
    emit(sessionId, 'session.idle', { aborted: true }, { ephemeral: true })
    return { success: true }
  },
  'session.mcp.list': ({ sessionId }) => {
    load(sessionId)
    const { statuses } = sessions.get(sessionId)
    const servers = Object.entries(statuses).map(([name, value]) => ({ name, status: value }))
    return { servers, host: { pendingConnections: [...openRequests.values()] } }
  },
  'session.mcp.reload': ({ sessionId }) => {
    openRequests.clear()
    Object.assign(sessions.get(sessionId), { loaded: false, reloaded: true })
    setImmediate(() => load(sessionId))
    return {}
  },
  'session.mcp.moveLoadingToBackground': ({ sessionId }) => {
    const session = sessions.get(sessionId)
    const { waiting } = session
    if (!waiting) return { movedToBackground: false }
    session.waiting = undefined
    session.left = true
    setImmediate(waiting)
    return { movedToBackground: true }
  },
  'session.mcp.stopServer': ({ sessionId, serverName }) => {
    setImmediate(() => {
      status(sessionId, serverName, 'failed')
      status(sessionId, serverName, 'stopped')
    })
    const session = sessions.get(sessionId)
    session.left = true
    if (session.waiting) setImmediate(session.waiting)
    session.waiting = undefined
    return {}
  },
  'session.mcp.oauth.handlePendingRequest': ({ sessionId, requestId, result }) => {
    if (scenario === 'answer-refused') return { success: false }
    if (scenario === 'answer-error') throw new Error('the answer is of no use')
    const serverName = openRequests.get(requestId)
    if (serverName === undefined) return { success: false }
    openRequests.delete(requestId)
    emit(sessionId, 'mcp.oauth_completed', { requestId, outcome: result.kind })
    const session = sessions.get(sessionId)
    if (session.servers[serverName]) {
      status(sessionId, serverName, result.kind === 'token' ? 'connected' : 'needs-auth')
    }
    return { success: true }
  },
  'session.permissions.handlePendingPermissionRequest': ({ sessionId, requestId }) => {
    emit(sessionId, 'permission.completed', { requestId, result: { kind: 'approved' } })
    return { success: true }
  },
  'session.permissions.locations.apply': () => ({ appliedRuleCount: 0 }),
  'account.login': () => {
    login = 'ada'
    return { storedInVault: scenario === 'login-vault' }
  },
  'auth.getStatus': () => (login ? { isAuthenticated: true, login } : { isAuthenticated: false }),
}

/** A method of the real runtime that never returns while a server does not answer. */
function blocked(method) {
  return scenario === 'slow-server' && method === 'session.mcp.list'
}

rpc.onRequest((method, params) => {
  log({ method, params })
  const late = args.late?.[method]
  return late === undefined ? answerTo(method, params) : sleep(late).then(() => answerTo(method, params))
})

function answerTo(method, params) {
  const answer = args.answers?.[method]
  if (scenario === 'mute' || stuck || answer === 'none') return new Promise(() => {})
  if (answer?.error) return refusal(method, answer.error)
  if (answer) return answer.result
  if (blocked(method)) return new Promise(() => {})
  if (scenario === 'partial-frame' && method === 'session.create') {
    stuck = true
    raw('Content-Length: 100\r\n\r\n{"jsonrpc":')
    return new Promise(() => {})
  }
  const handler = METHODS[method]
  if (!handler) return new ResponseError(-32601, `Unhandled method ${method}`)
  try {
    return handler(params)
  } catch (error) {
    return refusal(method, error.message)
  }
}

function refusal(method, text) {
  return new ResponseError(-32603, `Request ${method} failed with message: ${text}`)
}

if (scenario === 'exit-at-start') {
  process.stderr.write(
    '\u001b]52;c;ZXZpbA==\u0007\u001b[31mcannot read token ghp_0123456789abcdefghij0123456789abcdef\n',
  )
  process.exit(3)
}
if (scenario === 'noise-at-start') raw('Welcome to another program!\n')
if (scenario === 'ignore-shutdown') {
  process.on('SIGTERM', () => {})
  setInterval(() => {}, 1000)
} else {
  rpc.onClose(() => process.exit(0))
}
rpc.listen()
