import type { World } from '../../demo/world.ts'
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

/** What a person does in a chat all day long, once: some twenty turns, a sign-in, renewals, another session, and back. */
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

  await turn('CALL whoami {}')
  for (let count = 0; count < 12; count += 1) await turn()

  // Its time is over: the next call needs another one, which the host gets without a question.
  const renewed = server.count('token', 'refresh_token')
  while (server.count('token', 'refresh_token') === renewed) await turn('CALL whoami {}')

  server.revokeAll()
  await say('/login notes')
  await chat.until(() => typed() === undefined && chat.screen().includes('Sign in to notes'), 60_000)
  await chat.keys('b')
  await chat.until(() => chat.screen().includes('signed in to notes'), 60_000)
  await resting()
  did('sign-ins')

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
