import { cleanBlock } from '../../text.ts'

/** A foreign text as lines that stand in from ours, so that none of them can be taken for one of ours. */
export function indented(text: string): string[] {
  return cleanBlock(text)
    .trimEnd()
    .split('\n')
    .map(line => `  ${line}`)
}
