import { HostError, hostError } from '../../errors.ts'
import { type Host, isAttended } from '../../host.ts'
import { clean } from '../../text.ts'
import { raceRenewals } from '../demo.ts'
import { openKept } from '../kept.ts'
import type { ChatOptions } from '../options.ts'
import { createOutput } from '../output.ts'
import { readSettings, type Settings } from '../settings.ts'
import type { Finding, State } from './finding.ts'
import { checkKeychain } from './keychain.ts'
import { checkBrowser, checkNetwork, checkNode, checkRuntime } from './machine.ts'
import { writeReport } from './report.ts'
import { checkServers } from './servers.ts'
import { checkTerminal } from './terminal.ts'

export type DoctorOptions = Pick<ChatOptions, 'mcp' | 'mcpConfig' | 'tokenStore'> & {
  json?: boolean
  race?: boolean
  /** The file of the report; true: the usual name. */
  bundle?: string | true
}

const REPORT = 'copilot-host-report.json'
const SIGNS: Readonly<Record<State, string>> = { ok: '✓', note: '·', warning: '!', fail: '✗' }

/**
 * `doctor`: what works here and what does not, one line each. Nothing is changed: the keychain gets an entry that is taken out
 * again, nobody is signed in. Gives 1 if something that was asked for cannot work.
 */
export async function doctor(options: DoctorOptions, host: Host): Promise<number> {
  const out = createOutput(options, host)
  const findings: Finding[] = []
  const tell = (found: readonly Finding[]) => {
    findings.push(...found)
    for (const finding of found) out.line(lineOf(finding))
  }
  const given = { ...options, signIn: undefined }
  const settings = await readSettings(given, isAttended(host), host).catch((thrown: unknown) => {
    tell([{ check: 'configuration', state: 'fail', text: hostError(thrown, 'it cannot be read').message }])
    return undefined
  })
  tell([checkNode(host.nodeVersion)])
  if (settings !== undefined) for await (const found of checks(settings, options, host)) tell(found)
  if (options.race) tell([await checkRace(host)])
  host.signal.throwIfAborted()
  settings?.log.close()
  const failures = findings.filter(({ state }) => state === 'fail').length
  out.value({ version: host.version, ok: failures === 0, findings })
  if (failures > 0)
    out.line(`\n${failures === 1 ? 'One thing' : `${failures} things`} that you asked for cannot work.`)
  if (options.bundle !== undefined) {
    const file = options.bundle === true ? REPORT : options.bundle
    out.say(
      `the report is in ${clean(await writeReport(file, findings, settings, host), 300)}: read it before you share it`,
    )
  }
  return failures === 0 ? 0 : 1
}

/** All at the same time, told in this order. The terminal comes first: its answers are read where keys would be. */
async function* checks(
  settings: Settings,
  options: DoctorOptions,
  host: Host,
): AsyncGenerator<readonly Finding[]> {
  const kept = openKept(options, { settings, host, warn: () => {} })
  const runtime = checkRuntime(settings)
  const keychain = checkKeychain(options, settings, host)
  const servers = checkServers({ options, settings, kept, host })
  try {
    yield await runtime
    yield [await keychain]
    yield [checkBrowser(settings, host)]
    yield await checkTerminal(host)
    yield checkNetwork(host)
    yield await servers
  } finally {
    await Promise.allSettled([runtime, keychain, servers])
    await kept.close()
  }
}

async function checkRace(host: Host): Promise<Finding> {
  const check = 'renewal race'
  const began = performance.now()
  try {
    const { runners, answered, renewals, signIns, store } = await raceRenewals(host)
    const took = Math.round(performance.now() - began)
    const text = `${runners} programs found the same token ended (${store}): ${answered} answered, ${renewals} renewal${renewals === 1 ? '' : 's'}`
    const good = answered === runners && renewals === 1 && signIns === 0
    return { check, state: good ? 'ok' : 'fail', text, took }
  } catch (thrown) {
    host.signal.throwIfAborted()
    const why = thrown instanceof HostError ? thrown.message : 'the practice world did not work'
    return { check, state: 'fail', text: why }
  }
}

function lineOf({ check, state, text, help, took }: Finding): string {
  const time =
    took === undefined ? '' : `  ${took < 1000 ? `${Math.round(took)} ms` : `${(took / 1000).toFixed(1)} s`}`
  return `${SIGNS[state]} ${check}: ${text}${time}${help === undefined ? '' : `\n    ${help}`}`
}
