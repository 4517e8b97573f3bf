import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Host } from '../host.ts'
import { whole } from './options.ts'
import { defaultCommand } from './program-default.ts'
import type { ReplayOptions } from './replay.ts'
import type { SessionsOptions } from './sessions.ts'
import type { ExportOptions } from './sessions-export.ts'

/** `sessions` and what can be done with them. `done` gets the exit code. */
export function sessionsProgram(program: Command, host: Host, done: (code: number) => void): void {
  const load = () => import('./sessions.ts')
  const loadExport = () => import('./sessions-export.ts')
  const sessions = program
    .command('sessions')
    .description('stored sessions, newest first; those of Copilot CLI too')
  const listing = (command: Command) =>
    command.option('--here', 'only those of this folder').option('--json', 'as JSON')

  listing(defaultCommand(sessions, 'list'))
    .description('list them')
    .action(async (options: SessionsOptions) => done(await (await load()).sessionsList(options, host)))

  listing(sessions.command('search'))
    .description('those in whose name, folder or conversation a text is')
    .argument('<text>')
    .action(async (text: string, options: SessionsOptions) =>
      done(await (await load()).sessionsSearch(text, options, host)),
    )

  sessions
    .command('show')
    .description('print a conversation, without resuming it')
    .argument('[session]', WHICH)
    .option('--last <count>', 'only so many pieces, from the end', whole)
    .option('--json', 'as JSON')
    .action(async (id: string | undefined, { last, json }: { last?: number; json?: boolean }) =>
      done(await (await loadExport()).sessionsExport(id, { format: json ? 'json' : 'text', last }, host)),
    )

  sessions
    .command('export')
    .description('print a conversation for others to read')
    .argument('[session]', WHICH)
    .addOption(new Option('--format <format>', 'as what').choices(['markdown', 'json']).default('markdown'))
    .option('--redact', 'without tool input and output, the home folder, and what looks like a secret')
    .action(async (id: string | undefined, options: ExportOptions) =>
      done(await (await loadExport()).sessionsExport(id, options, host)),
    )

  program
    .command('replay')
    .description('draw a stored session again: no model, no login, no network')
    .argument('[session]', WHICH)
    .option('--speed <times>', 'times as fast as it was, or `instant`', speed, 1)
    .option('--redact', 'without tool input and output, the home folder, and what looks like a secret')
    .action(async (id: string | undefined, options: ReplayOptions) => {
      const { replay } = await import('./replay.ts')
      done(await replay(id, options, host))
    })

  sessions
    .command('rename')
    .description('give it a name, which resume takes too')
    .argument('<session>', WHICH)
    .argument('<name>')
    .action(async (id: string, name: string) => done(await (await load()).sessionsRename(id, name, host)))

  sessions
    .command('delete')
    .description('delete sessions with all their data')
    .argument('<sessions...>', WHICH)
    .option('--yes', 'without asking; nobody is asked where there is no terminal')
    .action(async (ids: string[], options: { yes?: boolean }) =>
      done(await (await load()).sessionsDelete(ids, options, host)),
    )
}

function speed(value: string): ReplayOptions['speed'] {
  const given = value === 'instant' ? value : Number(value)
  if (given === 'instant' || (given >= 0.1 && given <= 1000)) return given
  throw new InvalidArgumentError('It must be a number between 0.1 and 1000, or `instant`.')
}

const WHICH =
  'an id, the beginning of one, or a name; without it, or with `latest`, the latest of this folder'
