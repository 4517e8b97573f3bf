import { visit } from '../../demo/visit.ts'
import type { World } from '../../demo/world.ts'
import { runtimeOf } from '../../test/support/processes.ts'
import { KEY, type TestTerminal } from '../../test/support/terminal.ts'

/** What was done, by name. */
export type Tally = Map<string, number>

const SIZES = [
  [120, 40],
  [40, 12],
  [61, 17],
  [200, 50],
  [80, 24],
] as const

/** So many renewals in each round. */
const RENEWALS = 12

/**
 * What a person does in a chat all day long, once: some forty turns, sign-ins of all kinds, renewals, questions, permissions,
 * another session, and back. At its beginning the runtime is killed, and started again by one key.
 */
export async function round(chat: TestTerminal, world: World, tally: Tally): Promise<void> {
  const { authorizationServer: server } = world
  const did = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1)
  const tag = () => `${[...tally.values()].reduce((sum, each) => sum + each, 0)}`.padStart(6, '0')
  const rows = () => chat.screen().trimEnd().split('\n')
  const typed = () => {
    const row = rows().at(-2)
    return row?.startsWith('›') ? row.slice(2) : undefined
  }
  const sees = (text: string) => chat.until(() => chat.screen().includes(text), 60_000)
  const resting = () => chat.until(() => typed() === '' && !/\bEsc\b/.test(rows().at(-1) ?? ''), 60_000)

  async function say(...lines: readonly string[]): Promise<void> {
    await chat.until(() => typed() !== undefined, 60_000)
    await chat.keys(...lines.flatMap((line, at) => (at === 0 ? [line] : [KEY.altEnter, line])))
    await chat.until(() => chat.screen().includes(lines.at(-1) ?? ''))
    await chat.keys(KEY.enter)
  }

  async function turn(...orders: readonly string[]): Promise<void> {
    const answer = `answer-${tag()}`
    await say(...orders, `SAY ${answer}`)
    await chat.until(() => rows().some(row => row.startsWith(answer)), 60_000)
    await resting()
    did('turns')
  }

  async function command(line: string, shown: string): Promise<void> {
    await say(line)
    await sees(shown)
    await resting()
    did(
      line
        .split(' ')
        .slice(0, 2)
        .join(' ')
        .replace(/ \w{7}$/, ''),
    )
  }

  /** Waits for a panel with this text that takes keys. */
  async function panel(text: string): Promise<void> {
    await chat.until(() => typed() === undefined && chat.screen().includes(text), 60_000)
  }

  /** Opens the sign-in panel. */
  async function signIn(): Promise<void> {
    server.revokeAll()
    await say('/login notes')
    await panel('Sign in to notes')
  }

  async function signedIn(how: string): Promise<void> {
    await sees('signed in to notes')
    await resting()
    did(how)
    // The first message after a sign-in tells the model of it, before what was typed. And out of sight: the next one is another.
    for (let count = 0; count < 4; count += 1) await turn('again')
  }

  process.kill(runtimeOf(chat.pid), 'SIGKILL')
  await sees('Enter starts it again')
  await chat.keys(KEY.enter)
  await sees('the Copilot runtime runs again')
  await resting()
  did('runtime restarts')

  await turn('CALL whoami {}')
  for (let count = 0; count < 8; count += 1) await turn()

  // The server takes no token that it has given so far: the next call needs another one, which the host gets without a question.
  for (let count = 0; count < RENEWALS; count += 1) {
    const renewed = server.count('token', 'refresh_token')
    server.expireAccessTokens()
    for (let tries = 0; server.count('token', 'refresh_token') === renewed; tries += 1) {
      if (tries === 5) throw new Error('the token is not renewed')
      if (tries > 0) did('calls that failed before a renewal')
      await turn('CALL whoami {}')
      // A new token has to serve once: one that is refused at once would be a reason to ask the person.
      if (tries > 0) await turn('CALL whoami {}')
    }
  }

  const bash = 'CALL bash {"command":"touch soak","description":"touch"}'
  const question = 'CALL ask_user {"question":"?","choices":["red","blue"]}'
  for (const [call, shown, key, what] of [
    [bash, 'y once', 'y', 'permissions'],
    [bash, 'y once', 'n', 'denials'],
    [question, 'A question for you', KEY.enter, 'questions'],
    [question, 'A question for you', KEY.escape, 'questions left open'],
  ] as const) {
    await say(call, `SAY answer-${tag()}`)
    await panel(shown)
    await chat.keys(key)
    await resting()
    did(what)
  }

  await signIn()
  await chat.keys(KEY.escape)
  await sees('sign-in cancelled')
  await resting()
  did('sign-ins cancelled')
  await signIn()
  await chat.keys('d')
  const [code] = await chat.until(() => /\b[A-Z]{4}-[A-Z]{4}\b/.exec(chat.screen()), 60_000)
  await visit(server.devicePage, { code, as: 'ada@example.com' })
  await signedIn('sign-ins by code')
  await signIn()
  await chat.keys('b')
  await signedIn('sign-ins by browser')

  for (const [columns, lines] of SIZES) {
    chat.resize(columns, lines)
    await turn()
    did('resizes')
  }

  await say(`STREAM n=100000 r=200 id=${tag()}`)
  await sees('-3 ')
  await chat.keys(KEY.escape)
  await sees('interrupted')
  await resting()
  did('aborts')

  await command('/mcp reload', 'connect anew')
  await turn('CALL whoami {}')
  await command('/sessions', '(this one)')
  await say('/new')
  const [, id = ''] = await chat.until(() => /\/resume (\w+) goes back/.exec(chat.screen()), 60_000)
  did('/new')
  await turn()
  await command(`/resume ${id}`, `○ session ${id}`)
  await turn()
  await command('/new', 'a new session; /resume')
}
