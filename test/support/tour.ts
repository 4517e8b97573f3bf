import { fileURLToPath } from 'node:url'
import { visit } from '../../demo/visit.ts'
import { startWorld, type World } from '../../demo/world.ts'
import { openNames } from './names.ts'
import { allow, panel, prompted, say } from './person.ts'
import { KEY, openTerminal, type TestTerminal } from './terminal.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))
const DEVBOX = new URL('devbox.js', import.meta.url)

/** The servers that a tour goes to, each with a sign-in server of its own. One of them serves several tours at once. */
export interface Sights {
  /** `notes.example.com`, with its sign-in page at `login.example.com`. */
  notes: World
  /** The same after a move: its sign-in page is at `sso.example.org`. */
  moved: World
  /** `billing.example.com`; `accounts.example.org` registers no apps. */
  billing: World
  close(): Promise<void>
}

export async function openSights(): Promise<Sights> {
  const world = (mcp: string, login: string, register = true) =>
    startWorld({
      mcpOrigin: `https://${mcp}`,
      authorizationServer: { origin: `https://${login}`, register, userCode: 'WDJB-MJHT' },
    })
  const worlds = await Promise.all([
    world('notes.example.com', 'login.example.com'),
    world('notes.example.com', 'sso.example.org'),
    world('billing.example.com', 'accounts.example.org', false),
  ])
  const [notes, moved, billing] = worlds
  return {
    ...{ notes, moved, billing },
    async close() {
      await Promise.all(worlds.map(each => each.close()))
    },
  }
}

export interface TourOptions {
  cols: number
  rows: number
  /** A name of its own: where its state is kept. */
  name: string
  /** Beside what every run has: `NO_COLOR`, a keychain. */
  env?: Readonly<Record<string, string>>
  store: 'keychain' | 'file'
}

/** Gets every screen of a tour: its name, and the terminal, which stays as it is until `look` returns. */
export type Look = (name: string, chat: TestTerminal) => void | Promise<void>

/** Goes through the sign-in panel of the built program as a person would, and shows each screen on the way. */
export async function tour(sights: Sights, options: TourOptions, look: Look): Promise<void> {
  const { notes, moved, billing } = sights
  const { cols, rows, name } = options
  const names = await openNames(notes.folder, {
    'notes.example.com': notes.mcp.local,
    'login.example.com': notes.authorizationServer.local,
    'sso.example.org': moved.authorizationServer.local,
    'accounts.example.org': billing.authorizationServer.local,
  })
  const open = (servers: readonly string[], env: Record<string, string> = {}, place = name) => {
    const args = servers.flatMap(server => ['--mcp', `${server}=https://${server}.example.com/mcp`])
    // Less than ten minutes, so that the time left is always as wide.
    const settings = ['--token-store', options.store, '--sign-in-timeout', '590']
    return openTerminal(process.execPath, [PROGRAM, 'chat', ...args, ...settings], {
      ...{ cols, rows },
      cwd: notes.work,
      env: {
        ...{ PATH: process.env.PATH, HOME: notes.folder, USER: 'you', LANG: 'C.UTF-8', TZ: 'UTC' },
        XDG_CACHE_HOME: process.env.XDG_CACHE_HOME,
        NODE_OPTIONS: `--import=${DEVBOX.href}`,
        ...notes.place(place).env,
        ...{ ...names.env, ...options.env, ...env },
      },
    })
  }
  const within = async (chat: TestTerminal, steps: () => Promise<void>) => {
    try {
      await steps()
    } finally {
      await chat.close()
    }
  }
  const sees = (chat: TestTerminal, text: string) => chat.until(() => flat(chat).includes(text))

  /** Opens the sign-in page of the panel on screen, and does there what a person does. */
  async function signIn(chat: TestTerminal): Promise<void> {
    const before = addresses(chat).length
    await chat.keys('b')
    const address = await chat.until(() => addresses(chat)[before])
    await visit(names.local(address))
  }

  const chat = open(['notes'], { BROWSER: 'true' })
  await within(chat, async () => {
    await panel(chat, 'Sign in to notes')
    await look('first view', chat)
    await chat.keys('b')
    await chat.until(() => addresses(chat).length === 1)
    await sees(chat, 'Waiting for the browser')
    await look('browser', chat)
    await chat.keys('d')
    await sees(chat, 'WDJB-MJHT')
    await look('device code', chat)
    await chat.keys('q')
    await chat.until(() => chat.lines().some(line => line.includes('▄▄▄▄▄')))
    await look('QR code', chat)
    await chat.keys('c')
    await sees(chat, 'code was copied')
    await look('code copied', chat)
    await chat.keys('p')
    await chat.until(() => /Then paste/.test(flat(chat)) && !/Preparing/.test(flat(chat)))
    await look('paste', chat)
    chat.paste('http://127.0.0.1:40111/?code=of-another-sign-in&state=other')
    await sees(chat, 'characters)')
    await look('pasted', chat)
    await chat.keys(KEY.enter)
    await sees(chat, '! ')
    await look('wrong paste', chat)
    await chat.keys('\t')
    await sees(chat, 'later')
    await look('other ways', chat)
    await chat.keys('l')
    await sees(chat, 'sign-in waiting')
    await look('later', chat)
    await say(chat, '/login notes')
    await panel(chat, 'Sign in to notes')
    await signIn(chat)
    await sees(chat, 'signed in to notes')
    await prompted(chat)
    await look('signed in', chat)
    await say(chat, 'delete my newest note')
    await allow(chat)
    await panel(chat, 'more rights')
    await look('more rights', chat)
    await signIn(chat)
    await allow(chat)
    await sees(chat, 'deleted')
    await prompted(chat)
    await look('rights given', chat)
  })

  const remote = open(['notes'], { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' }, `${name} ssh`)
  await within(remote, async () => {
    await panel(remote, 'Sign in to notes')
    await look('over SSH', remote)
    await remote.keys('b')
    await remote.until(() => addresses(remote).length === 1)
    await sees(remote, 'ssh -L')
    await look('over SSH: browser', remote)
  })

  const several = open(['notes', 'billing'], { BROWSER: 'true' }, `${name} several`)
  await within(several, async () => {
    await panel(several, 'Sign in to notes')
    names.lead('billing.example.com', billing.mcp.local)
    await panel(several, '1 of 2')
    await look('two servers', several)
    await several.keys(KEY.escape)
    await panel(several, '2 of 2')
    await look('the second server', several)
    await several.keys('b')
    await sees(several, 'client id')
    await look('client id', several)
    await several.keys(KEY.escape)
    await prompted(several)
    await look('cancelled', several)
  })

  names.lead('notes.example.com', moved.mcp.local)
  const changed = open(['notes'], { BROWSER: 'true' })
  await within(changed, async () => {
    await panel(changed, 'CHANGED')
    await look('changed', changed)
    await changed.keys('login.example.com', KEY.enter)
    await sees(changed, 'That is not')
    await look('changed: wrong host', changed)
    await changed.keys('sso.example.org', KEY.enter)
    await panel(changed, 'open the browser')
    await look('changed: confirmed', changed)
  })
  await names.close()
}

/** What is on the screen, wrapped rows as one line. */
function flat(chat: TestTerminal): string {
  return chat.screen().replaceAll(/\s+/g, ' ')
}

/** The addresses of sign-in pages that stand whole in the scrollback. */
function addresses(chat: TestTerminal): string[] {
  return chat.lines().filter(line => /^https:\/\/\S+\/auth\?\S+[^…]$/.test(line))
}
