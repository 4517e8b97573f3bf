import type { Command } from 'commander'
import type { Host } from '../host.ts'
import type { ConfigFileOptions } from './config-set.ts'
import { defaultCommand } from './program-default.ts'
import { mcpProgram } from './program-mcp.ts'

type Done = (code: number) => void

/** `config`, `mcp` and `trust`: what is set, where, and what of a project counts. `done` gets the exit code. */
export function configProgram(program: Command, host: Host, done: Done): void {
  const config = program
    .command('config')
    .description('settings: flags come before the environment, before the project, before your own file')
  const json = (command: Command) => command.option('--json', 'as JSON')
  const file = (command: Command) =>
    json(command).option('--project', 'the file of this project, .copilot-host.json, in place of your own')
  const load = () => import('./config.ts')
  const loadSet = () => import('./config-set.ts')

  json(defaultCommand(config, 'list'))
    .description('every setting, its value, and who says it')
    .action(async (options: { json?: boolean }) => done(await (await load()).configList(options, host)))
  json(config.command('get'))
    .description('the value that counts')
    .argument('<key>', KEY)
    .action(async (key: string, options: { json?: boolean }) =>
      done(await (await load()).configGet(key, options, host)),
    )
  file(config.command('set'))
    .description('set a value')
    .argument('<key>', KEY)
    .argument('<value...>', 'one value; several words for a list')
    .action(async (key: string, words: string[], options: ConfigFileOptions) =>
      done(await (await loadSet()).configSet(key, words, options, host)),
    )
  file(config.command('unset'))
    .description('take a value out')
    .argument('<key>', KEY)
    .action(async (key: string, options: ConfigFileOptions) =>
      done(await (await loadSet()).configUnset(key, options, host)),
    )
  file(config.command('path'))
    .description('where the file is')
    .action(async (options: ConfigFileOptions) => done(await (await loadSet()).configPath(options, host)))
  file(config.command('edit'))
    .description('open the file in your editor')
    .action(async (options: ConfigFileOptions) => done(await (await loadSet()).configEdit(options, host)))
  config
    .command('schema')
    .description('the JSON Schema of both files, for your editor')
    .action(async () => done(await (await loadSet()).configSchema(host)))

  mcpProgram(program, host, done)

  const loadTrust = () => import('./trust.ts')
  const trust = program
    .command('trust')
    .description('what the files of this project bring: servers, commands, settings; agree to it')
  json(defaultCommand(trust, 'show'))
    .description('show it in full, and ask')
    .action(async (options: { json?: boolean }) => done(await (await loadTrust()).trust(options, host)))
  json(trust.command('list'))
    .description('the folders where you have agreed')
    .action(async (options: { json?: boolean }) => done(await (await loadTrust()).trustList(options, host)))
  trust
    .command('revoke')
    .description('take it back')
    .argument('[folder]', 'the project, as `trust list` shows it, or any path to it; this one when absent')
    .action(async (folder: string | undefined) => done(await (await loadTrust()).trustRevoke(folder, host)))
}

const KEY = 'such as model, or servers.<name>.clientId'
