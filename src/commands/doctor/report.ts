import { writeFile } from 'node:fs/promises'
import { release } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { openJournal } from '../../auth/store/journal.ts'
import { HostError } from '../../errors.ts'
import type { Host } from '../../host.ts'
import { clean, hostOf } from '../../text.ts'
import { redacting } from '../redact.ts'
import type { Settings } from '../settings.ts'
import type { Finding } from './finding.ts'

/** Of the journal of sign-ins. */
const LAST = 50
/** Variables whose values tell something and are nobody's secret; of the others that concern us only the names are told. */
const TOLD =
  /^(TERM|TERM_PROGRAM(_VERSION)?|COLORTERM|LANG|LC_ALL|NO_COLOR|FORCE_COLOR|COPILOT_HOST_[A-Z_]+|COPILOT_HOME|CI)$/
const NAMED =
  /^(COPILOT_|GH_|GITHUB_|BROWSER$|SSH_|TMUX|DISPLAY$|WAYLAND_|CODESPACES|REMOTE_|HTTPS?_PROXY$|NO_PROXY$|NODE_|DBUS_)/i

/**
 * Writes a report for an issue: findings, versions, the last sign-ins. Without the home folder, tokens, names of accounts, and
 * paths of addresses. Never over another file. Gives its path.
 */
export async function writeReport(
  file: string,
  findings: readonly Finding[],
  settings: Settings | undefined,
  host: Host,
): Promise<string> {
  const path = isAbsolute(file) ? file : join(host.folder, file)
  const redact = redacting(host.home)
  const journal = settings === undefined ? [] : await openJournal(settings.folders.state).read(LAST)
  const variables = Object.entries(host.env).flatMap(([name, value]) =>
    TOLD.test(name) ? [`${name}=${clean(value, 200)}`] : NAMED.test(name) ? [`${name} is set`] : [],
  )
  const report = {
    program: `copilot-host ${host.version}`,
    node: host.nodeVersion,
    system: `${host.platform} ${release()}`,
    findings,
    variables: variables.sort(),
    signIns: journal.map(({ time, server, issuer, reason, route, outcome, ms }) => ({
      ...{ time, server, issuer: issuer && hostOf(issuer), reason, route, outcome, ms },
    })),
  }
  const text = redact(withoutPeople(JSON.stringify(report, undefined, 2)))
  try {
    await writeFile(path, `${text}\n`, { mode: 0o600, flag: 'wx' })
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    const why = code === 'EEXIST' ? 'is there already' : 'cannot be written'
    throw new HostError('failure', `${clean(path, 200)} ${why}; --bundle <file> names another one`)
  }
  return path
}

/** E-mail addresses, and who signed in. */
function withoutPeople(text: string): string {
  return text
    .replaceAll(/[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+/gu, '[account]')
    .replaceAll(/signed in as [^",;]+/g, 'signed in as [account]')
}
