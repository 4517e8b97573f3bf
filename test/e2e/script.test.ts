import { readFile } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { more } from '../support/more.ts'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]
const lines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line))
const bash = (command: string) => `CALL bash ${JSON.stringify({ command, description: 'x' })}`

test('--output json: one object with the answer, what it took, and the session to go on with', async () => {
  stage = await openStage()
  const first = await stage.run(['chat', '-p', 'SAY forty-two', '--output', 'json'])
  expect(first).toMatchObject({ code: 0, stderr: '' })
  const result = JSON.parse(first.stdout)
  expect(result).toEqual({
    ...{ version: 1, session: expect.any(String), exitCode: 0, answer: 'forty-two\n', turns: 1, tools: 0 },
    duration: expect.any(Number),
    usage: expect.objectContaining({
      models: [expect.objectContaining({ model: 'practice-model', requests: 1 })],
    }),
  })
  const second = await stage.run(['resume', result.session, '-p', 'SAY more', '--output', 'json'])
  expect(JSON.parse(second.stdout)).toMatchObject({ session: result.session, answer: 'more\n' })
})

test('--output stream-json: one event a line, the last one is the result', async () => {
  stage = await openStage()
  const prompt = `THINK hm\n${bash('echo hi; echo secret >&2')}\nSAY all done now`
  const run = await stage.run(['chat', '-p', prompt, '--allow-tool', 'shell', '--output', 'stream-json'])
  expect(run).toMatchObject({ code: 0, stderr: '' })
  const events = lines(run.stdout)
  const of = (type: string) => events.filter(event => event.type === type)
  expect(events[0]).toMatchObject({
    type: 'session',
    version: 1,
    model: 'practice-model',
    folder: stage.world.work,
  })
  const [start] = of('tool-start')
  expect(start).toMatchObject({ tool: 'bash', summary: expect.stringContaining('echo hi') })
  expect(of('permission')).toEqual([
    { type: 'permission', tool: expect.stringContaining('shell'), decision: 'allowed' },
  ])
  expect(of('tool-end')).toEqual([
    { type: 'tool-end', id: start?.id, end: 'ok', text: expect.stringContaining('hi') },
  ])
  expect(of('reasoning').map(({ text }) => text)).toEqual(['hm'])
  expect(of('turn')).toHaveLength(2)
  const text = of('text')
    .map(event => event.text)
    .join('')
  expect(text).toBe('all done now\n')
  expect(events.at(-1)).toMatchObject({ type: 'result', exitCode: 0, answer: text, turns: 2, tools: 1 })
})

test('a sign-in that is needed: one line of JSON with server, reason and the command to run', async () => {
  stage = await openStage()
  const run = await stage.run([
    'chat',
    '-p',
    'who am i?',
    ...notes(),
    '--allow-all-tools',
    '--output',
    'json',
  ])
  expect(run.code).toBe(4)
  const [error, ...others] = lines(run.stderr)
  expect(others).toEqual([])
  const told = {
    ...{ kind: 'sign-in-needed', exitCode: 4, server: 'notes', reason: 'initial' },
    message: expect.stringContaining('notes needs a sign-in'),
    run: expect.stringContaining(`auth login ${stage.world.mcp.url}`),
  }
  expect(error).toEqual({ error: told })
  expect(JSON.parse(run.stdout)).toMatchObject({ exitCode: 4, answer: '', error: told })
})

test('denied in the browser, an error of the model, wrong usage: JSON too, each with its code', async () => {
  stage = await openStage()
  const json = ['--output', 'stream-json']
  const env = { BROWSER: stage.browser({ deny: true }) }
  const denied = await stage.run(['chat', '-p', 'x', ...notes(), '--sign-in', 'browser', ...json], { env })
  expect(denied.code).toBe(4)
  expect(lines(denied.stdout).at(-1)).toMatchObject({
    type: 'result',
    exitCode: 4,
    error: { server: 'notes' },
  })
  expect(lines(denied.stderr).at(-1)).toMatchObject({ error: { exitCode: 4, server: 'notes' } })

  const failed = await stage.run(['chat', '-p', 'FAIL 400', ...json])
  expect(failed.code).toBe(1)
  expect(lines(failed.stderr).at(-1)).toMatchObject({ error: { kind: 'model', exitCode: 1 } })

  const wrong = await stage.run(['chat', '-p', 'x', '--nope', ...json])
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  expect(lines(wrong.stderr)).toEqual([
    { error: { kind: 'usage', exitCode: 2, message: expect.stringContaining('--nope') } },
  ])
  const runtime = await stage.run(['chat', '-p', 'x', ...json], {
    env: { COPILOT_CLI_PATH: '/nowhere/copilot' },
  })
  expect(runtime.code).toBe(3)
  expect(lines(runtime.stderr)).toMatchObject([{ error: { kind: 'runtime-missing', exitCode: 3 } }])
})

