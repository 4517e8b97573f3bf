import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { findProject } from '../config/project.ts'
import { HostError } from '../errors.ts'
import { type Host, isAttended } from '../host.ts'
import { clean } from '../text.ts'
import { askTrust, itemLines, offerOf } from './ask-trust.ts'
import { configure } from './configure.ts'
import { createOutput } from './output.ts'
import { exists } from './small-file.ts'
import { openTrusted } from './trusted.ts'

/**
 * `trust`: what this project brings, in full; where there is a person, they are asked about what they have not agreed to. Gives 0 where
 * all of it is agreed to, 5 where the person says no; throws `usage` where nobody is there to agree.
 */
export async function trust(options: { json?: boolean }, host: Host): Promise<number> {
  const configured = await configure({}, host)
  const { brought, held } = await offerOf({}, configured, host)
  const { line, value } = createOutput(options, host)
  const { root } = configured.project
  value({
    folder: root,
    brought: brought.map(item => ({ ...item, trusted: !held.includes(item) })),
  })
  const agreed = brought.filter(item => !held.includes(item))
  if (brought.length === 0) line(`the files of this project (${clean(root, 300)}) bring nothing to agree to`)
  if (agreed.length > 0)
    line(`You have agreed to this of ${clean(root, 300)} (copilot-host trust revoke takes it back):`)
  for (const text of itemLines(agreed)) line(text)
  if (held.length === 0 || options.json) return 0
  if (await askTrust({}, configured, host)) return 0
  if (isAttended(host)) return 5
  line(`Not agreed to in ${clean(root, 300)}:`)
  for (const text of itemLines(held)) line(text)
  throw new HostError('usage', 'nobody is there to agree; --trust-project uses it in one run')
}

/** `trust list`: the folders where something was agreed to. Gives 0. */
export async function trustList(options: { json?: boolean }, host: Host): Promise<number> {
  const { folders } = await configure({}, host)
  const all = await openTrusted(folders.state).folders()
  const { line, value } = createOutput(options, host)
  value(all)
  if (all.length === 0) line('nothing was agreed to in any folder')
  for (const folder of all) line(clean(folder, 500))
  return 0
}

/**
 * `trust revoke`: takes consent back, of this project or of the one of the folder named, however its path is written. Gives 0; throws
 * `failure` where there was none.
 */
export async function trustRevoke(folder: string | undefined, host: Host): Promise<number> {
  const { folders, project } = await configure({}, host)
  const roots = folder === undefined ? [project.root] : await rootsOf(resolve(host.folder, folder))
  const trusted = openTrusted(folders.state)
  for (const root of roots) {
    if (!(await trusted.revoke(root))) continue
    host.stdout.write(`${clean(root, 300)}: what it brings is no longer used\n`)
    return 0
  }
  const where = clean(roots[0] ?? '', 300)
  throw new HostError('failure', `nothing was agreed to in ${where} (copilot-host trust list)`)
}

/** Under which folders consent may be kept: as it is written (it may be gone), without links, and the project that it is in. */
async function rootsOf(folder: string): Promise<string[]> {
  const real = await realpath(folder).catch(() => folder)
  return [folder, real, (await findProject(real, exists)).root]
}
