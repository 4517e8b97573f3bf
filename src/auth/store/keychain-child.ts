// The keychain child: the only program that loads the native module. It reads one JSON request a line from its stdin and
// writes one JSON answer a line to its stdout. A Secret Service that hangs cannot be given up inside a process, not even
// by process.exit(): the parent kills this one.
import { createRequire } from 'node:module'
import type * as Keytar from 'keytar'
import * as v from 'valibot'
import { type Answer, type Request, requestSchema } from './keychain-protocol.ts'

type Native = Pick<typeof Keytar, 'getPassword' | 'setPassword' | 'deletePassword'>

const requestLine = v.pipe(v.string(), v.parseJson(), requestSchema)

/** How long a change may still take after the parent has gone, in milliseconds; what was to be read nobody reads any more. */
const LAST_CHANGE = 3000

function load(): Native | 'absent' | 'module' {
  const require = createRequire(import.meta.url)
  try {
    require.resolve('keytar')
  } catch {
    return 'absent'
  }
  try {
    return require('keytar')
  } catch {}
  try {
    // The package's own loader knows no build for musl (Alpine).
    return require(`keytar/prebuilds/linuxmusl-${process.arch}/keytar.node`)
  } catch {}
  return 'module'
}

async function run(keytar: ReturnType<typeof load>, request: Request): Promise<Omit<Answer, 'id'>> {
  if (typeof keytar === 'string') return { fault: keytar }
  const { service, account } = request
  try {
    if (request.do === 'get') return { text: (await keytar.getPassword(service, account)) ?? undefined }
    if (request.do === 'delete') return { deleted: await keytar.deletePassword(service, account) }
    await keytar.setPassword(service, account, request.text)
    return {}
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    // Secret Service: "Cannot create an item in a locked collection"; macOS: errSecInteractionNotAllowed.
    return { fault: /locked|interaction is not allowed/i.test(message) ? 'locked' : 'failed' }
  }
}

// Ctrl+C and a closed window reach the whole process group; only the parent decides when this ends.
process.on('SIGINT', () => {})
process.on('SIGHUP', () => {})
process.stdout.on('error', () => process.kill(process.pid, 'SIGKILL'))

const keytar = load()
// How long a call takes is measured from here on.
process.stdout.write('\n')
let last: Promise<unknown> = Promise.resolve()
let changes = 0

/** Whole lines only: what is cut off was never asked. */
function take(line: string): void {
  const judged = v.safeParse(requestLine, line)
  if (!judged.success) return
  const request = judged.output
  const change = request.do === 'get' ? 0 : 1
  changes += change
  last = last.then(async () => {
    const answer: Answer = { id: request.id, ...(await run(keytar, request)) }
    changes -= change
    process.stdout.write(`${JSON.stringify(answer)}\n`)
  })
}

// Not by node:readline, whose lines end at U+2028 and U+2029 too: JSON leaves those as they are.
let rest = ''
process.stdin.setEncoding('utf8').on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) take(line)
})
process.stdin.on('end', () => {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), changes > 0 ? LAST_CHANGE : 0).unref()
  last.finally(() => process.exit())
})
