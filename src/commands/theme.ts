import { join } from 'node:path'
import type { Environment } from '../config/environment.ts'
import { HostError } from '../errors.ts'
import { THEMES, type Theme } from '../ui/theme.ts'
import { readSmall, write } from './small-file.ts'

/** The colours that the person has chosen: `COPILOT_HOST_THEME`, else what was kept, else `auto`. Never rejects. */
export async function readTheme(folder: string, env: Environment): Promise<Theme> {
  const kept = await readSmall(fileIn(folder)).catch(() => '')
  return themeOf(env.COPILOT_HOST_THEME ?? '') ?? themeOf(kept) ?? 'auto'
}

/** Keeps a choice for later chats. Rejects with HostError `failure`. */
export async function keepTheme(folder: string, theme: Theme): Promise<void> {
  try {
    await write(fileIn(folder), `${theme}\n`, { secret: true })
  } catch (thrown) {
    throw new HostError('failure', `theme: ${theme}, for this chat only: it could not be kept`, {
      cause: thrown,
    })
  }
}

function fileIn(folder: string): string {
  return join(folder, 'theme')
}

function themeOf(word: string): Theme | undefined {
  return THEMES.find(theme => theme === word.trim())
}
