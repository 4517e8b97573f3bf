import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exportSession } from '../../src/commands/sessions-export.ts'
import { mendLog, readStoredEvents } from '../../src/runtime/stored-events.ts'
import type { HostEvent } from '../../src/runtime/types.ts'
import { palette } from '../../src/ui/palette.ts'
import { openOutput } from '../../src/ui/plain/output.ts'
import { paint } from '../../src/ui/transcript/line.ts'
import { past } from '../../src/ui/transcript/past.ts'
import { temporaryFolder } from '../support/folder.ts'
import { uncleanIn } from '../support/headless.ts'
import { steps } from '../support/random-events.ts'
import { TRIALS } from '../support/trials.ts'
import { sheetOf } from '../ui/transcript/sheet.ts'

const never = new AbortController().signal
const HOSTILE_TIME = '\u009b2J\u202e'
const TIMES = ['2026-11-21T07:00:00.000Z', '', 'yesterday', '-999999-01-01', HOSTILE_TIME, null, 7]

/** A log without any message is none to export. */
const FIRST = Buffer.from('{"type":"user.message","data":{"content":"hello"}}\n')

/** A line of a log as a crash, a full disk or another program leaves it. */
function damagedLine(line: Buffer, how: number, at: number): Buffer {
  const cut = at % (line.length + 1)
  switch (how) {
    case 0:
      return line.subarray(0, cut)
    case 1:
      return Buffer.concat([line.subarray(0, cut), Buffer.from([at % 256]), line.subarray(cut)])
    case 2:
      return Buffer.concat([line.subarray(0, cut), Buffer.alloc(50), line.subarray(cut)])
    case 3:
      return Buffer.concat([line.subarray(cut), line])
    case 4:
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), line])
    default:
      return line
  }
}

const log = fc
  .tuple(steps, fc.array(fc.record({ how: fc.nat(25), at: fc.nat() }), { minLength: 1 }), fc.boolean())
  .map(([all, damage, ended]) => {
    const lines = all.flatMap((step, index) => {
      if (step.kind !== 'event') return []
      const { how, at } = damage[index % damage.length] ?? { how: 99, at: 0 }
      const timestamp = TIMES[at % TIMES.length]
      const line = Buffer.from(JSON.stringify({ ...Object(step.event), id: `${index}`, timestamp }))
      return [damagedLine(line, how, at), Buffer.from('\n')]
    })
    return Buffer.concat([FIRST, ...(ended ? lines : lines.slice(0, -1))])
  })

test('any log: what can be read is shown, printed and exported clean; mending leaves only that', async () => {
  const home = await temporaryFolder()
  const folder = join(home, 'session-state', 'one')
  await mkdir(folder, { recursive: true })
  const session = { id: 'one', started: HOSTILE_TIME }
  const read = async () => {
    const events: HostEvent[] = []
    let damaged = 0
    for await (const each of readStoredEvents(home, 'one')) {
      if (each.kind === 'event') events.push(each.event)
      else damaged += 1
    }
    return { events, damaged }
  }
  await fc.assert(
    fc.asyncProperty(log, async bytes => {
      await writeFile(join(folder, 'events.jsonl'), bytes)
      const { events, damaged } = await read()

      const { ready } = await past(events, 0, sheetOf(40, true))
      for (const { lines } of ready) {
        for (const line of lines) expect(uncleanIn(paint(line, palette({})))).toBeUndefined()
      }
      const printed: string[] = []
      openOutput(
        line => printed.push(line),
        () => 0,
      ).past(events)
      for (const line of printed) expect(uncleanIn(line)).toBeUndefined()
      for (const format of ['text', 'markdown', 'json'] as const) {
        let written = ''
        const place = { folder: home, home, signal: never }
        expect(await exportSession(session, { format }, place, text => (written += text))).toBe(damaged)
        for (const line of written.split('\n')) expect(uncleanIn(line.replaceAll('\t', ' '))).toBeUndefined()
      }

      expect(await mendLog(home, 'one', () => false)).toBe(damaged)
      expect(await read()).toEqual({ events, damaged: 0 })
      if (damaged > 0) expect(await readFile(join(folder, 'events.damaged.jsonl'))).toEqual(bytes)
    }),
    TRIALS,
  )
})
