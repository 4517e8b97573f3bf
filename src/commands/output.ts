import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { clean, visible } from '../text.ts'

/** What a command says: lines for a person, or JSON for a program (docs/auth-json.md). */
export interface Output {
  /** One line of the result; nothing where JSON is wanted. */
  line(text: string): void
  /** The whole result, where JSON is wanted. */
  value(value: unknown): void
  /** One line on stderr about something beside the result. */
  warn(text: string): void
  /** The same about what decides the exit code. */
  fail(error: HostError): void
  /** One line on stderr to a person who is there: plain on a terminal, even where the result is JSON. */
  say(text: string): void
}

export function createOutput({ json = false }: { json?: boolean }, { stdout, stderr }: Host): Output {
  const plain = (text: string) => void stderr.write(`${text}\n`)
  if (!json) {
    const line = (text: string) => void stdout.write(`${text}\n`)
    return { line, value() {}, warn: plain, fail: error => plain(error.message), say: plain }
  }
  return {
    line() {},
    value: value => void stdout.write(`${jsonText(value, 2)}\n`),
    warn: message => plain(jsonText({ warning: { message } })),
    fail: error => plain(errorLine(error)),
    say: message => plain(stderr.isTTY ? message : jsonText({ info: { message } })),
  }
}

/** The commands whose errors are JSON too where `--json` is given. */
const WITH_JSON = ['auth', 'config', 'mcp', 'trust']

/** True where the arguments ask for JSON: errors, those of usage too, are JSON then. */
export function asksForJson([command = '', ...all]: readonly string[]): boolean {
  const end = all.indexOf('--')
  const args = end < 0 ? all : all.slice(0, end)
  if (command !== 'chat' && command !== 'resume')
    return WITH_JSON.includes(command) && args.includes('--json')
  const value = (arg: string, at: number) =>
    arg === '--output' ? args[at + 1] : arg.replace(/^--output=/, '')
  return args.some((arg, at) => arg.startsWith('--output') && (value(arg, at) ?? '').endsWith('json'))
}

/** An error as one line of JSON. What is none of ours is a fault of the program. */
export function errorLine(thrown: unknown): string {
  return jsonText({ error: errorFields(thrown instanceof HostError ? thrown : unexpected(thrown)) })
}

export function errorFields({ kind, message, exitCode }: HostError) {
  return { kind, message, exitCode }
}

function unexpected(thrown: unknown): HostError {
  const detail = thrown instanceof Error ? clean(thrown.message, 200) : 'unknown error'
  return new HostError('failure', `copilot-host failed unexpectedly: ${detail}`)
}

/** JSON that is safe on a terminal too: what cannot be seen is written as an escape, so nothing is lost. */
export function jsonText(value: unknown, indent?: number): string {
  return visible(JSON.stringify(value, undefined, indent))
}
