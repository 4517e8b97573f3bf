import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { visit } from '../../demo/visit.ts'
import { openStage, type Stage } from '../support/chat.ts'
import { leaveLines, linePerson, onlyLines } from '../support/lines.ts'
import { more } from '../support/more.ts'
import { count } from '../support/person.ts'
import { runtimeOf } from '../support/processes.ts'
import { KEY } from '../support/terminal.ts'

const FORMS = fileURLToPath(new URL('../support/forms-server.ts', import.meta.url))
const WAY = 'Choice (a number, Enter for 1):'
const CHOICE = 'Choice (a number):'

let stage: Stage
afterEach(() => stage.close())

const notes = () => ['--mcp', `notes=${stage.world.mcp.url}`]
const signIns = () => stage.world.authorizationServer.count('token', 'authorization_code')

test('a whole story: sign-in, permission, more rights, later, /login, the end, and resumed', async () => {
  stage = await openStage()
  const env = { BROWSER: stage.browser() }
  const chat = stage.open(['chat', '--plain', ...notes()], { env })
  const { hear, say, answer } = linePerson(chat)
  const first = await hear(WAY)
  expect(first).toContain('Sign in to notes')
  expect(first).toContain('The server asks for a sign-in before its first use.')
  expect(first).toContain(
    `Sign-in page: ${new URL(stage.world.authorizationServer.issuer).host}, first seen.`,
  )
  expect(first).toContain('1 open the browser, 2 code for another device, 3 paste an address')
  expect(stage.world.authorizationServer.count('authorization')).toBe(0)
  await say('1')
  await hear('signed in to notes')
  await hear('notes: connected')

  await say('who am i?')
  await hear('tool notes whoami starts')
  await hear('Use whoami of notes?')
  await answer(CHOICE, '3')
  await answer('What should the model know? (one line)', 'not today')
  await hear('not allowed')
  await hear('ready')
  await chat.until(() =>
    stage.world.model.requests.some(({ messages }) => JSON.stringify(messages).includes('not today')),
  )
  expect(stage.world.mcp.calls('whoami')).toBe(0)

  await say('CALL whoami {}')
  await answer(CHOICE, '')
  await hear('That is none of these.')
  await answer(CHOICE, '4')
  await hear('allowed in this session')
  await hear('tool notes whoami is done')
  await hear('You are signed in as Ada')
  await hear('ready')

  stage.world.authorizationServer.revokeAll()
  await say('CALL whoami {"again":true}')
  await answer(WAY, '5')
  await hear('notes: sign-in later (/login notes)')
  await hear('ready')
  await say('/login notes')
  await answer(WAY, '1')
  await hear('signed in to notes')
  await hear('not sent: notes is signed in now. Please try whoami again.')
  await hear('/send sends it')
  await say('/send')
  await hear('you: notes is signed in now. Please try whoami again.')
  await hear('ready')

  await say('delete my newest note')
  await answer(CHOICE, '1')
  const more = await hear(WAY)
  expect(more).toContain('notes asks for more rights')
  expect(more).toContain('Rights: notes.write. Already given: notes.read.')
  await say('')
  await hear('signed in to notes')
  // The runtime asks for the same call once more.
  await answer(CHOICE, '1')
  await hear('The newest note of Ada is deleted.')
  await hear('ready')

  await say('/mcp')
  await hear('notes: connected')
  await chat.keys(KEY.ctrlD)
  expect(await chat.exit).toMatchObject({ code: 0 })
  const id = /to continue: copilot-host resume ([0-9a-f]{8})/.exec(chat.raw())?.[1] ?? 'none'
  onlyLines(chat)
  expect(signIns()).toBe(3)

  const again = stage.open(['resume', id, '--plain', ...notes()], { env })
  const next = linePerson(again)
  const past = await next.hear('Now:')
  expect(past).toContain('you: who am i?')
  expect(past).toContain('tool notes whoami is done: You are signed in as Ada')
  await next.say('who am i?')
  await next.answer(CHOICE, '1')
  await next.hear('You are signed in as Ada')
  await next.hear('ready')
  await again.keys(KEY.ctrlD)
  expect(await again.exit).toMatchObject({ code: 0 })
  onlyLines(again)
  expect(signIns()).toBe(3)
})

