import { posix, win32 } from 'node:path'
import { HostError } from '../errors.ts'
import { clean } from '../text.ts'
import type { Environment } from './environment.ts'

const NAME = 'copilot-host'

export interface Folders {
  /** Our own folder: index, journal, token file. */
  state: string
  /** True for the platform's data folder, false for one that `COPILOT_HOST_HOME` names. */
  isDefault: boolean
  /** Copilot CLI's folder, which the runtime uses too. */
  copilot: string
  /** The person's configuration file. */
  config: string
}

/**
 * The two folders that this program works with, as absolute paths; nothing is created here. `home` is the person's home
 * folder, or empty where there is none. Throws HostError `folder` naming the variable to set.
 */
export function folders(env: Environment, platform: NodeJS.Platform, home: string): Folders {
  const path = pathOf(platform)
  const { state, isDefault } = ownFolder(env, platform, home)
  return {
    state,
    config: path.join(isDefault ? configFolder(env, platform, home, state) : state, 'config.json'),
    isDefault,
    copilot:
      given(env.COPILOT_HOME, 'COPILOT_HOME', platform) ??
      path.join(homeFolder(home, 'COPILOT_HOME', path), '.copilot'),
  }
}

/** Our own folder alone: no other has to be known for it. Throws HostError `folder` too. */
export function ownFolder(
  env: Environment,
  platform: NodeJS.Platform,
  home: string,
): Pick<Folders, 'state' | 'isDefault'> {
  const path = pathOf(platform)
  const named = given(env.COPILOT_HOST_HOME, 'COPILOT_HOST_HOME', platform)
  const state = named ?? dataFolder(env, platform, () => homeFolder(home, 'COPILOT_HOST_HOME', path))
  return { state, isDefault: named === undefined }
}

/** An absolute path as it is kept. Throws HostError `folder` naming `what` sets it. */
export function absoluteFolder(folder: string, what: string, platform: NodeJS.Platform): string {
  const path = pathOf(platform)
  if (!path.isAbsolute(folder) || folder.includes('\0')) {
    throw new HostError('folder', `"${clean(folder)}": ${what} must be an absolute path`)
  }
  // Without a slash at its end, too: the name of the keychain's entries is made of it.
  return path.resolve(folder)
}

/**
 * Where programs keep their data. Not from `env-paths`, which asks for the home folder when it is loaded and throws
 * where there is none.
 */
function dataFolder(env: Environment, platform: NodeJS.Platform, home: () => string): string {
  switch (platform) {
    case 'win32':
      return win32.join(env.LOCALAPPDATA || win32.join(home(), 'AppData', 'Local'), NAME, 'Data')
    case 'darwin':
      return posix.join(home(), 'Library', 'Application Support', NAME)
    default: {
      // The XDG specification says that a relative path is to be ignored.
      const data = env.XDG_DATA_HOME ?? ''
      return posix.join(posix.isAbsolute(data) ? data : posix.join(home(), '.local', 'share'), NAME)
    }
  }
}

/** Where people look for what they set; where a platform has no other place for it, beside the data. */
function configFolder(env: Environment, platform: NodeJS.Platform, home: string, state: string): string {
  if (platform === 'win32') return env.APPDATA ? win32.join(env.APPDATA, NAME) : win32.dirname(state)
  if (platform === 'darwin') return state
  const config = env.XDG_CONFIG_HOME ?? ''
  if (posix.isAbsolute(config)) return posix.join(config, NAME)
  return posix.isAbsolute(home) ? posix.join(home, '.config', NAME) : state
}

function given(folder: string | undefined, variable: string, platform: NodeJS.Platform): string | undefined {
  return folder ? absoluteFolder(folder, variable, platform) : undefined
}

function pathOf(platform: NodeJS.Platform): typeof posix {
  return platform === 'win32' ? win32 : posix
}

function homeFolder(home: string, variable: string, path: typeof posix): string {
  if (path.isAbsolute(home)) return path.normalize(home)
  throw new HostError('folder', `of this user: HOME is not set to an absolute path. Set HOME or ${variable}`)
}
