import { existsSync, readFileSync } from 'node:fs'

/** The last lines of a program's debug log, for whoever has to find out why it did not go on; nothing where there is none. */
export function lastLogged(file: string | undefined, count = 40): string {
  if (file === undefined || !existsSync(file)) return ''
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return `\nlast in the debug log:\n${lines.slice(-count).join('\n')}`
}
