import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host } from '../src/host.ts'

/** The person's environment without their accounts and models, and without a proxy between us and ourselves. */
export function environment(env: Record<string, string>): Record<string, string> {
  const own = /^(COPILOT_(?!CLI_PATH$)|GH_|GITHUB_)/
  const kept = Object.entries(env).filter(([name]) => !own.test(name) && !/^no_proxy$/i.test(name))
  const direct = '127.0.0.1,localhost'
  return { ...Object.fromEntries(kept), NO_PROXY: direct, no_proxy: direct }
}

/** `BROWSER` is split at white space, so a path that has some is given a name without. */
export async function browserCommand(folder: string, host: Host): Promise<string> {
  const command = [host.execPath, host.packageFile('dist/demo-browser.js')]
  const names = ['node', 'browser.js']
  for (const [index, path] of command.entries()) {
    if (!/\s/.test(path)) continue
    const name = join(folder, names[index] ?? '')
    await symlink(path, name)
    command[index] = name
  }
  return command.join(' ')
}
