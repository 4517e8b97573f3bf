import { release } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { openJournal } from '../../auth/store/journal.ts'
import { codeOf, HostError, whyNot } from '../../errors.ts'
import type { Host } from '../../host.ts'
import { clean, hostOf } from '../../text.ts'
import { redacting } from '../redact.ts'
import type { Settings } from '../settings.ts'
import { writeNew } from '../small-file.ts'
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
  settings: { folders: Pick<Settings['folders'], 'state'> } | undefined,
  host: Pick<Host, 'home' | 'folder' | 'env' | 'version' | 'nodeVersion' | 'platform'>,
): Promise<string> {
  const path = isAbsolute(file) ? file : join(host.folder, file)
  const redact = redacting(host.home)
  const journal = settings === undefined ? [] : await openJournal(settings.folders.state).read(LAST)
  const variables = Object.entries(host.env).flatMap(([name, value]) =>
    TOLD.test(name) ? [`${name}=${clean(pathless(value), 200)}`] : NAMED.test(name) ? [`${name} is set`] : [],
  )
  const report = {
    program: `copilot-host ${host.version}`,
    node: host.nodeVersion,
    system: `${host.platform} ${release()}`,
    findings: findings.map(nameless).map(withoutPaths),
    variables: variables.sort(),
    signIns: journal.map(({ time, server, issuer, reason, route, outcome, ms }) => ({
      ...{ time, server: pathless(server), issuer: issuer && hostOf(issuer), reason, route, outcome, ms },
    })),
  }
  const text = redact(withoutPeople(JSON.stringify(report, undefined, 2)))
  try {
    await writeNew(path, `${text}\n`, 0o600)
  } catch (thrown) {
    const code = codeOf(thrown)
    const why = code === 'EEXIST' ? 'is there already' : `cannot be written: ${whyNot(thrown)}`
    throw new HostError('failure', `${clean(path, 200)} ${why}; --bundle <file> names another one`)
  }
  return path
}

/** Of an address its host; a path may be a secret. */
function pathless(text: string): string {
  return text.includes('://') ? hostOf(text) : text
}

/** With no more than the beginning of each address. */
function withoutPaths(finding: Finding): Finding {
  const { text, help } = finding
  return { ...finding, text: rootsOnly(text), help: help && rootsOnly(help) }
}

function rootsOnly(text: string): string {
  return text.replaceAll(/https?:\/\/[^\s"'<>]+/giu, address => URL.parse(address)?.origin ?? '[address]')
}

/** Without the account that it is about, whatever is in that. */
function nameless({ account, ...finding }: Finding): Finding {
  if (account === undefined) return finding
  return { ...finding, text: finding.text.split(`signed in as ${account}`).join('signed in as [account]') }
}

/** Without e-mail addresses. */
function withoutPeople(text: string): string {
  return text.replaceAll(
    /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+/gu,
    '[account]',
  )
}
