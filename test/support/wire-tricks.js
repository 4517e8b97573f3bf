// What a runtime may do to the wire beside its messages, by scenario: begun when a session opens.

const { stdout } = process
const json = (value, frame) => frame(JSON.stringify({ jsonrpc: '2.0', ...value }))
const event = (sessionId, type, data) => ({
  method: 'session.event',
  params: { sessionId, event: { type, data } },
})

/** A message that may be understood or not: what follows it has to be. */
const BODY = '{"jsonrpc":"2.0","method":"nobody.knows","params":{}}'
const size = Buffer.byteLength(BODY)

const HEADERS = [
  `content-length: ${size}\r\n\r\n`,
  `CONTENT-LENGTH: ${size}\r\n\r\n`,
  `Content-Length: 000${size}\r\n\r\n`,
  `Content-Length: +${size}\r\n\r\n`,
  `Content-Length:   ${size}   \r\n\r\n`,
  `Content-Length:${size}\r\n\r\n`,
  `Content-Length : ${size}\r\n\r\n`,
  'Content-Length: 1e3\r\n\r\n',
  'Content-Length: 0x10\r\n\r\n',
  'Content-Length: -1\r\n\r\n',
  'Content-Length: 10, 10\r\n\r\n',
  'Content-Length: \r\n\r\n',
  `Content-Length: 5\r\nContent-Length: ${size}\r\n\r\n`,
  `Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: ${size}\r\n\r\n`,
  `Content-Length: ${size}\n\n`,
  `Content-Length: ${size}\r\r`,
  '\r\n\r\n',
  `${'X-Long: '.padEnd(1024 * 1024, 'x')}\r\nContent-Length: ${size}\r\n\r\n`,
]

/** Every 10 ms, for as long as that: so many times. */
function flood(milliseconds, times, write) {
  const end = Date.now() + milliseconds
  const timer = setInterval(() => {
    for (let count = 0; count < times; count += 1) write()
    if (Date.now() > end) clearInterval(timer)
  }, 10)
}

export const TRICKS = {
  'odd-headers'({ raw }) {
    for (const header of HEADERS) raw(header + BODY)
  },
  'odd-messages'({ raw, frame, sessionId }) {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const bodies = [
      ...['[]', '[{"jsonrpc":"2.0","method":"nobody.knows"}]', '{}', '"x"', 'true', '5', 'null', ''],
      ...[1.5, 'text', { a: 1 }, [1], null, true, -1, 1e300].flatMap(id => [
        JSON.stringify({ jsonrpc: '2.0', id, method: 'host.unheard_of', params: {} }),
        JSON.stringify({ jsonrpc: '2.0', id, result: {} }),
        JSON.stringify({ jsonrpc: '2.0', id, error: { code: 'x', message: 5 } }),
        JSON.stringify({ jsonrpc: '2.0', id, result: {}, error: {} }),
      ]),
      ...[
        'userInput.request',
        'exitPlanMode.request',
        'hooks.invoke',
        'providerToken.getToken',
        '__proto__',
      ].flatMap((method, at) =>
        [null, 5, 'x', [], { sessionId: 5 }].map((params, more) =>
          JSON.stringify({ jsonrpc: '2.0', id: `r${at}${more}`, method, params }),
        ),
      ),
      ...[null, 5, 'x', [], [1, 2], { sessionId }, { sessionId, event: [] }].map(params =>
        JSON.stringify({ jsonrpc: '2.0', method: 'session.event', params }),
      ),
      `{"jsonrpc":"2.0","method":"session.event","params":{"sessionId":"${sessionId}","event":${deep}}}`,
      `{"jsonrpc":"2.0","method":"session.event","params":{"sessionId":"${sessionId}","event":{"type":"session.info","data":${deep}}}}`,
      `{"jsonrpc":"2.0","method":"session.event","params":{"sessionId":"another","event":${deep}}}`,
      `{"jsonrpc":"2.0","id":0,"result":${deep}}`,
      deep,
      ...['null', '5', '{"id":1}', '{"id":null}', '{}'].map(
        params => `{"jsonrpc":"2.0","method":"$/cancelRequest","params":${params}}`,
      ),
      '{"jsonrpc":"2.0","method":"$/progress","params":null}',
    ]
    for (const body of bodies) raw(frame(body))
  },
  /** A call with arguments that no JSON writer can walk, and the question about it. */
  'deep-arguments'({ raw, frame, sessionId }) {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const put = (type, data) =>
      raw(frame(json(event(sessionId, type, data), text => text).replace('"DEEP"', deep)))
    const call = {
      toolCallId: 'deep_1',
      toolName: 'notes-write',
      mcpServerName: 'notes',
      mcpToolName: 'write',
    }
    put('tool.execution_start', { ...call, arguments: { to: 'a', tree: 'DEEP' } })
    const promptRequest = { kind: 'mcp', serverName: 'notes', toolName: 'write', args: 'DEEP' }
    put('permission.requested', { requestId: 'deep_permission', promptRequest })
  },
  'unknown-flood'({ raw, frame, sessionId, args }) {
    const one = json(event(sessionId, 'session.never_heard_of', { text: 'x'.repeat(100) }), frame)
    flood(args.for ?? 10_000, 100, () => raw(one))
  },
  'null-flood'({ raw, frame, sessionId, args }) {
    const all = ['null', JSON.stringify({ jsonrpc: '2.0', method: 'session.event', params: null })]
    const one = all.map(frame).join('') + json(event(sessionId, 'assistant.message', null), frame)
    flood(args.for ?? 5000, 30, () => raw(one))
  },
  'request-flood'({ raw, frame, args }) {
    let id = 0
    flood(args.for ?? 5000, 100, () =>
      raw(json({ id: `q${id++}`, method: 'host.unheard_of', params: {} }, frame)),
    )
  },
  /** Asks and asks, and does not read what it is answered. */
  'deaf-flood'({ raw, frame, args }) {
    process.stdin.pause()
    process.stdin.read = () => null
    let id = 0
    const method = 'x'.repeat(3000)
    flood(args.for ?? 60_000, 100, () => raw(json({ id: `q${id++}`, method, params: {} }, frame)))
  },
  'answer-flood'({ raw, frame, args }) {
    let id = 1_000_000
    flood(args.for ?? 5000, 100, () => raw(json({ id: id++, result: { a: 1 } }, frame)))
  },
  'single-bytes'() {
    const write = stdout.write.bind(stdout)
    stdout.write = (data, encoding, done) => {
      const bytes = Buffer.from(data, typeof encoding === 'string' ? encoding : 'utf8')
      for (const byte of bytes) write(Buffer.of(byte))
      const callback = typeof encoding === 'function' ? encoding : done
      if (callback) setImmediate(callback)
      return true
    }
  },
  /** Announces more than it sends: all that follows is taken for a part of it. */
  swallow({ raw }) {
    raw('Content-Length: 900000000\r\n\r\n{"jsonrpc":"2.0","method":"session.event","params":{')
  },
  /** Before the session is known: events that come early are kept, but not without end. */
  'early-flood'({ raw, frame }) {
    const one = json(event('another', 'session.info', { message: 'x'.repeat(1024 * 1024) }), frame)
    for (let count = 0; count < 200; count += 1) raw(one)
  },
}