more(
  'device: the code, a wrong paste, another way by its number, and approved elsewhere; in a dumb terminal',
  async () => {
    stage = await openStage()
    const chat = stage.open(['chat', ...notes()], {
      term: 'dumb',
      env: { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' },
    })
    const { hear, say, answer } = linePerson(chat)
    expect(await hear(WAY)).toContain('1 code for another device')
    await say('1')
    const shown = await hear(/[A-Z]{4}-[A-Z]{4}/)
    const code = /[A-Z]{4}-[A-Z]{4}$/.exec(shown)?.[0] ?? 'none'
    expect(shown).toContain(stage.world.authorizationServer.devicePage)
    await hear('Only if you started this yourself')
    await answer('or a pasted address):', 'http://127.0.0.1:1/callback?code=x&state=of-another-sign-in')
    await hear('that is not the address that this sign-in ends at')
    await answer('or a pasted address):', 'what?')
    await hear('That is none of these.')
    await answer('or a pasted address):', '2')
    await hear('Open this address in any browser and sign in:')
    await hear('Address (or a number):')
    await visit(stage.world.authorizationServer.devicePage, { code, as: 'grace@example.com' })
    await hear('signed in to notes')
    expect(stage.world.authorizationServer.count('token', 'device_code')).toBe(1)
    await chat.keys(KEY.ctrlD)
    expect(await chat.exit).toMatchObject({ code: 0 })
    onlyLines(chat)
  },
)

more('paste: the address of the last page is recognised while the browser is waited for', async () => {
  stage = await openStage()
  const chat = stage.open(['chat', ...notes()], { env: { COPILOT_HOST_PLAIN: '1', BROWSER: 'true' } })
  const { hear, say, answer } = linePerson(chat)
  await answer(WAY, '1')
  await hear('open this address:')
  const url = /http:\/\/\S+/.exec(await hear(/http:\/\/\S+\r\n/))?.[0] ?? 'none'
  await hear('or a pasted address):')
  // Somebody signs in where this machine cannot be reached: the page ends at an address that leads nowhere.
  const back = new URL(new URL(url).searchParams.get('redirect_uri') ?? '')
  const { url: ended } = await visit(url, { beyond: back.origin })
  await say(ended)
  await hear('signed in to notes')
  // The same line once more is nothing for the model.
  await say(ended)
  await hear('It was not sent.')
  await chat.keys(KEY.ctrlD)
  await chat.exit
  expect(JSON.stringify(stage.world.model.requests)).not.toContain('code=')
})

more('a line from before the question is no answer', async () => {
  stage = await openStage()
  const chat = stage.open(['chat', '--plain'])
  const { hear, say, answer } = linePerson(chat)
  await hear('Type a message')
  await say('CALL bash {"command":"echo once > made","description":"x"}')
  await hear('Run a command?')
  await say('1')
  await say('tell me more')
  await hear('queued: 1 tell me more')
  await hear(CHOICE)
  expect(chat.raw()).not.toContain('allowed')
  await say('nonsense')
  await hear('That is none of these.')
  await answer(CHOICE, '2')
  await hear('not allowed')
  await leaveLines(chat)
})

more(
  'two servers: one question at a time, and Ctrl+C takes the one in front; the keychain survives it',
  async () => {
    stage = await openStage()
    const other = await openStage({ keychain: false })
    try {
      const args = ['chat', '--plain', ...notes(), '--mcp', `more=${other.world.mcp.url}`]
      const chat = stage.open(args, { env: { BROWSER: stage.browser() } })
      const { hear, answer } = linePerson(chat)
      const first = /Sign in to (notes|more)/.exec(await hear(WAY))?.[1] ?? 'none'
      const second = first === 'notes' ? 'more' : 'notes'
      expect(count(chat.raw(), 'Sign in to')).toBe(1)
      await chat.keys(KEY.ctrlC)
      await hear(`${first}: sign-in cancelled`)
      await hear(`Sign in to ${second}`)
      await answer(WAY, '1')
      await hear(`signed in to ${second}`)
      await hear(stage.keychain ? 'the system keychain' : 'a file of your own')
      await chat.keys(KEY.ctrlD)
      expect(await chat.exit).toMatchObject({ code: 0 })
      onlyLines(chat)
    } finally {
      await other.close()
    }
  },
)

more('two servers in one tab: the second follows, and is asked about when its turn comes', async () => {
  stage = await openStage()
  const other = await openStage({ keychain: false })
  try {
    const args = ['chat', '--plain', ...notes(), '--mcp', `more=${other.world.mcp.url}`]
    const chat = stage.open(args, { env: { BROWSER: stage.browser() } })
    const { hear, answer } = linePerson(chat)
    const first = /Sign in to (notes|more)/.exec(await hear(WAY))?.[1] ?? 'none'
    const second = first === 'notes' ? 'more' : 'notes'
    await chat.keys('?\r')
    const menu = await hear(WAY)
    expect(menu).toContain('7 all 2 by browser, in one tab')
    expect(menu).toContain('8 the next one first')
    await chat.keys('7\r')
    await hear(`signed in to ${first}`)
    await hear(`Sign in to ${second}`)
    await hear('The page of the sign-in before leads to this one.')
    await answer('or a pasted address):', '1')
    await hear(`signed in to ${second}`)
    await chat.keys(KEY.ctrlD)
    expect(await chat.exit).toMatchObject({ code: 0 })
    onlyLines(chat)
  } finally {
    await other.close()
  }
})

test('a question of the model and a form of a server, answered by lines', async () => {
  stage = await openStage({ keychain: false })
  const forms = { type: 'stdio', command: process.execPath, args: [FORMS], tools: ['*'] }
  const config = JSON.stringify({ mcpServers: { forms } })
  const chat = stage.open(['chat', '--plain', '--mcp-config', config, '--allow-all-tools'])
  const { hear, say, answer } = linePerson(chat)
  await say('CALL ask_user {"question":"?","choices":["red","blue"]}')
  await hear('1 red, 2 blue, 3 no answer')
  await answer('your own words, or /later):', '2')
  await hear('User selected: blue')
  await hear('ready')
  await say('CALL order {}')
  await answer('Choice (a number, or /later):', '1')
  await answer('Text:', 'Ada')
  await answer('Enter for none:', '')
  await answer('Enter for blue', '')
  await answer('Enter for none:', '2')
  await hear('name: Ada')
  await answer('Choice (a number, or /later):', '1')
  await hear('{"action":"accept","content":{"name":"Ada","colour":"blue","gift":false}}')
  await hear('ready')
  await leaveLines(chat)
})

test('Ctrl+C stops the turn and gives back what waits; twice it leaves with 130', async () => {
  stage = await openStage()
  const chat = stage.open(['chat', '--plain'])
  const { hear, say } = linePerson(chat)
  await say('STREAM n=2000 r=200 id=x')
  await hear('wx-150 ')
  await say('SAY later')
  await hear('queued: SAY later')
  await chat.keys(KEY.ctrlC)
  await hear('not sent: SAY later')
  await hear('interrupted')
  await hear('ready')
  await say('/send')
  await hear('you: SAY later')
  await hear('ready')
  await leaveLines(chat)
  expect(chat.raw()).toMatch(/to continue: copilot-host resume [0-9a-f]{8}\r\n$/)
})

more(
  'what was typed and not sent is said at the end; the runtime killed in a sign-in: told once, left with 3',
  async () => {
    stage = await openStage()
    const chat = stage.open(['chat', '--plain', ...notes()])
    const first = linePerson(chat)
    await first.hear(WAY)
    const runtime = runtimeOf(chat.pid)
    process.kill(runtime, 'SIGKILL')
    await first.hear('Enter starts it again')
    await first.hear('no longer needed')
    await chat.keys(KEY.ctrlD)
    expect(await chat.exit).toMatchObject({ code: 3 })
    expect(count(chat.raw(), 'the Copilot runtime stopped (SIGKILL)')).toBe(1)

    const next = stage.open(['chat', '--plain', ...notes()])
    const person = linePerson(next)
    await person.hear('Type a message')
    await person.say('a message that waits')
    await person.hear('queued: a message that waits')
    await person.hear(WAY)
    await next.keys('half a lin', KEY.ctrlD, KEY.ctrlD)
    expect(await next.exit).toMatchObject({ code: 0 })
    expect(next.raw()).toContain('not sent: a message that waits\r\nnot sent: half a lin\r\n')
    for (const one of [chat, next]) onlyLines(one)
  },
)

more('without a terminal --plain changes nothing: one prompt, one answer', async () => {
  stage = await openStage()
  const piped = await stage.run(['chat', '--plain'], { stdin: 'SAY hello' })
  expect(piped).toEqual({ code: 0, stdout: 'hello\n', stderr: '' })
})
