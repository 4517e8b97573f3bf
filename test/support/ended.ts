import { existsSync, readdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { RunOptions, Stage } from './chat.ts'
import { SOON } from './patience.ts'
import { descendants } from './processes.ts'
import { faultsIn } from './shown.ts'
import type { TestTerminal } from './terminal.ts'
import { waitFor } from './wait-for.ts'

/** The built program under a shell, as a person starts it: what it leaves behind can be seen. */
export interface Started {
  chat: TestTerminal
  /** Of the program, and of all that it has started so far: to be called before it ends. */
  pid(): number
  look(): void
  /**
   * Waits for its end. Exit code; the terminal's settings and modes as before; no process, lock, socket or temporary file is
   * left.
   */
  ended(code: number): Promise<void>
}

/** What doctor asks a terminal. */
const QUERIES = /\u001b\[(?:\?2026\$p|c|>q|\?u)/g
const SCRIPT = 'stty -a; "$@"; code=$?; echo; echo "the code is $code"; stty -a; read -r line'

/** Opens it; temporary files go to a folder of their own. `shell`: what the shell does before. */
export async function start(
  stage: Stage,
  args: readonly string[],
  options: RunOptions & { shell?: string } = {},
): Promise<Started> {
  const temporary = join(stage.world.folder, 'temporary')
  await mkdir(temporary, { recursive: true, mode: 0o700 })
  const env = { TMPDIR: temporary, ...options.env }
  const chat = stage.open(args, {
    ...options,
    env,
    within: ['/bin/bash', '-c', `${options.shell ?? 'true'}; ${SCRIPT}`, 'sh'],
  })
  const started = new Map<number, string>()

  function pid(): number {
    const [program] = descendants(chat.pid).filter(({ command }) => command.includes('copilot-host.js'))
    if (program === undefined) throw new Error('the program does not run')
    return program.pid
  }
  return {
    chat,
    pid,
    look() {
      for (const each of descendants(chat.pid)) started.set(each.pid, each.command)
    },
    async ended(code) {
      await chat.until(() => /the code is \d+[\s\S]*speed[\s\S]*echoke/.test(chat.lines().join('\n')))
      const shown = chat.lines().join('\n')
      expect(/the code is (\d+)/.exec(shown)?.[1], shown).toBe(String(code))
      const settings = shown.match(/speed[\s\S]*?echoke/g) ?? []
      expect(settings).toHaveLength(2)
      expect(settings[1]).toBe(settings[0])
      expect(faultsIn(chat.raw().replaceAll(QUERIES, ''), true)).toEqual([])
      if (code !== 1) expect(shown).not.toContain('failed unexpectedly')
      expect(shown).not.toMatch(/ at .*:\d+:\d+|EPIPE|EIO/)
      await waitFor(() => expect([...started].filter(runs)).toEqual([]), { timeout: SOON })
      expect(filesLeft(stage, temporary)).toEqual([])
      await chat.keys('\r')
      await chat.exit
    },
  }
}

/** Under the same command line: numbers are given again. */
function runs([pid, command]: [number, string]): boolean {
  return (
    existsSync(`/proc/${pid}`) && descendants(1).some(each => each.pid === pid && each.command === command)
  )
}

/** Locks, sockets, descriptors, half written files. */
export function filesLeft(stage: Stage, ...more: readonly string[]): string[] {
  const folders = [join(stage.place.state, 'locks'), join(stage.place.state, 'pending'), ...more]
  return [
    ...folders.flatMap(folder => (existsSync(folder) ? readdirSync(folder) : [])),
    ...(existsSync(stage.place.state) ? readdirSync(stage.place.state, { recursive: true }) : [])
      .map(String)
      .filter(name => /\.tmp|\.lock|\.turn|\.sock/.test(name)),
  ]
}
