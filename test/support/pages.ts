import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** All that is written for people, in this repository; the licences of others are not ours. */
export const PAGES: readonly string[] = globSync('{*.md,docs/*.md}', { cwd: ROOT })
  .filter(page => page !== 'docs/licences.md')
  .sort()

/** The text of a file of this repository. */
export function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8')
}

/** What stands between backticks in a text, outside of blocks. */
export function quoted(text: string): string[] {
  return [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
}

/** A page without its blocks of code. */
export function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '')
}

/** The command lines in the blocks of a page, without comments; a line that ends with `\` goes on in the next one. */
export function commandLines(text: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, language = '', block = '']) =>
    block
      .replaceAll(/ *\\\n */g, ' ')
      .split('\n')
      .map(line => line.replace(/^\$ /, '').replace(/(^| +)# .*$/, ''))
      // A block that names no language shows what is printed, too.
      .filter(line =>
        language === ''
          ? /^(copilot-host|npx?|git) [a-z]/.test(line)
          : language === 'sh' || language === 'console',
      )
      .filter(line => line !== ''),
  )
}

/** The headings of a page as GitHub turns them into anchors. */
export function anchors(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Where the links and pictures of a page lead, as they are written. */
export function links(text: string): string[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
}

/** The rows of the tables of a page below this heading, each as its cells; without the head. */
export function rows(text: string, heading?: string): string[][] {
  const section =
    heading === undefined ? text : text.split(/^##+ /m).find(part => part.startsWith(`${heading}\n`))
  return (section ?? '')
    .split(/\n(?!\|)/)
    .flatMap(part => [...part.matchAll(/^\| (.*) \|$/gm)].slice(1))
    .map(([, row = '']) => row.split(/ (?<!\\)\| /))
}
