import { allow, composer, leave, panel, prompted, say } from './person.ts'
import type { Shop } from './shop.ts'
import { KEY, type TestTerminal } from './terminal.ts'
import type { Look } from './tour.ts'

const CTRL = { l: '\u000c', o: '\u000f', r: '\u0012', u: '\u0015' }

/** Works in the shop as a person would, and shows the common states of the chat on the way. */
export async function walk(shop: Shop, look: Look): Promise<void> {
  const chat = shop.open('chat', ...shop.mail)
  await replies(chat, look)
  await tools(shop, chat, look)
  await permissions(chat, look)
  await questions(chat, look)
  await composing(chat, look)
  await commands(chat, look)
  await sessions(shop, chat, look)
  await plain(shop, look)
}

async function replies(chat: TestTerminal, look: Look): Promise<void> {
  await prompted(chat)
  await chat.until(() => status(chat).includes('(main)'))
  look('at the start', chat)
  await say(chat, 'why are the cents wrong?')
  await sees(chat, 'Shall I change it?')
  await idle(chat)
  look('a reply', chat)
  await say(chat, 'say it again, in full')
  await sees(
    chat,
    'which is where a cent comes ```ts export function total(lines: Line[]): number { return Math.rou',
  )
  look('a reply that streams', chat)
  await chat.keys('and the mail', KEY.enter)
  await sees(chat, 'and the mail queued')
  await chat.keys('half a tho')
  await chat.until(() => composer(chat) === 'half a tho')
  look('a message that waits', chat)
  await chat.keys(KEY.escape)
  await sees(chat, '○ interrupted')
  await sees(chat, '› and the mail half a tho')
  await chat.until(() => !/working…/.test(status(chat)))
  look('interrupted, and given back', chat)
  await cleared(chat)
  await say(chat, 'think about the receipts')
  await sees(chat, 'it needs no change.')
  await idle(chat)
  look('thoughts', chat)
  await say(chat, 'a bad day')
  await sees(chat, '400')
  await idle(chat)
  look('an error of the model', chat)
}

async function tools(shop: Shop, chat: TestTerminal, look: Look): Promise<void> {
  await say(chat, 'run the checks')
  await panel(chat, 'Run a command?')
  look('permission for a command', chat)
  await allow(chat)
  await sees(chat, 'ok 11')
  look('a tool that runs', chat)
  await chat.keys(CTRL.o)
  await sees(chat, 'ok 10 - cart, case 10 ok 11')
  look('its output, opened', chat)
  await chat.keys(CTRL.o)
  await shop.checked()
  await sees(chat, '11 checks pass, 1 is left to do.')
  await idle(chat)
  look('a tool that is done', chat)
  await say(chat, 'what is in totals.ts?')
  await allow(chat)
  await sees(chat, 'There is no such file.')
  await idle(chat)
  look('a tool that failed', chat)
  await say(chat, 'watch the checks')
  await allow(chat)
  await sees(chat, 'ok 11')
  await chat.keys(KEY.escape)
  await sees(chat, '○ interrupted')
  await idle(chat)
  look('a tool that was cut off', chat)
  await say(chat, 'let a helper look')
  await panel(chat, 'asked by the sub-agent')
  look('permission for a sub-agent', chat)
  await allow(chat)
  await sees(chat, 'ok 11')
  look('a sub-agent at work', chat)
  await shop.checked()
  await sees(chat, 'The receipts are right.')
  await idle(chat)
  look('a sub-agent that is done', chat)
}

async function permissions(chat: TestTerminal, look: Look): Promise<void> {
  await say(chat, 'round once')
  await panel(chat, 'Change a file?')
  look('permission for a change', chat)
  await allow(chat)
  await sees(chat, 'Rounded once, at the end.')
  await idle(chat)
  look('a change', chat)
  await say(chat, 'round up')
  await panel(chat, 'Change a file?')
  await chat.keys('N')
  await sees(chat, 'What should the model know?')
  await chat.keys('never up: our tax office says so')
  await sees(chat, 'office says so')
  look('no, and why', chat)
  await chat.keys(KEY.enter)
  await sees(chat, 'It stays as it is.')
  await idle(chat)
  await say(chat, 'note it twice')
  await panel(chat, '1 of 2')
  look('two permissions', chat)
  await chat.keys('y')
  await panel(chat, '2 of 2')
  await chat.keys('y')
  await sees(chat, 'Noted.')
  await idle(chat)
  await say(chat, 'order a shirt')
  await panel(chat, 'y once')
  look('permission for a tool of a server', chat)
  await allow(chat)
  await panel(chat, 'Your name')
  await chat.keys('A', KEY.enter)
  await sees(chat, 'At least 2 characters')
  look('a form', chat)
  await chat.keys(KEY.escape)
  await sees(chat, 'd decline')
  look('a form that is left', chat)
  await chat.keys('d')
  await sees(chat, 'No shirt, then.')
  await idle(chat)
}

