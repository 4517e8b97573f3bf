import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'
import { startOpenMcp } from '../support/open-mcp.ts'
import { allow, composer, leave, panel, prompted, say, unwrapped } from '../support/person.ts'
import { KEY, type TestTerminal } from '../support/terminal.ts'

let stage: Stage
afterEach(() => stage.close())

const file = (name: string) => join(stage.world.work, name)
const create = (name: string) => `CALL create ${JSON.stringify({ path: file(name), file_text: 'x' })}`

/** Gives the model its orders, as many lines as they are. */
async function order(chat: TestTerminal, ...lines: string[]): Promise<void> {
  await prompted(chat)
  chat.paste(lines.join('\n'))
  await chat.until(() => composer(chat) !== '')
  await chat.keys(KEY.enter)
}

/** The call is marked, and the turn is over: the runtime ends it with a no that gives no reason. */
const refused = (chat: TestTerminal) =>
  chat.until(
    () =>
      / denied( |$)/m.test(unwrapped(chat)) && composer(chat) === '' && !chat.screen().includes('working…'),
  )

/** The model has said this. */
const heard = (chat: TestTerminal, text: string) => chat.until(() => chat.lines().includes(text))

describe.each(
  some(
    [
      { cols: 80, rows: 24, project: 'p this project' },
      { cols: 40, rows: 12, project: 'p project' },
    ],
    2,
  ),
)('at $cols x $rows', ({ project, ...size }) => {
  test('this project: allowed in the next chat too, until it is taken back', async () => {
    stage = await openStage({ keychain: false })
    const first = stage.open(['chat'], size)
    await order(first, create('a'), 'SAY made-a')
    await panel(first, 'Change a file?')
    for (const part of [project, 's and p allow from now on: to change', 'n no'])
      expect(first.screen()).toContain(part)
    await first.keys('p')
    await heard(first, 'made-a')
    expect(unwrapped(first)).toContain('○ allowed in this project from now on: to change any file')
    await leave(first)

    const second = stage.open(['chat'], size)
    await order(second, create('b'), 'SAY made-b')
    await heard(second, 'made-b')
    expect(existsSync(file('b'))).toBe(true)
    await say(second, '/reset-allowed-tools')
    await second.until(() => unwrapped(second).includes('have been reset'))
    await order(second, create('c'))
    await panel(second, 'Change a file?')
    await second.keys('n')
    await refused(second)
    expect(existsSync(file('c'))).toBe(false)
    await leave(second)
  })

  test('several at once: their place in the queue, and a no with a reason that the model reads', async () => {
    stage = await openStage({ keychain: false })
    const chat = stage.open(['chat'], size)
    await order(chat, create('a'), create('b'), create('c'))
    await panel(chat, '1 of 3')
    await chat.keys('y')
    await panel(chat, '2 of 3')
    await chat.keys('N')
    await chat.until(() => chat.screen().includes('What should the model know?'))
    await chat.keys('not that one')
    await chat.until(() => chat.screen().includes('› not that one'))
    await chat.keys(KEY.enter)
    await panel(chat, '3 of 3')
    await chat.keys('s')
    await chat.until(() => /User\s+feedback: not that one/.test(chat.lines().join('\n')))
    expect(['a', 'b', 'c'].filter(name => existsSync(file(name)))).toHaveLength(2)
    expect(unwrapped(chat)).toContain('○ allowed in this session from now on: to change any file')
    await order(chat, create('d'), 'SAY made-d')
    await heard(chat, 'made-d')
    await leave(chat)
  })

  test('the same call is asked about again after a renewed sign-in, and the question says why', async () => {
    stage = await openStage({ keychain: false })
    const env = { BROWSER: stage.browser() }
    const chat = stage.open(['chat', '--mcp', `notes=${stage.world.mcp.url}`], { ...size, env })
    await panel(chat, 'Sign in to notes')
    await chat.keys('b')
    await chat.until(() => chat.screen().includes('signed in to notes'))
    await say(chat, 'who am i?')
    await panel(chat, 'Use whoami of notes?')
    expect(chat.screen()).not.toContain('asked again')
    stage.world.authorizationServer.expireAccessTokens()
    await chat.keys('y')
    await chat.until(() => chat.screen().includes('asked again: the sign-in to notes was'))
    await allow(chat)
    await chat.until(() => chat.screen().includes('You are signed in as Ada'))
    expect(stage.world.mcp.calls('whoami')).toBe(1)
    await leave(chat)
  })
})

