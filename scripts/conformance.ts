// Drives the built program with the public conformance suite of MCP and prints what it says, a row for each scenario:
//
//     node scripts/conformance.ts [--wire default|2026-07-28|2025-11-25|machine|old|all] [--scenario <part of a name>]
//                                 [--jobs <n>] [--verbose] [--json]
//
// `default`: each scenario by the wire that it was written for. `machine`: clients that act for themselves. `old`: the last
// version of the suite before it judged `iss`. A scenario passes when the suite says so and the program ended as it should
// (`test/conformance/verdict.ts`). Exits with 1 when one fails that is not known to be wrong itself, or when one is missing.
import { setMaxListeners } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inParallel, run, scenariosOf } from '../test/conformance/suite.ts'

const modules = fileURLToPath(new URL('../node_modules', import.meta.url))
const SUITE = join(modules, '@modelcontextprotocol/conformance/dist/index.js')
const OLD_SUITE = join(modules, 'conformance-0.1/dist/index.js')

const MACHINE = 'auth/client-credentials'
/** Not part of the revision 2026-07-28. */
const LEGACY = 'auth/2025-03-26'
/** Extensions that this program does not offer. */
const NOT_OURS = ['enterprise-managed-authorization', 'cross-app-access', 'dpop', 'wif-jwt-bearer']

interface Wire {
  suite: string
  options: readonly string[]
  takes(scenario: string): boolean
  /** How many scenarios there are: fewer would be a proof of less. */
  count: number
  /** Scenarios that are wrong themselves. */
  known?: readonly string[]
}

const isPerson = (scenario: string) => !scenario.startsWith(MACHINE)
const WIRES: Readonly<Record<string, Wire>> = {
  default: { suite: SUITE, options: [], takes: isPerson, count: 27 },
  '2026-07-28': {
    suite: SUITE,
    options: ['--spec-version', '2026-07-28'],
    takes: scenario => isPerson(scenario) && !scenario.startsWith(LEGACY),
    count: 25,
  },
  '2025-11-25': {
    suite: SUITE,
    options: ['--spec-version', '2025-11-25', '--force'],
    takes: isPerson,
    count: 27,
  },
  machine: { suite: SUITE, options: [], takes: scenario => !isPerson(scenario), count: 2 },
  old: {
    suite: OLD_SUITE,
    options: [],
    takes: isPerson,
    count: 19,
    // 0.1.16 publishes there an issuer that is not the one asked for.
    known: ['auth/2025-03-26-oauth-metadata-backcompat'],
  },
}

type Verdict = 'pass' | 'known' | 'fail'

interface Row {
  wire: string
  scenario: string
  verdict: Verdict
  /** Why it failed. */
  fault?: string
  seconds: number
}

const LABELS: Readonly<Record<Verdict, string>> = {
  pass: 'pass',
  known: 'miss (the scenario is wrong)',
  fail: 'FAIL',
}

const { values } = parseArgs({
  options: {
    wire: { type: 'string', default: 'all' },
    scenario: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const jobs = Number(values.jobs)
if (!Number.isInteger(jobs) || jobs < 1) throw new Error(`--jobs ${values.jobs} is no number of jobs`)
const say = (line: string) => {
  if (!values.json) console.log(line)
}

const stop = new AbortController()
setMaxListeners(jobs, stop.signal)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort())

const rows: Row[] = []
/** What is wrong besides single scenarios. */
const problems: string[] = []
for (const name of values.wire === 'all' ? Object.keys(WIRES) : [values.wire]) {
  const wire = WIRES[name]
  if (wire === undefined) throw new Error(`no wire ${name}: ${Object.keys(WIRES).join(', ')} or all`)
  await report(name, wire)
}
if (rows.length === 0) problems.push('no scenario was run')
for (const problem of problems) say(problem)
const passed = rows.every(({ verdict }) => verdict !== 'fail') && problems.length === 0
if (values.json) console.log(JSON.stringify({ passed, problems, rows }, null, 2))
process.exitCode = passed ? 0 : 1

/** Runs the scenarios of one wire and prints their rows and their sum. */
async function report(name: string, wire: Wire): Promise<void> {
  const { suite, options, takes, count, known = [] } = wire
  const all = (await scenariosOf(suite, stop.signal)).filter(
    each => takes(each) && !NOT_OURS.some(other => each.includes(other)),
  )
  if (all.length !== count) problems.push(`${name}: the suite has ${all.length} scenarios, not ${count}`)
  const scenarios = all.filter(each => values.scenario === undefined || each.includes(values.scenario))
  if (scenarios.length === 0) return
  const { signal } = stop
  const results = await inParallel(scenarios, jobs, each => run(suite, each, options, signal), signal)
  // Everything has been ended and removed by now.
  if (signal.aborted) process.exit(130)
  say(`\n${name}`)
  let good = 0
  for (const { scenario, fault, text, seconds } of results) {
    const verdict = fault === undefined ? 'pass' : known.includes(scenario) ? 'known' : 'fail'
    if (verdict === 'pass') good += 1
    if (verdict === 'pass' && known.includes(scenario))
      problems.push(`${name} ${scenario}: passes now, so it is no longer known to be wrong`)
    rows.push({ wire: name, scenario, verdict, fault, seconds })
    say(`  ${LABELS[verdict].padEnd(4)}  ${scenario}  ${seconds.toFixed(1)} s`)
    if (verdict === 'fail') say(`    ${fault}`)
    if (verdict === 'fail' || values.verbose) say(text.trimEnd().replaceAll(/^/gm, '    | '))
  }
  say(`  ${good} of ${scenarios.length}`)
}
