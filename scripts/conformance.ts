// Drives the built program with the public conformance suite of MCP and prints what it says, a row for each scenario:
//
//     node scripts/conformance.ts [--wire default|2026-07-28|2025-11-25|machine|old|all] [--scenario <name>] [--jobs <n>]
//
// `default`: each scenario by the wire that it was written for. `machine`: clients that act for themselves. `old`: the last
// version of the suite before it judged `iss`. Exits with 1 when a scenario fails that is not known to be wrong itself.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const CLIENT = `"${process.execPath}" "${join(root, 'test/conformance/client.ts')}"`
const SUITE = join(root, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
const OLD_SUITE = join(root, 'node_modules/conformance-0.1/dist/index.js')

/** For one scenario, in milliseconds; the suite has its own of 30 s. */
const LIMIT = 60_000

/** Extensions that this program does not offer. */
const NOT_OURS = ['enterprise-managed-authorization', 'cross-app-access', 'dpop', 'wif-jwt-bearer']
const MACHINE = 'auth/client-credentials'
/** Not part of the revision 2026-07-28. */
const LEGACY = 'auth/2025-03-26'
/** Scenarios that are wrong themselves: 0.1.16 publishes there an issuer that is not the one asked for. */
const KNOWN = ['old auth/2025-03-26-oauth-metadata-backcompat']

interface Wire {
  suite: string
  options: readonly string[]
  takes(scenario: string): boolean
}

const isPerson = (scenario: string) => !scenario.startsWith(MACHINE)
const WIRES: Readonly<Record<string, Wire>> = {
  default: { suite: SUITE, options: [], takes: isPerson },
  '2026-07-28': {
    suite: SUITE,
    options: ['--spec-version', '2026-07-28'],
    takes: scenario => isPerson(scenario) && !scenario.startsWith(LEGACY),
  },
  '2025-11-25': { suite: SUITE, options: ['--spec-version', '2025-11-25', '--force'], takes: isPerson },
  machine: { suite: SUITE, options: [], takes: scenario => !isPerson(scenario) },
  old: { suite: OLD_SUITE, options: [], takes: isPerson },
}

interface Result {
  passed: boolean
  text: string
}

const { values } = parseArgs({
  options: {
    wire: { type: 'string', default: 'all' },
    scenario: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
})
const names = values.wire === 'all' ? Object.keys(WIRES) : [values.wire]
let missed = 0
for (const name of names) {
  const wire = WIRES[name]
  if (wire === undefined) throw new Error(`no wire ${name}: ${Object.keys(WIRES).join(', ')} or all`)
  missed += await report(name, wire)
}
process.exitCode = missed > 0 ? 1 : 0

/** Runs the scenarios of one wire, prints their rows and their sum, and gives the number of misses that count. */
async function report(name: string, wire: Wire): Promise<number> {
  const scenarios = (await scenariosOf(wire)).filter(
    each => values.scenario === undefined || each.includes(values.scenario),
  )
  const results = await inParallel(scenarios, Number(values.jobs), each => run(wire, each))
  let counted = 0
  console.log(`\n${name}`)
  scenarios.forEach((scenario, at) => {
    const { passed, text } = results[at] ?? { passed: false, text: '' }
    const known = KNOWN.includes(`${name} ${scenario}`)
    if (!passed && !known) counted += 1
    console.log(`  ${passed ? 'pass' : known ? 'miss (the scenario is wrong)' : 'FAIL'}  ${scenario}`)
    if (!passed && !known) console.log(text.replaceAll(/^/gm, '    | '))
  })
  console.log(`  ${results.filter(({ passed }) => passed).length} of ${scenarios.length}`)
  return counted
}

async function scenariosOf({ suite, takes }: Wire): Promise<string[]> {
  const { text } = await execute(process.execPath, [suite, 'list', '--client'])
  const found = [...text.matchAll(/auth\/[a-z0-9-]+/g)].map(([name]) => name)
  return [...new Set(found)].filter(name => takes(name) && !NOT_OURS.some(other => name.includes(other)))
}

async function run({ suite, options }: Wire, scenario: string): Promise<Result> {
  const args = [suite, 'client', '--command', CLIENT, '--scenario', scenario, ...options]
  const { code, text } = await execute(process.execPath, args)
  return { passed: code === 0 && !/WARNING\b/.test(text), text }
}

/** Runs a program in a process group of its own, which is ended whole when the time is up. */
function execute(program: string, args: readonly string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), LIMIT)
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
    child.once('error', reject)
    child.once('close', code => {
      clearTimeout(timer)
      resolve({ code: code ?? 1, text })
    })
  })
}

async function inParallel<T, R>(
  items: readonly T[],
  jobs: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  const worker = async () => {
    for (const [at, item] of left) results[at] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, worker))
  return results
}
