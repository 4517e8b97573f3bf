import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { openTerminal, type TestTerminal } from '../../test/support/terminal.ts'
import type { Client, Launch } from './clients.ts'
import { allMegabytes, allSeconds, ownSeconds, residentMegabytes } from './usage.ts'

/** What was measured, by its name. */
export type Figures = Record<string, number>

/** Signs that no screen here shows otherwise. */
const KEYS = '{}^'

/** Exec to a prompt that shows a key, and what the processor had done by then. */
export async function start(client: Client): Promise<Figures> {
  const began = performance.now()
  const { chat, took } = await ready(client, client.chat, began)
  const figures = { 'start: usable prompt, ms': took, 'start: CPU, s': allSeconds(chat.pid) }
  await chat.close()
  return figures
}

/** A prompt on the command line, to the end of the program. */
export async function oneShot({ once: launch }: Client): Promise<Figures> {
  if (launch === undefined) return {}
  const { command, args, env, cwd } = launch('SAY hello')
  const began = performance.now()
  const child = spawn(command, args, { env, cwd, stdio: 'ignore' })
  await once(child, 'exit')
  return { 'one-shot, ms': performance.now() - began }
}

/** A long session: keys, turns, streams, memory. */
export async function session(client: Client, quick: boolean): Promise<Figures> {
  if (client.once === undefined) {
    const { chat } = await ready(client, client.chat, performance.now())
    const figures = { ...keyFigures('empty', await keyTimes(chat, quick ? 24 : 64)) }
    const rest = { 'memory: host at rest, MB': residentMegabytes(chat.pid) }
    await chat.close()
    return { ...figures, ...rest }
  }
  const { chat } = await ready(client, client.chat, performance.now())
  // What is still loading takes part in nothing that is measured.
  await pause(1500)
  const figures: Figures = {
    'memory: host at rest, MB': residentMegabytes(chat.pid),
    'memory: all at rest, MB': allMegabytes(chat.pid),
    ...keyFigures('empty', await keyTimes(chat, quick ? 24 : 64)),
  }
  const turns = []
  for (let at = 0; at < 6; at += 1) turns.push((await turn(chat, `t${at}`, 20, 0)).first)
  figures['turn: Enter to first token, ms'] = median(turns.slice(1))

  const words = quick ? 400 : 1000
  const streaming = turn(chat, 'k', words, 200)
  await chat.until(() => chat.screen().includes('wk-20'), 20_000)
  Object.assign(figures, keyFigures('while 200 words/s stream', await keyTimes(chat, quick ? 8 : 24)))
  await streaming

  const slow = await turn(chat, 's', words, 200)
  figures['200 words/s: bytes for each of text'] = slow.bytes
  figures['200 words/s: CPU of all, s'] = slow.all
  figures['200 words/s: CPU of the host, s'] = slow.own
  const fast = await turn(chat, 'f', quick ? 2000 : 5000, 1_000_000)
  figures['full speed: bytes for each of text'] = fast.bytes
  figures['full speed: Enter to the end, ms'] = fast.total
  figures['full speed: CPU of the host, s'] = fast.own

  Object.assign(figures, keyFigures('after all that', await keyTimes(chat, quick ? 24 : 64)))
  figures['memory: host after all that, MB'] = residentMegabytes(chat.pid)
  figures['clears of the window'] = chat.raw().split(/\u001b\[[23]J/).length - 1
  await chat.close()
  return figures
}

/** A stored session of this many turns, to its last one on the screen. */
export async function resume(client: Client, id: string, turns: number): Promise<Figures> {
  if (client.resume === undefined) return {}
  const began = performance.now()
  const chat = open(client.resume(id))
  await chat.until(
    () => chat.lines().some(line => line.includes('hello')) && client.prompt.test(chat.screen()),
    60_000,
  )
  const took = performance.now() - began
  const held = residentMegabytes(chat.pid)
  await chat.close()
  return { [`resume of ${turns} turns, ms`]: took, [`resume of ${turns} turns: host, MB`]: held }
}

/** In a terminal of 120x40. */
export function open({ command, args, env, cwd }: Launch): TestTerminal {
  return openTerminal(command, args, { cols: 120, rows: 40, env, cwd, foreign: true })
}

/** Opens a chat and types until a key shows. */
async function ready(
  client: Client,
  launch: Launch,
  began: number,
): Promise<{ chat: TestTerminal; took: number }> {
  const chat = open(launch)
  await chat.until(() => client.prompt.test(chat.screen()), 30_000)
  let at = 0
  do {
    await chat.keys(KEYS.charAt(at % KEYS.length))
    at += 1
  } while (
    !(await chat
      .until(() => count(chat, KEYS) > 0, 250)
      .then(
        () => true,
        () => false,
      ))
  )
  const took = performance.now() - began
  await wipe(chat)
  return { chat, took }
}

/** Milliseconds from each key to its echo. What was typed is taken back. */
async function keyTimes(chat: TestTerminal, keys: number): Promise<number[]> {
  const times: number[] = []
  for (let at = 0; at < keys; at += 1) {
    const key = KEYS.charAt(at % KEYS.length)
    const before = count(chat, key)
    const began = performance.now()
    await chat.keys(key)
    await chat.until(() => count(chat, key) > before)
    times.push(performance.now() - began)
    await pause(40)
    if (at % 16 === 15 || at === keys - 1) await wipe(chat)
  }
  return times
}

/** Takes back what was typed, key by key: a program that is still loading may not have taken one. */
async function wipe(chat: TestTerminal): Promise<void> {
  for (let at = 0; at < 100 && count(chat, KEYS) > 0; at += 1) {
    await chat.keys('\u007f')
    await pause(15)
  }
}

interface Turn {
  first: number
  total: number
  bytes: number
  own: number
  all: number
}

/** One reply of so many words, so many in a second (0: all at once). Times from Enter, in milliseconds. */
async function turn(chat: TestTerminal, id: string, words: number, rate: number): Promise<Turn> {
  await chat.keys(`STREAM n=${words} r=${rate} id=${id}`)
  await chat.until(() => chat.screen().includes(`id=${id}`))
  // Past what a program may do about a paste.
  await pause(300)
  const before = {
    bytes: Buffer.byteLength(chat.raw()),
    own: ownSeconds(chat.pid),
    all: allSeconds(chat.pid),
  }
  const began = performance.now()
  await chat.keys('\r')
  const seen = new RegExp(`w${id}-\\d`)
  await chat.until(() => seen.test(chat.screen()), 60_000)
  const first = performance.now() - began
  await chat.until(() => new RegExp(`w${id}-${words}\\b`).test(chat.screen()), 120_000)
  const total = performance.now() - began
  await pause(600)
  const text = Array.from({ length: words }, (_, at) => `w${id}-${at + 1}`).join(' ').length
  return {
    ...{ first, total },
    bytes: (Buffer.byteLength(chat.raw()) - before.bytes) / text,
    own: ownSeconds(chat.pid) - before.own,
    all: allSeconds(chat.pid) - before.all,
  }
}

function keyFigures(when: string, times: readonly number[]): Figures {
  return {
    [`key, ${when}: p50, ms`]: percentile(times, 0.5),
    [`key, ${when}: p95, ms`]: percentile(times, 0.95),
  }
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The value below which this part of the values lies. */
function percentile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN
}

/** How many of these letters are on the screen. */
function count(chat: TestTerminal, letters: string): number {
  return Array.from(chat.screen()).filter(each => letters.includes(each)).length
}