async function questions(chat: TestTerminal, look: Look): Promise<void> {
  await say(chat, 'which way?')
  await panel(chat, 'once, at the end')
  look('a question', chat)
  await chat.keys(CTRL.l)
  await sees(chat, '1 question waits')
  await chat.keys('half a thought')
  await chat.until(() => composer(chat) === 'half a thought')
  look('a question that was put away', chat)
  await chat.keys(CTRL.l)
  await panel(chat, 'kept: half a thought')
  await chat.keys('2')
  await sees(chat, 'Once, then.')
  await idle(chat, 'half a thought')
  await cleared(chat)
  await say(chat, '/mode plan')
  await chat.until(() => status(chat).includes('plan'))
  await idle(chat)
  await say(chat, 'plan the receipts')
  await panel(chat, 'Go on with this plan?')
  look('a plan', chat)
  await chat.keys(KEY.escape)
  await idle(chat)
  await say(chat, '/mode interactive')
  await chat.until(() => !/ plan /.test(status(chat)))
}

async function composing(chat: TestTerminal, look: Look): Promise<void> {
  await prompted(chat)
  await chat.keys('/')
  await sees(chat, '❯ ')
  look('commands', chat)
  await chat.keys('mode pl')
  await sees(chat, '❯ plan')
  look('what may stand behind a command', chat)
  await cleared(chat)
  await chat.keys('compare @src/')
  await sees(chat, '❯ src/cart.ts')
  look('files', chat)
  await cleared(chat)
  await chat.keys(CTRL.r, 'round')
  await sees(chat, 'search: round')
  look('prompts of the past', chat)
  await chat.keys(KEY.escape)
  await chat.until(() => composer(chat) === '')
  await chat.keys('see ')
  chat.paste(Array.from({ length: 120 }, (_, at) => `line ${at + 1} of a log`).join('\n'))
  await sees(chat, '[paste #1, 120 lines]')
  look('a long paste', chat)
  await cleared(chat)
}

async function commands(chat: TestTerminal, look: Look): Promise<void> {
  const ask = async (command: string, seen: string) => {
    await say(chat, command)
    await sees(chat, seen)
    await idle(chat)
    look(command, chat)
  }
  await ask('/mcp', 'mail: connected')
  await ask('/context', 'conversation')
  await ask('/usage', 'requests')
  await ask('/help', '/security-review')
  await ask('/permissions allow-all', 'allow all')
}

async function sessions(shop: Shop, chat: TestTerminal, look: Look): Promise<void> {
  await say(chat, '/rename cents')
  await sees(chat, 'called "cents"')
  await say(chat, '/new')
  await sees(chat, 'a new session')
  look('a new session', chat)
  await say(chat, 'hello again')
  await sees(chat, 'Hello.')
  await idle(chat)
  await say(chat, '/resume')
  await panel(chat, 'Which session?')
  await sees(chat, 'cents › plan the receipts')
  look('which session', chat)
  await chat.keys(KEY.escape)
  await prompted(chat)
  await say(chat, 'run the checks')
  await allow(chat)
  await sees(chat, 'ok 11')
  chat.kill('SIGHUP')
  await chat.exit
  await shop.checked()
  const again = shop.open('chat', '--continue')
  await prompted(again)
  await sees(again, 'cancelled')
  await idle(again)
  await again.until(() => status(again).includes('(main)'))
  look('resumed after the window was closed', again)
  await leave(again)
  look('left', again)
}

async function plain(shop: Shop, look: Look): Promise<void> {
  const chat = shop.open('chat', '--plain')
  await sees(chat, 'twice it leaves')
  await chat.keys('hello in lines\r')
  await sees(chat, 'Hello, in plain lines. ready')
  await chat.keys('which way?\r')
  await sees(chat, 'Choice (')
  look('plain lines, a question', chat)
  await chat.keys('2\r')
  await sees(chat, 'Once, then. ready')
  look('plain lines', chat)
}

const status = (chat: TestTerminal) => chat.screen().trimEnd().split('\n').at(-1) ?? ''

/** No turn runs, nobody is asked, and this is what is written. */
async function idle(chat: TestTerminal, written = ''): Promise<void> {
  await chat.until(() => composer(chat) === written && !/(working|thinking)…/.test(status(chat)))
}

/** Nothing is written any more. */
async function cleared(chat: TestTerminal): Promise<void> {
  await chat.keys(KEY.ctrlC)
  await chat.until(() => composer(chat) === '')
}

/** Waits for a text on the screen, where each gap, also a wrapped one, is one blank. */
async function sees(chat: TestTerminal, text: string): Promise<void> {
  await chat.until(() => chat.screen().replaceAll(/\s+/g, ' ').includes(text))
}
