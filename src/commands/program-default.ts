import type { Command } from 'commander'
import { clean } from '../text.ts'
import { nearest } from './slash/nearest.ts'

/**
 * The command of a group that runs where none is named. It takes no arguments: a word that comes to it is one that names no command
 * of the group, and is told as that.
 */
export function defaultCommand(group: Command, name: string): Command {
  const command = group.command(name, { isDefault: true }).allowExcessArguments()
  return command.hook('preAction', () => {
    const [word] = command.args
    if (word === undefined) return
    const names = group.commands.flatMap(each => [each.name(), ...each.aliases()])
    const meant = nearest(word, names)
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`
    command.error(`error: ${group.name()} has no command '${clean(word, 40)}'${hint}`)
  })
}
