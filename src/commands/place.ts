import { folders } from '../config/folders.ts'
import type { DeskPlace } from '../desk/folder.ts'
import type { Host } from '../host.ts'
import { type Clean, clean } from '../text.ts'

/** A folder as people read it: with `~` for their home. */
export function tilde({ folder, home }: Pick<Host, 'folder' | 'home'>): string {
  if (home === '') return folder
  return folder === home || folder.startsWith(`${home}/`) ? `~${folder.slice(home.length)}` : folder
}

/** Which terminal this is, for somebody who looks at a browser: `copilot-host in ~/src/shop on devbox, tmux pane %3`. */
export function terminalName(program: string, host: Pick<Host, 'folder' | 'home' | 'name' | 'env'>): Clean {
  const { TMUX, TMUX_PANE = '' } = host.env
  const pane = TMUX && /^%\d{1,6}$/.test(TMUX_PANE) ? `, tmux pane ${TMUX_PANE}` : ''
  return clean(`${program} in ${clean(tilde(host), 120)} on ${clean(host.name, 60)}${pane}`, 240)
}

/** Where the desks of this user's programs are to be found. */
export function deskPlace({ env, platform, home, name, isRunning }: Host): DeskPlace {
  return { state: folders(env, platform, home).state, env, platform, machine: name, isRunning }
}
