// How long a person waits for a prompt, as a ratio against what cannot be beaten in the same run: the bare runtime's own
// start (spawn to the answer of `connect`), and Node doing nothing. Rounds are interleaved; figures are medians. Then what a
// streamed reply costs: bytes written for each byte of text, and the time of the processor in the host itself. And how long
// a key takes to its echo: in an empty chat, with 5,000 messages, while a reply is streamed.
//
//   bench.ts [rounds] [program] [--quick] [--json]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startWorld } from '../demo/world.ts'
import { startRuntime } from '../src/runtime/runtime.ts'
import { openTerminal, type TestTerminal } from '../test/support/terminal.ts'
import { keyTimes, lengthen, percentile } from './bench/keys.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
})
const ROUNDS = Number(positionals[0] ?? (flags.quick ? 3 : 10))
const KEYS = flags.quick ? 52 : 208
const MESSAGES = 5000
const PROGRAM = positionals[1] ?? fileURLToPath(new URL('../bin/copilot-host.js', import.meta.url))

const world = await startWorld()
const home = mkdtempSync(join(tmpdir(), 'copilot-host-bench-'))
const env = { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C.UTF-8', ...world.place('bench').env }

/** Exec to a prompt that shows a key; until it does, the key is typed again every 10 ms. */
async function prompt(): Promise<number> {
  const began = performance.now()
  const chat = openTerminal(process.execPath, [PROGRAM, 'chat', '--token-store', 'memory'], {
    cwd: world.work,
    env,
  })
  await chat.until(() => /^›/m.test(chat.screen()))
  await chat.keys('q')
  await chat.until(() => /^› q/m.test(chat.screen()))
  const took = performance.now() - began
  await chat.close()
  return took
}

/** The same in plain lines: what is typed counts from the greeting on. */
async function plain(): Promise<number> {
  const began = performance.now()
  const chat = openTerminal(process.execPath, [PROGRAM, 'chat', '--plain', '--token-store', 'memory'], {
    cwd: world.work,
    env,
  })
  await chat.until(() => chat.screen().includes('Type a message'))
  const took = performance.now() - began
  await chat.close()
  return took
}

async function runtime(): Promise<number> {
  const began = performance.now()
  const child = await startRuntime({ env, execPath: process.execPath, folder: world.work, login: false })
  const took = performance.now() - began
  await child.stop()
  return took
}

async function run(args: string[]): Promise<number> {
  const began = performance.now()
  const child = spawn(process.execPath, args, { cwd: world.work, env, stdio: 'ignore' })
  await once(child, 'exit')
  return performance.now() - began
}

/** A chat in which one reply is streamed. */
async function stream(order: string): Promise<{ bytes: number; seconds: number }> {
  const args = ['chat', '--token-store', 'memory']
  const chat = openTerminal(process.execPath, [PROGRAM, ...args], { cwd: world.work, env })
  await chat.until(() => /^›$/m.test(chat.screen()))
  await chat.keys(order)
  await chat.until(() => chat.screen().includes(order))
  const [, words, id] = /n=(\d+) .*id=(\w+)/.exec(order) ?? []
  const before = { bytes: Buffer.byteLength(chat.raw()), seconds: cpu(chat.pid) }
  await chat.keys('\r')
  await chat.until(
    () => chat.screen().includes(`w${id}-${words}`) && !chat.screen().includes('working'),
    60_000,
  )
  const text = Array.from({ length: Number(words) }, (_, at) => `w${id}-${at + 1}`).join(' ')
  const bytes = (Buffer.byteLength(chat.raw()) - before.bytes) / text.length
  const seconds = cpu(chat.pid) - before.seconds
  await chat.close()
  return { bytes, seconds }
}

/** Opens a chat, has it made ready, and types. */
async function keys(
  args: readonly string[],
  env: Record<string, string>,
  ready: (chat: TestTerminal) => Promise<unknown> = async () => undefined,
): Promise<number[]> {
  const all = [PROGRAM, 'chat', ...args, '--token-store', 'memory']
  const chat = openTerminal(process.execPath, all, { cwd: world.work, env })
  await chat.until(() => /^›$/m.test(chat.screen()))
  await ready(chat)
  await keyTimes(chat, 26)
  const times = await keyTimes(chat, KEYS)
  await chat.close()
  return times
}

/** Keys in chats that differ in what they have to do beside. */
async function allKeys(): Promise<{ name: string; times: number[] }[]> {
  const place = world.place('long').env
  const long = { ...env, ...place }
  await once(
    spawn(process.execPath, [PROGRAM, 'chat', '-p', 'SAY hello', '--token-store', 'memory'], {
      cwd: world.work,
      env: long,
      stdio: 'ignore',
    }),
    'exit',
  )
  await lengthen(place.COPILOT_HOME ?? '', MESSAGES)
  const streaming = async (chat: TestTerminal) => {
    await chat.keys('STREAM n=20000 r=200 id=k')
    await chat.until(() => chat.screen().includes('id=k'))
    await chat.keys('\r')
    await chat.until(() => chat.screen().includes('wk-20'))
  }
  return [
    { name: 'key: empty chat', times: await keys([], env) },
    {
      name: `key: ${MESSAGES} messages`,
      times: await keys(['--continue'], long, chat =>
        chat.until(() => chat.lines().filter(line => line === 'hello').length > 100, 60_000),
      ),
    },
    { name: 'key: while 200 words/s stream', times: await keys([], env, streaming) },
  ]
}

/** Seconds of the processor that a process has taken; NaN where the system does not tell it like Linux. */
function cpu(pid: number): number {
  try {
    const [, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    const [user, system] = (fields.at(-1) ?? '').split(' ').slice(11, 13).map(Number)
    return ((user ?? Number.NaN) + (system ?? Number.NaN)) / 100
  } catch {
    return Number.NaN
  }
}

const subjects = {
  'chat: exec to usable prompt': prompt,
  'chat --plain: exec to greeting': plain,
  'one-shot: exec to exit': () => run([PROGRAM, 'chat', '-p', 'SAY hello', '--token-store', 'memory']),
  'runtime: spawn to connect': runtime,
  'node -e 0': () => run(['-e', '0']),
}
const figures = new Map<string, number[]>()
for (const [name, measure] of Object.entries(subjects)) {
  await measure()
  figures.set(name, [])
}
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, measure] of Object.entries(subjects)) figures.get(name)?.push(await measure())
}
const streams = [
  { name: 'stream: 1,000 words, 200/s', order: 'STREAM n=1000 r=200 id=a' },
  { name: 'stream: 5,000 words, full speed', order: 'STREAM n=5000 r=1000000 id=b' },
]
const costs = []
for (const { name, order } of streams) costs.push({ name, ...(await stream(order)) })
const typed = await allKeys()
await world.close()
rmSync(home, { recursive: true, force: true })

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const ratio = (a: readonly number[], b: readonly number[]) =>
  median(a.map((value, at) => value / (b[at] ?? Number.NaN)))
