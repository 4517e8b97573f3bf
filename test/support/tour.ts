import { visit } from '../../demo/visit.ts'
import { allow, panel, prompted, say } from './person.ts'
import type { Scene } from './scene.ts'
import { KEY, type TestTerminal } from './terminal.ts'

const DESKTOP = { BROWSER: 'true' }
const SSH = { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' }

/** Gets every screen of a tour: its name, and the terminal, which shows it until `look` returns. */
export type Look = (name: string, chat: TestTerminal) => void

/** Goes through the sign-in panel of the built program as a person would, and shows each screen on the way. */
export async function tour(scene: Scene, look: Look): Promise<void> {
  await firstSignIn(scene, look)
  await overSsh(scene, look)
  await severalServers(scene, look)
  await noApps(scene, look)
  scene.notesMove()
  await changedServer(scene, look)
}

async function firstSignIn(scene: Scene, look: Look): Promise<void> {
  const chat = scene.chat(['notes'], DESKTOP)
  await panel(chat, 'Sign in to notes')
  look('first view', chat)
  await chat.keys('b')
  await printedAddress(chat, 0)
  await sees(chat, 'Waiting for the browser')
  look('browser', chat)
  await chat.keys('d')
  await sees(chat, 'WDJB-MJHT')
  look('device code', chat)
  await chat.keys('c')
  await sees(chat, 'code was copied')
  look('code copied', chat)
  await chat.keys('p')
  await chat.until(() => /Then paste/.test(flat(chat)) && !/Preparing|copied/.test(flat(chat)))
  look('paste', chat)
  chat.paste('http://127.0.0.1:40111/?code=of-another-sign-in&state=other')
  await sees(chat, 'characters)')
  await chat.keys(KEY.enter)
  await sees(chat, '! ')
  look('wrong paste', chat)
  await chat.keys('\t')
  await chat.until(() => /later/.test(flat(chat)) && !/! /.test(flat(chat)))
  await chat.keys('l')
  await sees(chat, 'sign-in waiting: notes')
  look('later', chat)
  await say(chat, '/login notes')
  await panel(chat, 'Sign in to notes')
  await signIn(scene, chat, 1)
  await sees(chat, 'signed in to notes')
  await prompted(chat)
  await chat.until(() => !/waiting/.test(flat(chat)))
  look('signed in', chat)
  await say(chat, 'delete my newest note')
  await allow(chat)
  await panel(chat, 'more rights')
  await measured(scene, chat)
  look('more rights', chat)
  await signIn(scene, chat, 2)
  await allow(chat)
  await sees(chat, 'deleted')
  await chat.until(() => !/working/.test(flat(chat)))
  await measured(scene, chat)
  look('rights given', chat)
  await chat.close()
}

async function overSsh(scene: Scene, look: Look): Promise<void> {
  const chat = scene.chat(['notes'], SSH, ' by ssh')
  await panel(chat, 'Sign in to notes')
  look('over SSH', chat)
  await chat.keys(KEY.enter)
  await sees(chat, 'WDJB-MJHT')
  await chat.keys('q')
  await sees(chat, 'can the code')
  await chat.until(() => chat.lines().some(line => line.startsWith('▀▀▀▀▀')))
  look('QR code', chat)
  await chat.keys('b')
  await printedAddress(chat, 0)
  await sees(chat, 'ssh -L')
  look('over SSH, browser', chat)
  await chat.close()
}

async function severalServers(scene: Scene, look: Look): Promise<void> {
  const chat = scene.chat(['notes', 'billing'], DESKTOP, ' of several')
  await panel(chat, 'Sign in to notes')
  scene.billingAnswers()
  await panel(chat, '1 of 2')
  look('two servers', chat)
  await chat.keys('n')
  await panel(chat, 'Sign in to billing')
  look('two servers, the next', chat)
  await chat.keys('n')
  await panel(chat, 'Sign in to notes')
  await chat.keys('a')
  await printedAddress(chat, 0)
  await chat.until(() => !/Preparing/.test(flat(chat)) && (scene.cols < 60 || /a client id/.test(flat(chat))))
  look('two servers, all', chat)
  await chat.close()
}

async function noApps(scene: Scene, look: Look): Promise<void> {
  const chat = scene.chat(['billing'], DESKTOP, ' without an app')
  await panel(chat, 'Sign in to billing')
  await chat.keys('b')
  await sees(chat, 'client id')
  look('client id', chat)
  await chat.keys('no id: café', KEY.enter)
  await sees(chat, 'That is no client id')
  look('client id, wrong', chat)
  await chat.keys(KEY.escape)
  await prompted(chat)
  await sees(chat, 'not signed in: billing')
  look('cancelled', chat)
  await chat.close()
}

async function changedServer(scene: Scene, look: Look): Promise<void> {
  const chat = scene.chat(['notes'], DESKTOP)
  await panel(chat, 'CHANGED')
  look('changed', chat)
  await chat.keys('login.example.com', KEY.enter)
  await sees(chat, 'That is not')
  look('changed, wrong host', chat)
  await chat.keys('sso.example.org', KEY.enter)
  await panel(chat, 'browser')
  look('changed, confirmed', chat)
  await chat.close()
}

/** Opens the sign-in page of the panel on screen, the `nth` whole address here, and does there what a person does. */
export async function signIn(scene: Scene, chat: TestTerminal, nth: number): Promise<void> {
  await chat.keys('b')
  await visit(scene.local(await printedAddress(chat, nth)))
}

/** The whole addresses of sign-in pages stand in the scrollback; those in the panel are cut. */
function printedAddress(chat: TestTerminal, nth: number): Promise<string> {
  return chat.until(() => chat.lines().filter(line => /^https:\/\/\S+\/auth\?\S+[^…]$/.test(line))[nth])
}

/** Where there is room the status line says how full the context is, a moment after an answer. */
async function measured({ cols }: Scene, chat: TestTerminal): Promise<void> {
  await chat.until(() => cols < 60 || chat.screen().includes('% context'))
}

async function sees(chat: TestTerminal, text: string): Promise<void> {
  await chat.until(() => flat(chat).includes(text))
}

/** What is on the screen, wrapped rows as one line. */
function flat(chat: TestTerminal): string {
  return chat.screen().replaceAll(/\s+/g, ' ')
}
