import { existsSync } from 'node:fs'
import { createBrowser } from '../auth/browser.ts'
import type { Browser } from '../auth/types.ts'
import type { Host } from '../host.ts'
import { startProgram } from '../spawn.ts'
import type { Settings } from './settings.ts'

/** Files that container engines leave in every container. */
const CONTAINER_MARKS = ['/.dockerenv', '/run/.containerenv']

export function inContainer(): boolean {
  return CONTAINER_MARKS.some(file => existsSync(file))
}

/** The person's browser, which gets none of our secrets in its environment. */
export function systemBrowser(
  host: Host,
  { runtime }: { runtime: Pick<Settings['runtime'], 'env'> },
): Browser {
  return createBrowser({
    env: host.env,
    platform: host.platform,
    container: inContainer(),
    start: (program, args) => startProgram({ program, args, env: runtime.env }),
  })
}
