import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'
import { allow, composer, leave, panel, prompted } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

/** The order to start a sub-agent that is given these orders. */
function task(orders: readonly string[], more: object = {}): string {
  const given = { agent_type: 'general-purpose', name: 'helper', description: 'look', mode: 'sync', ...more }
  return `CALL task ${JSON.stringify({ ...given, prompt: orders.join('\n') })}`
}

const shell = (command: string) => `CALL bash ${JSON.stringify({ command, description: 'x' })}`
const untilThere = (path: string) => `while [ ! -e ${path} ]; do sleep 0.05; done`

async function order(chat: TestTerminal, ...lines: string[]): Promise<void> {
  await prompted(chat)
  chat.paste(lines.join('\n'))
  await chat.until(() => composer(chat) !== '')
  await chat.keys(KEY.enter)
}

const said = (chat: TestTerminal) => chat.lines().join('\n')

describe.each(
  some(
    [
      { cols: 80, rows: 24 },
      { cols: 40, rows: 16 },
    ],
    2,
  ),
)('at $cols x $rows', size => {
  test('a sub-agent: its calls below its own, the question names it, its texts are never the answer of the model', async () => {
    stage = await openStage({ keychain: false })
    const chat = stage.open(['chat'], size)
    const gate = join(stage.world.work, 'gate')
    await order(chat, task([shell(`${untilThere(gate)}; exit 3`), 'SAY by-the-agent']), 'SAY by-the-model')
    await panel(chat, 'asked by the sub-agent helper')
    await allow(chat)
    await chat.until(() => /^○ task {2}helper .*\n {2}○ ↳ bash /m.test(chat.screen()))
    await chat.until(() => /^○ task .* \d(\.\d)?s$/m.test(chat.screen()))
    await writeFile(gate, '')
    await chat.until(() => /^by-the-model$/m.test(said(chat)))
    expect(said(chat)).toMatch(/\n● task {2}helper \(general-purpose\): look\s+\d/)
    expect(said(chat)).toMatch(
      /\n {2}✗ ↳ bash [^●]*failed\s+\d\S+s\n {4}exit code 3\n {2}by-the-agent\n\nby-the-model\n/,
    )
    expect(said(chat).match(/^ *by-the-agent$/gm)).toHaveLength(1)
    await leave(chat)
  })
})

test('a sub-agent that fails says why; one that is cut off is marked with its calls', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', '--allow-all-tools'])
  await order(chat, task(['FAIL 400']), 'SAY go on')
  await chat.until(() => /^go on$/m.test(said(chat)))
  expect(said(chat)).toMatch(
    /\n✗ task {2}helper [^●]*failed.*\n {2}400 the practice model was told to fail\n\ngo on\n/,
  )
  await order(chat, task([shell('echo begun; sleep 60')]))
  await chat.until(() => /^ {2}○ ↳ bash .*begun$/m.test(chat.screen()))
  await chat.keys(KEY.escape)
  await chat.until(() => said(chat).includes('\n○ interrupted'))
  expect(said(chat)).toMatch(
    /\n○ task {2}helper [^○]*cancelled[^○]*\n {2}○ ↳ bash [^○]*cancelled[^○]*\n○ interrupted/,
  )
  await leave(chat)
})

test('one in the background has a row until it is over; replayed and exported it looks the same', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', '--allow-all-tools'])
  const gate = join(stage.world.work, 'gate')
  const orders = [shell(untilThere(gate)), 'SAY by-the-agent']
  await order(chat, task(orders, { mode: 'background' }), 'SAY started')
  await chat.until(() => /^○ helper {2}in the background.*\n {2}○ ↳ bash /m.test(chat.screen()))
  expect(said(chat)).toMatch(/\n● task {2}helper \(general-purpose\): look, in the background/)
  await writeFile(gate, '')
  // How long it took is told where that was worth it.
  const over = /\n● helper {2}in the background( {2}\S+s)?\n {2}● ↳ bash /
  await chat.until(() => over.test(said(chat)))
  await chat.until(() => !chat.screen().includes('working…'))
  expect(said(chat)).not.toContain('system_notification')
  await leave(chat)

  const replay = stage.open(['replay', '--speed', '1000'])
  await replay.until(() => replay.screen().includes('the session ends here'))
  await replay.exit
  expect(said(replay)).toMatch(over)
  const show = async (...args: string[]) => (await stage.run(['sessions', ...args])).stdout
  expect(await show('show')).toMatch(/\n● helper ↳ bash {2}command=while/)
  expect(JSON.parse(await show('export', '--format', 'json')).said).toContainEqual(
    expect.objectContaining({ who: 'tool', agent: 'helper', tool: 'bash', outcome: 'ok' }),
  )
  expect(await show('export', '--redact', '--format', 'markdown')).toContain('sub-agent ↳ **bash**')
  expect(await show('export', '--redact')).not.toContain('helper ↳')
})

test('in plain lines', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', '--plain', '--allow-all-tools'])
  await chat.until(() => chat.screen().includes('practice-model'))
  // A line at a time: the order has no line feed of its own.
  await chat.keys(`${task([shell('echo inner')])}\r`)
  await chat.until(() => /tool task is done/.test(said(chat)))
  expect(said(chat)).toContain('tool task starts: helper (general-purpose): look')
  expect(said(chat)).toMatch(/\ntool bash \(of helper\) starts: command=echo inner/)
  expect(said(chat)).toMatch(/\ntool bash \(of helper\) is done.*: inner\n/)
  await chat.keys(`${task([shell('echo inner')], { mode: 'background' })}\r`)
  await chat.until(() => /\nagent helper is done/.test(said(chat)))
  await chat.keys(KEY.ctrlD)
  await chat.exit
})
