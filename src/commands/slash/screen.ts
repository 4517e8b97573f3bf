import { HostError } from '../../errors.ts'
import { THEMES } from '../../ui/theme.ts'
import { keepTheme } from '../theme.ts'
import { oneOf, type SlashCommand, type SlashPorts, say } from './command.ts'

/** `/editor` and `/theme`: what only a screen has. */
export const SCREEN_COMMANDS: readonly SlashCommand[] = [
  {
    name: 'editor',
    input: '[text]',
    what: 'write in your editor (Ctrl+G does it too)',
    screen: true,
    run(input, ports) {
      if (!ports.chat.edit(input)) throw new HostError('usage', 'plain lines have no editor')
    },
  },
  {
    name: 'theme',
    input: '[theme]',
    what: 'colours: auto, light, dark (background), none',
    screen: true,
    run: change,
    words: () => THEMES,
  },
]

async function change(input: string, { chat, host, settings }: SlashPorts): Promise<void> {
  const theme = input === '' ? undefined : oneOf(input, THEMES, '/theme')
  const now = chat.theme(theme)
  if (now === undefined) throw new HostError('usage', 'plain lines have no colours')
  const off = host.env.NO_COLOR && !host.env.FORCE_COLOR ? '; NO_COLOR is set: there are none' : ''
  const others = theme === undefined ? ` (there are ${THEMES.join(', ')})` : ''
  say({ chat }, `theme: ${now}${off}${others}`)
  if (theme !== undefined) await keepTheme(settings.folders.state, theme)
}