test('what is typed while a question appears answers nothing, and is still there afterwards', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat'])
  await order(chat, create('a'))
  for (const key of 'yes, s and p, n') await chat.keys(key)
  await chat.until(() => chat.screen().includes('Change a file?'))
  await chat.keys('y', 's', 'p', KEY.backspace)
  await chat.until(() => composer(chat) === 'yes, s and p, nys')
  expect(existsSync(file('a'))).toBe(false)
  await panel(chat, 'Change a file?')
  chat.paste('y')
  await chat.keys('x', KEY.enter, KEY.up)
  await panel(chat, 'Change a file?')
  expect(existsSync(file('a'))).toBe(false)
  await chat.keys(KEY.escape)
  await chat.until(() => composer(chat)?.startsWith('yes, s and p, nys') === true)
  expect(existsSync(file('a'))).toBe(false)
  await leave(chat)
})

test('where something is denied, nothing is allowed for longer than once: the denial would be passed by', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat', '--deny-tool', 'write(secret)', '--deny-tool', 'shell(ls)'])
  await order(chat, create('a'), 'SAY made-a')
  await panel(chat, 'Change a file?')
  expect(chat.screen()).toMatch(/^y once {3}n no {3}N no, and say why$/m)
  await allow(chat)
  await heard(chat, 'made-a')
  await order(chat, create('secret'), 'CALL bash {"command":"ls","description":"x"}', 'SAY not-made')
  await heard(chat, 'not-made')
  expect(existsSync(file('secret'))).toBe(false)
  expect(unwrapped(chat)).toContain('was denied by the rule shell(ls)')
  await leave(chat)
})

test('a denial holds also for what was allowed for the project, and takes nothing of that away', async () => {
  stage = await openStage({ keychain: false })
  const ask = (name: string, ...options: readonly string[]) =>
    stage.run([
      'chat',
      '-p',
      `${create(name)}\nCALL bash {"command":"touch b-${name}","description":"x"}`,
      ...options,
    ])
  const chat = stage.open(['chat'])
  await order(chat, create('a'), 'CALL bash {"command":"touch b-a","description":"x"}', 'SAY made-a')
  for (const question of ['Change a file?', 'Run a command?']) {
    await panel(chat, question)
    await chat.keys('p')
    await chat.until(() => !chat.screen().includes(question))
  }
  await heard(chat, 'made-a')
  await leave(chat)
  const denied = await ask('c', '--deny-tool', 'write', '--deny-tool', 'shell(touch)')
  expect([existsSync(file('c')), existsSync(file('b-c'))]).toEqual([false, false])
  expect(denied.stderr).toContain('was denied by the rule')
  await ask('d')
  expect([existsSync(file('d')), existsSync(file('b-d'))]).toEqual([true, true])
})

test('the modes: allow-all stands in the status line in a warning colour as long as it lasts', async () => {
  stage = await openStage({ keychain: false })
  const chat = stage.open(['chat'])
  await say(chat, '/permissions allow-all')
  const status = () => chat.screen().trimEnd().split('\n').at(-1) ?? ''
  await chat.until(() => status().includes(' · allow all'))
  expect(chat.raw()).toContain('\u001b[33mallow all\u001b[39m')
  await order(chat, create('a'), 'SAY made-a')
  await heard(chat, 'made-a')
  await say(chat, '/permissions assisted')
  await chat.until(() => unwrapped(chat).includes('! the runtime does not offer assisted here'))
  await say(chat, '/permissions manual')
  await chat.until(() => !status().includes('allow all'))
  await order(chat, create('b'))
  await panel(chat, 'Change a file?')
  await chat.keys('n')
  await refused(chat)
  await leave(chat)
})

const bash = (command: string) => `CALL bash ${JSON.stringify({ command, description: 'x' })}`

/** What a run without a person makes of it: its answer, and what it says of permissions. */
async function alone(prompt: string, ...options: readonly string[]): Promise<string> {
  const { stdout, stderr } = await stage.run(['chat', '-p', prompt, ...options], { stdin: '' })
  return `${stdout}${stderr}`
}