const base = figures.get('runtime: spawn to connect') ?? []
const empty = percentile(typed[0]?.times ?? [], 0.5)
const report = {
  rounds: ROUNDS,
  starts: Array.from(figures, ([name, values]) => ({
    name,
    ms: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    ratio: ratio(values, base),
  })),
  streams: costs,
  keys: typed.map(({ name, times }) => {
    const p50 = percentile(times, 0.5)
    return { name, p50, p95: percentile(times, 0.95), ratio: p50 / empty }
  }),
}
if (flags.json) console.log(JSON.stringify(report, null, 2))
else {
  console.log(`${ROUNDS} rounds, medians; ratio to the runtime's own start, paired by round`)
  for (const { name, ms, least, most, ratio } of report.starts) {
    const spread = `${least.toFixed(0)}-${most.toFixed(0)}`
    console.log(`${name.padEnd(30)} ${ms.toFixed(0).padStart(5)} ms  (${spread})  x${ratio.toFixed(1)}`)
  }
  for (const { name, bytes, seconds } of report.streams)
    console.log(`${name.padEnd(32)} ${bytes.toFixed(2)} bytes for each, ${seconds.toFixed(2)} s in the host`)
  for (const { name, p50, p95, ratio } of report.keys)
    console.log(
      `${name.padEnd(32)} p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, x${ratio.toFixed(2)} of an empty chat`,
    )
}
