import { runShell } from '../spawn.ts'
import { clean } from '../text.ts'
import type { ChatEvent } from '../ui/types.ts'

/** What is shown of an output: its end, in lines and in characters. */
const MOST_LINES = 200
const MOST_LENGTH = 64 * 1024

export interface ShellPorts {
  /** Without keys and tokens. */
  env: Readonly<Record<string, string>>
  platform: NodeJS.Platform
  show(event: Extract<ChatEvent, { type: 'shell-start' | 'shell-end' | 'tool-output' | 'line' }>): void
}

export interface Shell {
  /** Runs a line that begins with `!`. Never rejects. */
  run(line: string): Promise<void>
  /** Stops what runs; false if nothing does. */
  stop(): boolean
  /** Resolves when nothing runs any more. */
  ended(): Promise<void>
}

/**
 * Commands of the person's own (`!git status`), in their shell. What they print is shown and goes nowhere else: Copilot CLI
 * does not tell the model of them either.
 */
export function createShell({ env, platform, show }: ShellPorts): Shell {
  const running = new Map<AbortController, Promise<void>>()
  let count = 0

  async function perform(command: string, signal: AbortSignal): Promise<void> {
    count += 1
    const id = `shell ${count}`
    let text = ''
    let left = 0
    const output = (more: string) => {
      ;({ text, left } = shortened(text + more, left))
      show({ type: 'tool-output', id, text: more, cumulative: false })
    }
    show({ type: 'shell-start', id, command })
    try {
      const code = await runShell({ ...shellOf(platform, env, command), env }, output, signal)
      show({ type: 'shell-end', id, code, text, left })
    } catch (thrown) {
      show({ type: 'shell-end', id, code: 127, text, left })
      const detail = thrown instanceof Error ? clean(thrown.message, 120) : 'unknown error'
      show({ type: 'line', level: 'warning', text: `the shell could not be started: ${detail}` })
    }
  }

  return {
    async run(line) {
      const command = line.slice(1).trim()
      if (command === '') return show({ type: 'line', level: 'info', text: '! runs a command: !git status' })
      const controller = new AbortController()
      const end = perform(command, controller.signal)
      running.set(controller, end)
      await end
      running.delete(controller)
    },
    stop() {
      for (const controller of running.keys()) controller.abort()
      return running.size > 0
    },
    async ended() {
      await Promise.all(running.values())
    },
  }
}

function shellOf(platform: NodeJS.Platform, env: ShellPorts['env'], command: string) {
  if (platform === 'win32')
    return { program: env.ComSpec || 'cmd.exe', args: ['/d', '/s', '/c', `"${command}"`] }
  return { program: env.SHELL || '/bin/sh', args: ['-c', command] }
}

/** The end of an output, in whole lines where it has some; `left` counts the lines that are gone. */
function shortened(text: string, left: number): { text: string; left: number } {
  const lines = text.split('\n')
  const most = MOST_LINES + (text.endsWith('\n') ? 1 : 0)
  let first = Math.max(0, lines.length - most)
  let length = lines.slice(first).reduce((sum, each) => sum + each.length + 1, 0)
  while (length > MOST_LENGTH && first < lines.length - 1) {
    length -= (lines[first]?.length ?? 0) + 1
    first += 1
  }
  const kept = first === 0 ? text : lines.slice(first).join('\n')
  return { text: kept.slice(-MOST_LENGTH), left: left + first }
}
