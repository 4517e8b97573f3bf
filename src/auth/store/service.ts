import { createHash } from 'node:crypto'

/** The keychain service of a state folder: other folders (demo, tests, a second set-up) never meet the person's own. */
export function serviceName(folder: string, isDefault: boolean): string {
  if (isDefault) return 'copilot-host'
  return `copilot-host-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`
}