test('without a person no command runs that nothing allows, whatever the runtime takes for reading', async () => {
  stage = await openStage({ keychain: false })
  execFileSync('git', ['init', '-q'], { cwd: stage.world.work })
  const key = join(stage.world.folder, 'key')
  await writeFile(key, 'PRIVATE')
  for (const line of [
    'ls',
    `X=${key}; cat $X`,
    'cat ~/key',
    `git log --output=${file('out')}`,
    'git symbolic-ref HEAD refs/heads/b',
  ]) {
    const told = await alone(bash(line))
    expect(told).toContain('was not allowed: --allow-tool')
    expect(told).not.toContain('PRIVATE')
  }
  expect(existsSync(file('out'))).toBe(false)
  await writeFile(file('a.txt'), 'in-a')
  expect(await alone(bash('cat a.txt'), '--allow-tool', 'shell(cat:*)')).toContain('in-a')
  expect(await alone(bash('cat a.txt | cat'), '--allow-tool', 'shell(cat:*)')).toContain('was not allowed')
  expect(await alone(bash('cat a.txt'), '--allow-all-tools')).toContain('in-a')
  // The option that it names is one that allows it, and paths outside stay a question of their own.
  const option = /--allow-tool "(.*)" allows it/.exec(await alone(bash('cat a.txt | wc -c')))?.[1] ?? ''
  expect(option).toBe('shell(cat a.txt | wc -c)')
  expect(await alone(bash('cat a.txt | wc -c'), '--allow-tool', option)).not.toContain('was not allowed')
  const outside = await alone(bash('cat /etc/hosts'), '--allow-tool', 'shell(cat:*)')
  expect(outside).toContain('--allow-all-paths')
})

test('a sub-agent has no more rights than the one that started it', async () => {
  stage = await openStage({ keychain: false })
  const orders = { agent_type: 'task', description: 'd', name: 'helper', prompt: bash('ls') }
  const task = `CALL task ${JSON.stringify(orders)}`
  expect(await alone(task)).toContain('shell(ls) was not allowed')
  expect(await alone(task, '--allow-tool', 'shell(ls)')).not.toContain('was not allowed')
  expect(await alone(task, '--allow-all', '--deny-tool', 'task')).toContain(
    'task was denied by the rule task',
  )
  const sql = 'CALL sql {"query":"select 1","description":"x"}'
  expect(await alone(sql, '--deny-tool', 'sql')).toContain('sql was denied by the rule sql')
})

test('a tool of which its server says that it only reads: rules count all the same, and one question is asked', async () => {
  stage = await openStage({ keychain: false })
  const mcp = await startOpenMcp({ readOnly: true })
  try {
    const open = ['--mcp', `open=${mcp.url}`]
    const greet = 'CALL open-greet {}'
    expect(await alone(greet, ...open)).toContain('open(greet) was not allowed: --allow-tool "open(greet)"')
    for (const rule of ['open', 'open(greet)'])
      for (const more of [[], ['--allow-all'], ['--allow-tool', 'open']])
        expect(await alone(greet, ...open, '--deny-tool', rule, ...more)).toContain(
          `denied by the rule ${rule}`,
        )
    expect(mcp.count('tools/call')).toBe(0)
    const asked = await alone(greet, ...open, '--allow-tool', 'open', '--output', 'stream-json')
    expect(asked.match(/"type":"permission"/g)).toHaveLength(1)
    expect(asked).toContain('{"type":"permission","tool":"open(greet)","decision":"allowed"}')
    expect(await alone(greet, ...open, '--allow-all')).toContain('Hello there.')
    expect(mcp.count('tools/call')).toBe(2)

    const chat = stage.open(['chat', ...open, '--deny-tool', 'open(greet)'])
    await order(chat, greet, 'SAY not-greeted')
    await heard(chat, 'not-greeted')
    expect(unwrapped(chat)).toContain('open(greet) was denied by the rule open(greet)')
    await leave(chat)
    expect(mcp.count('tools/call')).toBe(2)
  } finally {
    await mcp.close()
  }
})

test('what was allowed for the project counts without a person too, each command of a line for itself', async () => {
  stage = await openStage({ keychain: false })
  const mcp = await startOpenMcp()
  try {
    const open = ['--mcp', `open=${mcp.url}`]
    const chat = stage.open(['chat', ...open])
    for (const call of [bash('touch a'), 'CALL open-greet {}']) {
      await order(chat, call, `SAY kept-${call.length}`)
      await panel(chat, 'p this project')
      await chat.keys('p')
      await heard(chat, `kept-${call.length}`)
    }
    await leave(chat)
    await alone(bash('touch b 2>&1 | tail -1'))
    expect(existsSync(file('b'))).toBe(true)
    expect(await alone(bash('touch c; cat ~/key'))).toContain('was not allowed')
    expect(await alone('CALL open-greet {}', ...open)).toContain('Hello there.')
    expect(existsSync(file('c'))).toBe(false)
  } finally {
    await mcp.close()
  }
})
