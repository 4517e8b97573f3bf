import type { PermissionAsk } from '../runtime/types.ts'
import type { ChatOptions } from './options.ts'

/** True if the command line has already allowed what is asked for: `--allow-all-tools`, `--allow-tool <name>`. */
export function allowed(
  ask: PermissionAsk,
  options: Pick<ChatOptions, 'allowAllTools' | 'allowTool'>,
): boolean {
  return options.allowAllTools === true || ask.names.some(name => options.allowTool.includes(name))
}
