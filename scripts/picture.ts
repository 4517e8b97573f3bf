// Takes the picture of the README: a real chat on the practice world, in a real terminal, with a real keychain.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startWorld } from '../demo/world.ts'
import { startKeychain } from '../test/support/keychain.ts'
import { composer } from '../test/support/person.ts'
import { KEY, openTerminal } from '../test/support/terminal.ts'
import { svgOf } from './svg.ts'

const file = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

const world = await startWorld()
const keychain = await startKeychain()
const program = (...args: string[]) =>
  openTerminal(process.execPath, [file('bin/copilot-host.js'), ...args], {
    cols: 76,
    rows: 34,
    cwd: world.work,
    env: {
      ...keychain.env,
      ...world.place('picture').env,
      HOME: world.folder,
      BROWSER: `${process.execPath} ${file('dist/demo-browser.js')}`,
    },
  })
await program('auth', 'login', world.mcp.url, '--sign-in', 'browser').exit
const chat = program('chat', '--mcp', `notes=${world.mcp.url}`, '--allow-tool', 'notes')
const sees = (text: string) => chat.until(() => chat.screen().includes(text))
const panel = (text: string) => chat.until(() => chat.screen().includes(text) && composer(chat) === undefined)
const say = async (text: string) => {
  await chat.until(() => composer(chat) !== undefined)
  await chat.keys(text)
  await chat.until(() => composer(chat) === text)
  await chat.keys(KEY.enter)
}

await say('who am i?')
await sees('You are signed in as Ada')
await say('delete my newest note')
await panel('asks for more rights')
const height = chat.screen().trimEnd().split('\n').length
writeFileSync(file('docs/chat.svg'), svgOf(chat.terminal, height, 'A chat that asks for one more right'))
await chat.close()
await world.close()
await keychain.close()
