import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { findRuntime } from '../../src/runtime/find.ts'

/** What host and runtime say to each other about sign-ins. */
export interface Wire {
  /** What makes a program use the runtime that is listened to. */
  env: Record<string, string>
  /** Every request for a sign-in, with the answers that it got: `cancelled` or `token`. */
  signIns(): Promise<{ server: string; answers: string[] }[]>
}

const Asked = v.object({
  params: v.object({
    event: v.object({
      type: v.literal('mcp.oauth_required'),
      data: v.object({ requestId: v.string(), serverName: v.string() }),
    }),
  }),
})
const Answered = v.object({
  method: v.literal('session.mcp.oauth.handlePendingRequest'),
  params: v.object({ requestId: v.string(), result: v.object({ kind: v.string() }) }),
})

/** The real runtime, with somebody who listens on its pipes and writes what they hear into this folder, tokens too. */
export async function openWire(folder: string): Promise<Wire> {
  const program = join(folder, 'copilot-runtime')
  const { command } = findRuntime(undefined, process.execPath)
  const [to, from] = [join(folder, 'to'), join(folder, 'from')]
  await writeFile(program, `#!/bin/sh\ntee "${to}-$$" | '${command}' "$@" | tee "${from}-$$"\n`)
  await chmod(program, 0o755)
  return {
    env: { COPILOT_CLI_PATH: program },
    async signIns() {
      const said = async <T>(by: string, kind: v.GenericSchema<unknown, T>) => {
        const files = (await readdir(folder)).filter(file => file.startsWith(`${by}-`))
        const streams = await Promise.all(files.map(file => readFile(join(folder, file))))
        return streams.flatMap(bytes => messagesIn(bytes, kind))
      }
      const answers = await said('to', Answered)
      return (await said('from', Asked)).map(({ params: { event } }) => ({
        server: event.data.serverName,
        answers: answers
          .filter(({ params }) => params.requestId === event.data.requestId)
          .map(({ params }) => params.result.kind),
      }))
    },
  }
}

/** The messages of this kind in a stream of frames. */
function messagesIn<T>(bytes: Buffer, kind: v.GenericSchema<unknown, T>): T[] {
  const found: T[] = []
  for (let at = 0; ; ) {
    const start = bytes.indexOf('\r\n\r\n', at)
    const length = Number(/Content-Length: (\d+)/.exec(bytes.toString('latin1', at, start))?.[1])
    if (start < 0 || start + 4 + length > bytes.length || Number.isNaN(length)) return found
    at = start + 4 + length
    const message: unknown = JSON.parse(bytes.toString('utf8', start + 4, at))
    const judged = v.safeParse(kind, message)
    if (judged.success) found.push(judged.output)
  }
}
