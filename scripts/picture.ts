// Takes the pictures of the README and of docs/: a real chat on the practice world, in a real terminal, with a real
// keychain. What differs from run to run is replaced (test/support/screen.ts), so that taking them again changes nothing.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startKeychain } from '../test/support/keychain.ts'
import { liveRegion } from '../test/support/live-region.ts'
import { allow, panel, say } from '../test/support/person.ts'
import { openScene, startServers } from '../test/support/scene.ts'
import { screenOf, textOf } from '../test/support/screen.ts'
import { openShop } from '../test/support/shop.ts'
import type { TestTerminal } from '../test/support/terminal.ts'
import { signIn, tour } from '../test/support/tour.ts'
import { walk } from '../test/support/walk.ts'
import { svgOf } from './svg.ts'

/** What each picture of a screen of the tour is called for those who do not see it. */
const TITLES: Readonly<Record<string, string>> = {
  'first view': 'The panel before a choice: server, sign-in page, rights, where it is kept, keys',
  browser: 'The panel while it waits for the browser',
  'device code': 'The panel with the code for another device',
  'QR code': 'The QR code of the device sign-in, the panel right under it',
  'over SSH, browser': 'The panel over SSH: the ssh -L line, then the address',
  'wrong paste': 'The panel after an address was pasted that belongs to another sign-in',
  'more rights': 'The panel of a tool that needs one more right',
  'two servers': 'Two sign-ins wait: the list, and the panel of the first one',
  'two servers, all': 'All in one tab: how far each of them is',
  changed: 'The sign-in server has changed: its new host is asked for',
  'client id': 'The sign-in server registers no apps: a client id is asked for',
  later: 'After l: one line, and the status line that keeps it in mind',
  'signed in': 'After the sign-in: one line',
}

/** The same for the common states of the chat, as they are called in `walk.ts`. */
const STATES: Readonly<Record<string, string>> = {
  'a reply': 'A reply with a heading, a link and its host, a list, a quote, a table and code',
  'a message that waits': 'A reply streams, a message waits behind it, the next one is being written',
  'interrupted, and given back': 'Interrupted: what was received stays, the message is in the composer again',
  'a tool that is done': 'A command that has ended, its output folded after five lines',
  'a sub-agent at work': 'A sub-agent at work, its call below the call that started it',
  'a change': 'A file that was changed, as a diff',
  'permission for a change': 'The question before a file is changed, with the diff',
  'a question': 'A question of the model with its choices',
  'a question that was put away': 'A question that was put away, and a half-written message',
  files: 'The list of files below the composer',
  'prompts of the past': 'The search among the prompts of the past',
}

const docs = (path: string) => fileURLToPath(new URL(`../docs/${path}`, import.meta.url))
const servers = await startServers()
const keychain = await startKeychain()
// The folder of the chat is shown as it is from its home.
const env = { ...keychain.env, HOME: servers.notes.folder }

/** A screen from its panel on; where it is about a line, from the last line on; a QR code is the whole screen. */
function shown(name: string, chat: TestTerminal) {
  const screen = screenOf(chat.terminal)
  if (name === 'QR code') return screen
  const line = screen.findLastIndex(row => /^[✓○]/.test(textOf(row)))
  const panel = screen.length - liveRegion(chat).length
  return screen.slice(name === 'later' || name === 'signed in' ? line : panel)
}

const scene = await openScene(servers, { cols: 80, rows: 24, name: 'pictures', store: 'keychain', env })
mkdirSync(docs('screens'), { recursive: true })
await tour(scene, (name, chat) => {
  const title = TITLES[name]
  if (title === undefined) return
  const file = `${name.toLowerCase().replaceAll(/\W+/g, '-')}.svg`
  writeFileSync(docs(`screens/${file}`), svgOf(shown(name, chat), title))
})
await scene.close()

const shop = await openShop({ cols: 80, rows: 34 })
await walk(shop, (name, { terminal }) => {
  const title = STATES[name]
  if (title === undefined) return
  const screen = screenOf(terminal)
  const said = screen.findLastIndex(([mark, , word]) => mark?.text === '›' && word?.bold)
  const call = screen.findLastIndex(([mark]) => mark?.text === '●')
  const composer = screen.findLastIndex(([mark]) => mark?.text === '›')
  const rows = screen.slice(
    name === 'files' || name === 'prompts of the past' ? composer : said < 0 ? call : said,
  )
  const file = `chat-${name.toLowerCase().replaceAll(/\W+/g, '-')}.svg`
  writeFileSync(docs(`screens/${file}`), svgOf(rows, title))
})
await shop.close()

const high = await openScene(servers, { cols: 76, rows: 34, name: 'readme', store: 'keychain', env })
const first = high.chat(['notes'], { BROWSER: 'true' })
await panel(first, 'Sign in to notes')
await signIn(high, first, 0)
await first.until(() => first.screen().includes('signed in to notes'))
await first.close()
const chat = high.chat(['notes'], { BROWSER: 'true' })
await say(chat, 'who am i?')
await allow(chat)
await chat.until(() => /signed in as Ada/.test(chat.screen()) && !/working/.test(chat.screen()))
await say(chat, 'delete my newest note')
await allow(chat)
await panel(chat, 'more rights')
writeFileSync(docs('chat.svg'), svgOf(screenOf(chat.terminal), 'A chat that asks for one more right'))
await high.close()
await servers.close()
await keychain.close()
