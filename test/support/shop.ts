import { execFileSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startWorld } from '../../demo/world.ts'
import { closed } from './shown.ts'
import { openTerminal, type TestTerminal } from './terminal.ts'
import { walkOrders } from './walk-orders.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/copilot-host.js', import.meta.url))
const FORMS = fileURLToPath(new URL('forms-server.ts', import.meta.url))
const DEVBOX = new URL('devbox.js', import.meta.url)

/** A small repository, `~/shop`, and a person who works there with the chat, in windows of one size. */
export interface Shop {
  cols: number
  /** The built program there. */
  open(...args: readonly string[]): TestTerminal
  /** What gives it the MCP server `mail`, which runs here. */
  mail: readonly string[]
  /** The check that runs comes to its end. */
  checked(): Promise<void>
  close(): Promise<void>
}

const FILES: Readonly<Record<string, string>> = {
  'src/cart.ts': `import { cents, type Line } from './money.ts'

export function total(lines: Line[]): number {
  const sum = lines.reduce((all, line) => all + line.cents, 0)
  return cents(sum)
}
`,
  'src/money.ts': 'export const cents = (sum: number) => sum\n',
  'src/receipt.ts': 'export const receipt = (total: number) => `Total: $' + '{total}`\n',
  'README.md': '# Shop\n',
  // Prints its results, then waits to be told to end.
  check: `#!/bin/sh
for at in 1 2 3 4 5 6 7 8 9 10 11; do echo "ok $at - cart, case $at"; done
while [ ! -e ../checked ]; do sleep 0.05; done
rm ../checked
echo "todo 12 - receipt"
`,
}

export async function openShop({ cols, rows }: { cols: number; rows: number }): Promise<Shop> {
  const shop = { folder: '' }
  const world = await startWorld({ orders: prompt => walkOrders(shop)(prompt) })
  const { folder: home } = world
  shop.folder = join(home, 'shop')
  await mkdir(join(shop.folder, 'src'), { recursive: true })
  for (const [path, text] of Object.entries(FILES)) await writeFile(join(shop.folder, path), text)
  await chmod(join(shop.folder, 'check'), 0o755)
  execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: shop.folder })
  const config = join(home, 'mail.json')
  const server = { type: 'stdio', command: process.execPath, args: [FORMS], tools: ['*'] }
  await writeFile(config, JSON.stringify({ mcpServers: { mail: server } }))
  const place = world.place('desk')
  const terminals: TestTerminal[] = []
  return {
    cols,
    mail: ['--mcp-config', config],
    open(...args) {
      const terminal = openTerminal(process.execPath, [PROGRAM, ...args, '--token-store', 'file'], {
        ...{ cols, rows },
        cwd: shop.folder,
        env: {
          ...{ PATH: process.env.PATH, HOME: home, USER: 'you', LANG: 'C.UTF-8', TZ: 'UTC' },
          XDG_CACHE_HOME: process.env.XDG_CACHE_HOME,
          NODE_OPTIONS: `--import=${DEVBOX.href}`,
          ...place.env,
        },
      })
      terminals.push(terminal)
      return terminal
    },
    checked: () => writeFile(join(home, 'checked'), ''),
    async close() {
      const ended = await closed(terminals, { secrets: world.authorizationServer.secrets, folders: [home] })
      await world.close()
      ended.judge()
    },
  }
}
