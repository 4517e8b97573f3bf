// How long a person waits, as ratios in the same run: to what cannot be beaten (an input line in Ink, the official SDK with
// readline) and to Copilot CLI where `copilot` is on the PATH. Every program is in a pseudo-terminal with a screen, and has the
// practice model; rounds are interleaved; figures are medians. docs/performance.md says what they mean.
//
//   bench.ts [rounds] [--program <file>] [--quick] [--json]     10 rounds, or 3 with --quick
import { mkdtempSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startWorld } from '../demo/world.ts'
import { type Client, openClients } from './bench/clients.ts'
import { lengthen } from './bench/lengthen.ts'
import { type Figures, oneShot, resume, session, start } from './bench/measures.ts'
import { openSignIn } from './bench/sign-in.ts'
import { rowsOf, tableOf } from './bench/table.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    program: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const ROUNDS = Number(positionals[0] ?? (flags.quick ? 3 : 10))
/** A session takes a minute or so for each program. */
const SESSIONS = flags.quick ? 1 : Math.ceil(ROUNDS / 4)
const TURNS = [10, flags.quick ? 200 : 1000]

const world = await startWorld()
const folder = mkdtempSync(join(tmpdir(), 'copilot-host-bench-'))
const clients = await openClients(world, folder, flags.program)
const rounds = new Map<string, Figures[]>(clients.map(({ name }) => [name, []]))

const progress = (text: string) => process.stderr.write(`${text}\n`)

/** One round of a measurement: each program once, in turn. The first one, which fills caches, counts for nothing. */
async function round(at: number, measure: (client: Client) => Promise<Figures>): Promise<void> {
  for (const client of clients) {
    const began = performance.now()
    const figures = await measure(client)
    progress(`  ${client.name}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
    const all = rounds.get(client.name) ?? []
    const said = Object.entries(figures).filter(([name]) => !client.launcher || !/\bhost\b/.test(name))
    if (at >= 0) all[at] = { ...all[at], ...Object.fromEntries(said) }
  }
}

async function store(client: Client, turns: number): Promise<string> {
  const sessions = join(client.copilotHome, 'session-state')
  const before: string[] = await readdir(sessions).catch(() => [])
  await oneShot(client)
  const id = (await readdir(sessions)).find(name => !before.includes(name)) ?? ''
  await lengthen(join(sessions, id, 'events.jsonl'), turns)
  return id
}

try {
  for (let at = -1; at < ROUNDS; at += 1) {
    progress(`starts and one-shots, round ${at + 1} of ${ROUNDS}`)
    await round(at, start)
    await round(at, oneShot)
  }
  const signIn = await openSignIn(world, clients[0])
  try {
    for (let at = -1; signIn !== undefined && at < ROUNDS; at += 1) {
      progress(`tokens, round ${at + 1} of ${ROUNDS}`)
      await round(at, signIn.measure)
    }
  } finally {
    await signIn?.close()
  }
  for (let at = 0; at < SESSIONS; at += 1) {
    progress(`sessions, round ${at + 1} of ${SESSIONS}`)
    await round(at, client => session(client, flags.quick))
  }
  for (const turns of TURNS) {
    const stored = new Map<string, string>()
    for (const client of clients) if (client.resume) stored.set(client.name, await store(client, turns))
    for (let at = -1; at < Math.min(ROUNDS, 4); at += 1) {
      progress(`resume of ${turns} turns, round ${at + 1}`)
      await round(at, async client => resume(client, stored.get(client.name) ?? '', turns))
    }
  }
} finally {
  await world.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}
console.log(flags.json ? JSON.stringify(rowsOf(rounds), undefined, 2) : tableOf(rounds))
