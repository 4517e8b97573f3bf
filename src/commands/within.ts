import { realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'

/** True for a file or folder at or below `place`, links followed; both may be relative to `folder`. */
export function isWithin(path: string, place: string, folder: string): boolean {
  const way = relative(real(resolve(folder, place)), real(resolve(folder, path)))
  return way === '' || (!/^\.\.(?:[\\/]|$)/.test(way) && !isAbsolute(way))
}

/** Where a path leads; of what does not exist yet, its folder. */
function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const above = dirname(path)
    return above === path ? path : join(real(above), basename(path))
  }
}
