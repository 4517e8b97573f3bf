// Runs the built chat in a pseudo-terminal for so many minutes of what a person does in months, and measures it at rest after
// every round: memory of host and runtime, timers, handles, listeners, files, processes, what is left in the state folder.
// Prints the figures; exit code 1 when one of them still grows in the second half, or a secret was told. Linux only (it reads /proc).
//
//   soak.ts [minutes]    10 without a number; at least 4 rounds
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startWorld } from '../demo/world.ts'
import { processesOf } from '../test/support/processes.ts'
import { closed } from '../test/support/shown.ts'
import { openTerminal } from '../test/support/terminal.ts'
import { type Growth, growthOf } from './soak/growth.ts'
import { round, type Tally } from './soak/round.ts'
import { MEASURES, type Measure, measure, type Sample } from './soak/sample.ts'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const minutes = Number(process.argv[2] ?? 10)
if (!(minutes > 0)) throw new Error('soak.ts [minutes]')
const LEAST_ROUNDS = 4

const world = await startWorld()
const home = mkdtempSync(join(tmpdir(), 'copilot-host-soak-'))
const probe = join(home, 'probe.jsonl')
const { env, state } = world.place('soak')
const chat = openTerminal(
  process.execPath,
  [
    ...['--expose-gc', '--import', file('./soak/probe.js'), file('../bin/copilot-host.js')],
    ...['chat', '--mcp', `notes=${world.mcp.url}`, '--allow-tool', 'notes', '--token-store', 'file'],
  ],
  {
    cwd: world.work,
    env: {
      ...{ PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', SOAK_PROBE: probe, ...env },
      BROWSER: `${process.execPath} ${file('../dist/demo-browser.js')} --as ada@example.com`,
    },
  },
)

const samples: Sample[] = []
const tally: Tally = new Map()
let renewals = 0
try {
  await chat.until(() => chat.screen().includes('Sign in to notes') && !/^›/m.test(chat.screen()), 60_000)
  await chat.keys('b')
  await chat.until(() => chat.screen().includes('signed in to notes'), 60_000)
  const end = performance.now() + minutes * 60_000
  while (performance.now() < end || samples.length < LEAST_ROUNDS) {
    await round(chat, world, tally)
    samples.push(await measure(chat.pid, probe, state))
    renewals = world.authorizationServer.count('token', 'refresh_token')
    console.error(`round ${samples.length}: ${JSON.stringify(samples.at(-1))}`)
  }
} finally {
  chat.kill('SIGTERM')
  await chat.exit
  const { secrets } = world.authorizationServer
  const ended = await closed([chat], { secrets, folders: [world.folder, home] })
  await world.close()
  rmSync(home, { recursive: true, force: true })
  ended.judge()
}

const growths = (Object.keys(MEASURES) as Measure[]).map((name): [Measure, Growth] => [
  name,
  growthOf(
    samples.map(sample => sample[name]),
    MEASURES[name],
  ),
])
tally.set('renewals', renewals)
const left = processesOf(world.folder).length
print(growths)
if (left > 0) console.log(`\n${left} processes are left behind`)
process.exitCode = left > 0 || growths.some(([, { grows }]) => grows) ? 1 : 0

function print(rows: readonly (readonly [Measure, Growth])[]): void {
  console.log(
    `${samples.length} rounds: ${Array.from(tally, ([what, count]) => `${count} ${what}`).join(', ')}\n`,
  )
  const columns = ['', 'first', 'half', 'last', 'highest', 'rise in 2nd half', 'noise', '']
  const cells = rows.map(([name, { first, middle, last, highest, rise, grows }]) => [
    ...[name, first, middle, last, highest, rise.toFixed(1), MEASURES[name], grows ? 'GROWS' : 'flat'],
  ])
  for (const row of [columns, ...cells]) {
    console.log(row.map((cell, at) => (at === 0 ? `${cell}`.padEnd(26) : `${cell}`.padStart(17))).join(''))
  }
}
