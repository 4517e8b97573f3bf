import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { visit } from './visit.ts'

export { visit } from './visit.ts'

/**
 * The demo's own browser as a program, for `BROWSER` and for approving a device code from another terminal:
 *
 *     demo-browser.js [--as <name>] [--deny] [--code <user code>] <address>
 */
async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { as: { type: 'string' }, deny: { type: 'boolean' }, code: { type: 'string' } },
  })
  const [address] = positionals
  if (address === undefined) throw new Error('tell me which address to open')
  const { as = 'ada@example.com', deny = false, code } = values
  const { title } = await visit(address, {
    as,
    allow: !deny,
    ...(code === undefined ? {} : { code }),
  })
  const did = deny ? 'said no' : `signed in as ${as}`
  console.log(`demo browser: ${did}${title === '' ? '' : `; the last page says "${title}"`}`)
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    console.error(`demo browser: ${error instanceof Error ? error.message : 'it did not work'}`)
    process.exitCode = 1
  }
}
