import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exportSession } from '../../src/commands/sessions-export.ts'
import { temporaryFolder } from '../support/folder.ts'

/** More than a call takes arguments. */
const MANY = 200_000

/** What is written of a conversation whose log has these events. */
async function exported(events: readonly object[]): Promise<string> {
  const home = await temporaryFolder()
  const folder = join(home, 'session-state', 'one')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'events.jsonl'), events.map(event => `${JSON.stringify(event)}\n`).join(''))
  const place = { folder: home, home, signal: new AbortController().signal }
  let written = ''
  await exportSession({ id: 'one', started: '' }, { format: 'markdown' }, place, text => {
    written += text
  })
  return written
}

const start = (toolCallId: string) => ({
  type: 'tool.execution_start',
  data: { toolCallId, toolName: 'bash', arguments: {} },
})

test('an output with very many backticks stands in a fence that is longer than any in it', async () => {
  const content = `${'` '.repeat(MANY)}\`\`\`\`\n`
  const end = {
    type: 'tool.execution_complete',
    data: { toolCallId: '1', success: true, result: { content } },
  }
  const lines = (await exported([start('1'), end])).split('\n')
  expect(lines.filter(line => /^`+$/.test(line))).toEqual(['`````', '`````'])
})

test('very many calls that never ended are all there', async () => {
  const written = await exported(Array.from({ length: MANY }, (_, index) => start(String(index))))
  expect(written.split('\n').filter(line => line.startsWith('**bash** '))).toHaveLength(MANY)
})
