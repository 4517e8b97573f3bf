import { existsSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { createBrowser } from '../src/auth/browser.ts'
import type { Host } from '../src/host.ts'
import { browserCommand, environment } from './environment.ts'
import { emptyKeychain, keychainTrouble } from './keychain.ts'
import { ordinaryProgram, type Program } from './program.ts'
import { playStory } from './story.ts'
import { startWorld, type World } from './world.ts'

/** Milliseconds between two words of the model, so that an answer is seen to stream. */
const READABLE = 25
/** What the chat ends with after Ctrl+C twice. */
const LEFT = 130

/**
 * The demo: the ordinary program on a practice world. In a terminal the person plays; with `auto`, or without a
 * terminal, the story plays by itself. Everything it made is removed whatever way it ends. Gives the exit code.
 */
export async function playDemo({ auto = false }: { auto?: boolean }, host: Host): Promise<number> {
  const alone = auto || !host.stdin.isTTY || !host.stdout.isTTY
  const keychain = {
    execPath: host.execPath,
    childPath: host.packageFile('dist/keychain-child.js'),
    env: host.env,
  }
  const states = new Set<string>()
  const world = await startWorld({ delay: alone ? 0 : READABLE })
  try {
    const trouble = await keychainTrouble(keychain, world.folder)
    const program = ordinaryProgram({
      execPath: host.execPath,
      file: host.packageFile('bin/copilot-host.js'),
      folder: world.work,
      env: environment(host.env),
      signal: host.signal,
    })
    const stage: Stage = {
      host,
      world,
      program,
      browser: await browserCommand(world.folder, host),
      store: trouble === undefined ? [] : ['--token-store', 'file'],
      trouble,
      visited: state => void states.add(state),
    }
    return await (alone ? playAlone(stage) : playTogether(stage))
  } finally {
    for (const state of states) await emptyKeychain(keychain, state).catch(() => {})
    await world.close()
  }
}

interface Stage {
  host: Host
  world: World
  program: Program
  /** The demo's own browser as the beginning of a value of `BROWSER`. */
  browser: string
  store: readonly string[]
  trouble: string | undefined
  visited(state: string): void
}

async function playAlone({ host, world, program, browser, store, trouble, visited }: Stage): Promise<number> {
  const say = (line: string) => void host.stdout.write(`${line}\n`)
  say('The story of copilot-host, played on a practice world on this machine.')
  say(
    trouble === undefined
      ? 'Sign-ins are kept in the system keychain.'
      : `Sign-ins are kept in a file: ${trouble}.`,
  )
  say('')
  const worked = await playStory({
    world,
    program,
    store,
    browser: person => `${browser} ${'deny' in person ? '--deny' : `--as ${person.as}`} %s`,
    visited,
    say,
    signal: host.signal,
  })
  return worked ? 0 : 1
}

async function playTogether(stage: Stage): Promise<number> {
  const { host, world, program, store } = stage
  const { state, env } = world.place('yours')
  stage.visited(state)
  if (!hasBrowser(host)) env.BROWSER = `${stage.browser} %s`
  host.stdout.write(introduction(stage))
  const servers = ['--mcp', `notes=${world.mcp.url}`, ...store]
  const code = await program.inTerminal(['chat', ...servers], env)
  if (code !== 0 && code !== LEFT) return code
  for (let next = await whatNext(host); next !== 'end'; next = await whatNext(host)) {
    await program.inTerminal([next, ...servers], env)
  }
  return 0
}

function introduction({ host, world, trouble }: Stage): string {
  const own = hasBrowser(host)
    ? ''
    : '\nThere is no display here: the demo brings a small browser that signs you in.\n'
  const kept =
    trouble === undefined
      ? ''
      : `\nSign-ins are kept in a file of the demo:\n${trouble.replace(' (', '\n(')}.\n`
  const script = nearest(host.packageFile('dist/demo-browser.js'), host.folder)
  const approve = `node ${script} --code <code> ${world.authorizationServer.devicePage}`
  return `
A practice world runs on this machine: a model, a sign-in server, and
"notes", an MCP server that wants to know who you are. The chat below is the
ordinary program. Nothing leaves this machine and nothing is kept.

First, notes asks you to sign in: Enter opens the browser, d shows a code
for another device, Esc says no (the chat goes on, and /login notes asks
again). Then try:

  who am i?               y lets the tool run, and the answer names you
  delete my newest note   needs one more right: you are asked for that only
  Ctrl+C twice            leave, then start again: nobody asks a second time

A code is approved in any browser, or from another terminal by:
  ${approve}
${own}${kept}
`
}

/** Asked between two runs: the world is still there, and so is the sign-in. */
async function whatNext(host: Host): Promise<'chat' | 'resume' | 'end'> {
  if (host.signal.aborted) return 'end'
  host.stdout.write('\n')
  const lines = createInterface({ input: host.stdin, output: host.stdout })
  try {
    const question = 'Demo: Enter starts a new chat (you stay signed in), r resumes this one, q ends: '
    const answer = (await lines.question(question, { signal: host.signal })).trim().toLowerCase()
    if (answer.startsWith('q')) return 'end'
    return answer.startsWith('r') ? 'resume' : 'chat'
  } catch {
    host.stdout.write('\n')
    return 'end'
  } finally {
    lines.close()
  }
}

function hasBrowser({ env, platform }: Host): boolean {
  const container = ['/.dockerenv', '/run/.containerenv'].some(file => existsSync(file))
  return createBrowser({ env, platform, container, start: async () => false }).available
}

function nearest(path: string, folder: string): string {
  const short = relative(folder, path)
  return short.startsWith('..') || isAbsolute(short) ? path : short
}