test('rules: a denial wins, a prefix allows one command, what lies outside needs its own option', async () => {
  stage = await openStage()
  const run = async (command: string, ...rules: string[]) => {
    const { stdout, stderr } = await stage.run(['chat', '-p', bash(command), ...rules])
    return { stdout, stderr }
  }
  expect((await run('echo hi', '--allow-tool', 'shell(echo:*)')).stdout).toContain('hi')
  const both = await run('touch a && touch b', '--allow-tool', 'shell(touch:*)')
  expect(both.stderr).toContain('was not allowed')
  const denied = await run('echo hi', '--allow-all', '--deny-tool', 'shell(echo)')
  expect(denied.stderr).toContain('was denied by the rule shell(echo)')
  expect(denied.stdout).toContain('A rule of the person denies it')

  const view = `CALL view ${JSON.stringify({ path: '/etc/hosts' })}`
  const refused = await stage.run(['chat', '-p', view, '--allow-all-tools'])
  expect(refused.stderr).toContain('--allow-all-paths allows it')
  for (const allow of [['--add-dir', '/etc'], ['--allow-all-paths'], ['--allow-all']]) {
    const seen = await stage.run(['chat', '-p', view, ...allow])
    expect(seen).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('localhost') })
  }
})

test('--max-turns and --timeout stop a run: exit 1, what was said stays said', async () => {
  stage = await openStage()
  const limited = await stage.run([
    ...['chat', '-p', bash('echo hi'), '--allow-all-tools', '--max-turns', '1', '--output', 'json'],
  ])
  expect(limited.code).toBe(1)
  expect(JSON.parse(limited.stdout)).toMatchObject({
    turns: 1,
    error: { kind: 'limit', message: 'stopped after 1 turn (--max-turns)' },
  })
  const late = await stage.run(['chat', '-p', 'STREAM n=100000 r=20 id=a', '--timeout', '2s'])
  expect(late).toMatchObject({ code: 1, stderr: 'the time is over (--timeout)\n' })
  // Longer than a timer of Node's can be.
  const long = await stage.run(['chat', '-p', 'SAY in time', '--timeout', '30d'])
  expect(long).toEqual({ code: 0, stdout: 'in time\n', stderr: '' })
  expect(late.stdout).toMatch(/^wa-1 wa-2/)
})

more('for one prompt only; and progress is for a person who watches', async () => {
  stage = await openStage()
  const chat = stage.open(['chat', '--output', 'json'])
  expect((await chat.exit).code).toBe(2)
  expect(chat.screen()).toContain('--output is for one prompt')
  const watched = stage.open(['chat', '-p', `${bash('echo hi')}\nSAY done`, '--allow-all-tools'])
  expect((await watched.exit).code).toBe(0)
  expect(watched.screen()).toContain('○ bash')
  expect(watched.screen()).toContain('done')
})

/** The fields that docs/automation.md names, by type of event. */
async function documented(): Promise<Map<string, Set<string>>> {
  const text = await readFile(new URL('../../docs/automation.md', import.meta.url), 'utf8')
  const [, table = ''] = text.split('| event | fields |')
  const rows = table.split('\n').flatMap(row => {
    const [, event, fields] = /^\| `([\w-]+)` \| (.*) \|$/.exec(row) ?? []
    return event === undefined || fields === undefined ? [] : [[event, fields] as const]
  })
  return new Map(
    rows.map(([event, fields]) => [
      event,
      new Set([...fields.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)),
    ]),
  )
}

test('every event and every field is in docs/automation.md', async () => {
  stage = await openStage()
  const fields = await documented()
  const prompt = `THINK hm\nCALL whoami {}\n${bash('echo hi')}\nCALL view {"path":"/etc/hosts"}\nSAY done`
  const args = ['chat', ...notes(), '--mcp', 'gone=http://127.0.0.1:1/mcp', '--output', 'stream-json', '-p']
  const env = { BROWSER: stage.browser() }
  const rules = ['--allow-tool', 'notes', '--deny-tool', 'shell']
  const long = await stage.run([...args, prompt, '--sign-in', 'browser', ...rules], { env })
  const failed = await stage.run([...args, 'FAIL 400'])
  const events = [...lines(long.stdout), ...lines(failed.stdout)]
  for (const { type, ...event } of events) {
    for (const field of Object.keys(event))
      expect([type, [...(fields.get(String(type)) ?? [])]]).toEqual([type, expect.arrayContaining([field])])
  }
  const seen = new Set(events.map(({ type }) => type))
  // What breaks off is seen in events.test.ts.
  const rare = ['notice', 'discarded']
  expect([...fields.keys()].filter(type => !seen.has(type) && !rare.includes(type))).toEqual([])
})
