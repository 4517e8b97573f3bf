import { extname, join, resolve } from 'node:path'
import { codeOf, HostError, whyNot } from '../../errors.ts'
import { clean, cleanBlock } from '../../text.ts'
import { shortId } from '../pick-session.ts'
import { exportSession } from '../sessions-export.ts'
import { writeNew } from '../small-file.ts'
import { type SlashCommand, type SlashPorts, say, sessionOf } from './command.ts'

/** What the clipboard of a terminal takes at most, in UTF-8 bytes: xterm and tmux drop what is longer. */
const LONGEST_COPY = 74_000
/** So much of a diff is printed, in lines. */
const LONGEST_DIFF = 500

/** `/copy`, `/export` and `/diff`. */
export const TRANSCRIPT_COMMANDS: readonly SlashCommand[] = [
  { name: 'copy', what: 'the last answer to your clipboard (OSC 52)', screen: true, run: copy },
  {
    name: 'export',
    input: '[--redact] [file]',
    what: 'the conversation as Markdown, JSON or text (.json .txt)',
    run: write,
    words: () => ['--redact'],
  },
  { name: 'diff', what: 'what differs from the last commit', run: diff },
]

function copy(_input: string, ports: SlashPorts): void {
  const { answer } = ports.current.state
  if (answer === undefined) throw new HostError('usage', 'there is no answer yet')
  const text = cleanBlock(answer).trim()
  if (Buffer.byteLength(text) > LONGEST_COPY)
    throw new HostError(
      'usage',
      'the answer is too long for the clipboard of a terminal: /export writes a file',
    )
  if (!ports.chat.copy(text))
    throw new HostError('usage', 'the clipboard cannot be reached from here: /export writes a file')
  say(ports, `copied ${text.length} characters`)
}

async function write(input: string, ports: SlashPorts): Promise<void> {
  const { host, settings, current } = ports
  const { session } = await sessionOf(ports)
  if (!current.state.said) throw new HostError('usage', 'nothing has been said yet')
  const redact = /(?:^|\s)--redact(?:\s|$)/u.test(input)
  const given = input
    .replace(/(^|\s)--redact(?=\s|$)/u, '')
    .trim()
    .replace(/^(["'])(.+)\1$/u, '$2')
  const name = given === '' ? `session-${shortId(session.id)}.md` : given
  const file = resolve(host.folder, name.startsWith('~/') ? join(host.home, name.slice(2)) : name)
  const format = FORMATS[extname(file).toLowerCase()] ?? 'markdown'
  const stored = (await (await ports.running.runtime).sessions()).find(({ id }) => id === session.id)
  const chunks: string[] = []
  const damaged = await exportSession(
    { id: session.id, started: '', ...stored },
    { format, redact },
    { folder: settings.folders.copilot, home: host.home, signal: host.signal },
    chunk => chunks.push(chunk),
  )
  await writeNew(file, chunks.join('')).catch(thrown => {
    throw new HostError('usage', `${clean(name, 200)} ${problem(thrown)}`, { cause: thrown })
  })
  const lines = damaged > 0 ? `; ${damaged} damaged lines of the log were left out` : ''
  say(ports, `wrote ${clean(name, 200)}${lines}`)
}

const FORMATS: Readonly<Record<string, 'json' | 'text' | 'markdown'>> = { '.json': 'json', '.txt': 'text' }

function problem(thrown: unknown): string {
  const code = codeOf(thrown)
  if (code === 'EEXIST') return 'is there already: name another file'
  if (code === 'ENOENT') return 'lies in a folder that is not there'
  return `could not be written: ${whyNot(thrown)}`
}

async function diff(_input: string, ports: SlashPorts): Promise<void> {
  const changes = await (await sessionOf(ports)).session.controls.changes()
  if (changes.length === 0) return say(ports, 'nothing differs, or this folder is in no Git repository')
  const lines = cleanBlock(changes.map(each => each.trimEnd()).join('\n')).split('\n')
  const shown = lines.length > LONGEST_DIFF ? lines.slice(0, LONGEST_DIFF - 1) : lines
  ports.chat.show({ type: 'text', text: shown.join('\n'), diff: true })
  const more = lines.length - shown.length
  // In plain lines a `!` runs nothing.
  const command =
    ports.chat.own === undefined ? '!git diff HEAD shows them' : 'git diff HEAD in a shell shows them'
  if (more > 0) say(ports, `${more} more lines: ${command}`)
}
