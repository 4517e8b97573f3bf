import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { openStage } from '../support/chat.ts'
import { linePerson } from '../support/lines.ts'
import { type OpenMcp, startOpenMcp } from '../support/open-mcp.ts'
import { composer, count, leave, panel, prompted, say, unwrapped } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

const STOPPED = 'is not available: it did not answer in time and was stopped; /mcp reload tries again'

/** A stage of its own, since these wait for the same seconds, and servers by name. */
async function open<Name extends string>({ onTestFinished }: TestContext, ...names: Name[]) {
  const stage = await openStage({ keychain: false })
  onTestFinished(() => stage.close())
  const servers = {} as Record<Name, OpenMcp>
  for (const name of names) {
    servers[name] = await startOpenMcp()
    onTestFinished(() => servers[name].close())
  }
  const args = names.flatMap(name => ['--mcp', `${name}=${servers[name].url}`])
  return { stage, servers, args }
}

const sees = (chat: TestTerminal, text: string) => chat.until(() => unwrapped(chat).includes(text))
const status = (chat: TestTerminal) => chat.screen().trimEnd().split('\n').at(-1) ?? ''

describe.concurrent('a server that hangs', () => {
  test('two of them, with the first prompt sent before: told once each, the turn has the tools of the others', async context => {
    const { stage, servers, args } = await open(context, 'slow', 'list', 'good')
    servers.slow.hang('all')
    servers.list.hang(['tools/list'])
    const chat = stage.open(['chat', '--allow-all-tools', ...args])
    await say(chat, 'CALL good-greet {}')
    await chat.until(() => status(chat).includes('waiting for slow'))
    // The keys are alive meanwhile, and Esc takes the message back.
    await chat.keys(KEY.escape)
    await chat.until(() => composer(chat) === 'CALL good-greet {}')
    await chat.keys(KEY.enter)
    await sees(chat, `slow ${STOPPED}`)
    await sees(chat, `list ${STOPPED}`)
    await sees(chat, '\nHello there.')
    await chat.until(() => /not available: (slow, list|list, slow)/.test(status(chat)))
    expect(count(unwrapped(chat), STOPPED)).toBe(2)

    servers.slow.hang([])
    servers.list.hang([])
    await say(chat, '/mcp reload')
    await chat.until(() => !status(chat).includes('not available'))
    await say(chat, 'CALL list-greet {}')
    await chat.until(() => count(unwrapped(chat), '\nHello there.') === 2)
    await leave(chat)
  })

  test('after a reload', async context => {
    const { stage, servers, args } = await open(context, 'slow', 'good')
    const chat = stage.open(['chat', ...args])
    await say(chat, 'SAY first')
    await sees(chat, '\nfirst')
    servers.slow.hang('all')
    await say(chat, '/mcp reload')
    await say(chat, 'SAY second')
    await chat.until(() => status(chat).includes('waiting for slow'))
    await sees(chat, `slow ${STOPPED}`)
    await sees(chat, '\nsecond')
    await leave(chat)
  })

  test('once it was connected, before its first turn: Esc interrupts at once, the next turn goes on', async context => {
    const { stage, servers, args } = await open(context, 'slow', 'good')
    const chat = stage.open(['chat', ...args])
    await chat.until(() => servers.slow.count('tools/list') > 0 && servers.good.count('tools/list') > 0)
    servers.slow.hang('all')
    await say(chat, 'SAY first')
    await chat.until(() => status(chat).includes('Esc stops'))
    await chat.keys('still typing')
    await chat.until(() => composer(chat) === 'still typing')
    await chat.keys(KEY.escape)
    await sees(chat, '○ interrupted')
    await sees(chat, `slow ${STOPPED}`)
    await chat.until(() => !status(chat).includes('Esc stops'))
    await chat.keys(KEY.enter)
    await sees(chat, '› still typing')
    await say(chat, 'SAY second')
    await sees(chat, '\nsecond')
    await leave(chat)
  })

  test('beside one that needs a sign-in: told while the panel is open, no waiting after it', async context => {
    const { stage, servers, args } = await open(context, 'slow')
    servers.slow.hang('all')
    const chat = stage.open(['chat', ...args, '--mcp', `notes=${stage.world.mcp.url}`], {
      env: { BROWSER: stage.browser() },
    })
    await panel(chat, 'Sign in to notes')
    await sees(chat, `slow ${STOPPED}`)
    expect(chat.screen()).toContain('Sign in to notes')
    await chat.keys('b')
    await sees(chat, 'signed in to notes')
    await say(chat, 'who am i?')
    await panel(chat, 'y once')
    await chat.keys('y')
    await sees(chat, 'You are signed in as Ada')
    await leave(chat)
  })

  test('at a tool call: the row says which, Esc marks it; or /mcp stop, and the turn goes on', async context => {
    const { stage, servers, args } = await open(context, 'slow')
    const chat = stage.open(['chat', '--allow-all-tools', ...args])
    await chat.until(() => servers.slow.count('tools/list') > 0)
    servers.slow.hang(['tools/call'])
    await say(chat, 'CALL slow-greet {}')
    await sees(chat, '○ slow · greet')
    await chat.keys(KEY.escape)
    await sees(chat, 'slow · greet  cancelled')
    await sees(chat, '○ interrupted')
    await say(chat, 'CALL slow-greet {"again":true}')
    await sees(chat, '○ slow · greet  again=true')
    await say(chat, '/mcp stop nobody')
    await sees(chat, '! there is no server "nobody" here')
    await say(chat, '/mcp stop slow')
    await sees(chat, '○ slow is stopped; /mcp reload connects it anew')
    await sees(chat, '✗ slow · greet  again=true  failed')
    await chat.until(() => !status(chat).includes('Esc stops'))
    await leave(chat)
  })

  test('a program that never speaks: the turn goes on, told with what can be done about it', async context => {
    const { stage } = await open(context)
    const config = join(stage.world.work, 'deaf.json')
    const deaf = { type: 'stdio', command: 'sleep', args: ['100'] }
    await writeFile(config, JSON.stringify({ mcpServers: { deaf } }))
    const chat = stage.open(['chat', '--mcp-config', config])
    await say(chat, 'SAY hello')
    await sees(chat, 'tools of MCP servers: deaf still starts (/mcp stop deaf ends the waiting)')
    await sees(chat, '\nhello')
    await say(chat, '/mcp stop deaf')
    await sees(chat, '○ deaf is stopped')
    await say(chat, 'SAY again')
    await sees(chat, '\nagain')
    expect(count(unwrapped(chat), 'still starts')).toBe(1)
    await leave(chat)
  })

  test('in one prompt: one line on stderr, and the answer with the tools of the others', async context => {
    const { stage, servers, args } = await open(context, 'slow', 'list', 'good')
    servers.slow.hang('all')
    servers.list.hang(['tools/list'])
    const config = join(stage.world.work, 'deaf.json')
    const deaf = { type: 'stdio', command: 'sleep', args: ['100'] }
    await writeFile(config, JSON.stringify({ mcpServers: { deaf } }))
    const run = await stage.run([
      ...['chat', '-p', 'CALL good-greet {}', '--allow-all-tools', '--mcp-config', config, ...args],
    ])
    expect(run).toMatchObject({ code: 0, stdout: 'Hello there.\n' })
    const line = (name: string) => `${name} is not connected: it did not answer in time and was stopped`
    expect(run.stderr.trim().split('\n').sort()).toEqual([line('deaf'), line('list'), line('slow')])
  })

  test('in plain lines: told, stopped by Ctrl+C, and brought back', async context => {
    const { stage, servers, args } = await open(context, 'slow', 'good')
    servers.slow.hang('all')
    const chat = stage.open(['chat', '--plain', ...args])
    const { hear, say: type } = linePerson(chat)
    await hear('twice it leaves.')
    await type('SAY hello')
    await hear('waiting for slow')
    await chat.until(() => chat.raw().includes('slow: not available'))
    await hear('slow: not available (it did not answer in time and was stopped); /mcp reload tries again')
    await hear('ready')
    servers.slow.hang([])
    await type('/mcp reload')
    await hear('slow: connected')
    servers.slow.hang(['tools/call'])
    await type('CALL slow-greet {}')
    await hear('1 allow once')
    await hear('Choice')
    await type('1')
    await hear('allowed once')
    await chat.keys(KEY.ctrlC)
    await hear('tool slow greet was cancelled')
    await hear('interrupted')
    await type('SAY after')
    await hear('after')
    chat.kill()
  })
})

test('the composer is there from the start', async context => {
  const { stage, servers, args } = await open(context, 'slow')
  servers.slow.hang('all')
  const chat = stage.open(['chat', ...args])
  await prompted(chat)
  await say(chat, 'SAY hello')
  await chat.until(() => status(chat).includes('waiting for slow'))
  await leave(chat)
  expect(chat.lines().join('\n')).toContain('not sent: SAY hello')
})
