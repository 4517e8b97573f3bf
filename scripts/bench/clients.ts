import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import type { World } from '../../demo/world.ts'
import { bundleOf } from '../bundle-options.js'

/** What is started, and how. */
export interface Launch {
  command: string
  args: readonly string[]
  env: Record<string, string>
  cwd: string
}

/** A program that is measured: this one, what it cannot beat, and the one that people would run instead. */
export interface Client {
  name: string
  /** What stands before the text that is typed. */
  prompt: RegExp
  chat: Launch
  /** One prompt, and the end. */
  once?: (prompt: string) => Launch
  /** A chat with an MCP server that asks for a token, which comes from the keychain or `BENCH_TOKEN`. */
  guarded?: (url: string) => Launch
  /** A stored session, by its id; the state of its runtime is in this folder. */
  resume?: (id: string) => Launch
  copilotHome: string
  /** True for one that only starts another program: what is its own says nothing. */
  launcher?: boolean
}

/** What a program is started with for all that is more than a prompt. */
interface Further {
  once?: readonly string[]
  resume?: (id: string) => readonly string[]
  guarded?: (url: string) => readonly string[]
}

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))
const FLOORS = fileURLToPath(new URL('floors/', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** All that are here: Copilot CLI only where `copilot` is on the PATH. `folder`: for what has to be bundled, and for homes. */
export async function openClients(
  world: World,
  folder: string,
  program = PROGRAM,
): Promise<[Client, ...Client[]]> {
  await build(bundleOf(ROOT, { 'ink-prompt': join(FLOORS, 'ink-prompt.tsx') }, { dir: folder }))
  const launch = (name: string, command: string, args: readonly string[]): Launch => ({
    ...{ command, args, cwd: world.work },
    env: {
      ...{ PATH: process.env.PATH ?? '', HOME: join(folder, name), LANG: 'C.UTF-8', TERM: 'xterm-256color' },
      ...world.place(name).env,
      ...{ COPILOT_ALLOW_ALL: 'true', COPILOT_AUTO_UPDATE: 'false' },
    },
  })
  const client = (
    name: string,
    sign: RegExp,
    command: string,
    args: readonly string[],
    { once, resume, guarded }: Further = {},
  ): Client => ({
    ...{ name, prompt: sign, chat: launch(name, command, args) },
    once: once && (text => launch(name, command, [...once, '-p', text])),
    resume: resume && (id => launch(name, command, resume(id))),
    guarded: guarded && (url => launch(name, command, guarded(url))),
    copilotHome: world.place(name).env.COPILOT_HOME ?? '',
  })
  const node = process.execPath
  const memory = ['--token-store', 'memory']
  const sdk = join(FLOORS, 'sdk-chat.ts')
  const own = client('copilot-host', /^› ?/m, node, [program, 'chat', ...memory], {
    once: [program, 'chat', '--allow-all-tools', ...memory],
    resume: id => [program, 'resume', id, ...memory],
    guarded: url => [program, 'chat', '--mcp', `notes=${url}`],
  })
  const floors = [
    client('ink prompt', /^› ?/m, node, [join(folder, 'ink-prompt.js')]),
    client('sdk + readline', /^› ?/m, node, [sdk], {
      once: [sdk],
      resume: id => [sdk, '--resume', id],
      guarded: url => [sdk, '--mcp', url],
    }),
  ]
  const copilot = findOnPath('copilot')
  if (copilot === undefined) return [own, ...floors]
  const peer = client('copilot', /^❯ ?/m, copilot, ['--no-auto-update'], {
    once: ['--no-auto-update', '-s'],
    resume: id => ['--no-auto-update', `--resume=${id}`],
  })
  return [own, ...floors, { ...peer, launcher: true }]
}

function findOnPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map(folder => join(folder, name)).find(existsSync)
}
