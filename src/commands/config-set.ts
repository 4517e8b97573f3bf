import { valueAt } from '../config/edit.ts'
import { runtimeEnvironment } from '../config/environment.ts'
import { folders } from '../config/folders.ts'
import { parseJson } from '../config/json.ts'
import { jsonSchema } from '../config/json-schema.ts'
import { faultOf, judgeConfig } from '../config/judge.ts'
import { findProject, isTaken } from '../config/project.ts'
import { readText } from '../config/read.ts'
import type { Slot } from '../config/setting.ts'
import { HostError } from '../errors.ts'
import type { Host } from '../host.ts'
import { runInTerminal } from '../spawn.ts'
import { clean } from '../text.ts'
import { valueText } from './config.ts'
import { slotFor } from './config-key.ts'
import { configure } from './configure.ts'
import { editorOf } from './edit-text.ts'
import { createOutput } from './output.ts'
import { tilde } from './place.ts'
import { changeJson, exists, readSmall, write } from './small-file.ts'

export interface ConfigFileOptions {
  /** The file of the project in place of the person's own. */
  project?: boolean
  json?: boolean
}

/** `config set`: one value in one of our files, everything else in it as it was. Gives 0; throws `usage` for a bad value. */
export async function configSet(
  key: string,
  words: readonly string[],
  options: ConfigFileOptions,
  host: Host,
): Promise<number> {
  const slot = slotFor(key)
  const value = slot.setting.fromWords(words)
  const fault = faultOf(slot.setting, value)
  if (fault !== undefined) throw new HostError('usage', `${clean(key, 100)} ${fault}`)
  await change(slot, value, options, host)
  return 0
}

/** `config unset`: takes a value out. Gives 0; throws `failure` where it is not there. */
export async function configUnset(key: string, options: ConfigFileOptions, host: Host): Promise<number> {
  const slot = slotFor(key)
  const file = await fileOf(options, host)
  const isSet =
    (await exists(file)) && valueAt(parseJson(await readText(file, readSmall), file), slot.path) !== undefined
  if (!isSet) throw new HostError('failure', `${clean(key, 100)} is not set in ${clean(file, 200)}`)
  await change(slot, undefined, options, host)
  return 0
}

/** `config path`: where the file is, also as long as there is none. Gives 0. */
export async function configPath(options: ConfigFileOptions, host: Host): Promise<number> {
  const file = await fileOf(options, host)
  const { line, value } = createOutput(options, host)
  value({ file, exists: await exists(file) })
  line(file)
  return 0
}

/** `config schema`: the JSON Schema of both files. Gives 0. */
export async function configSchema(host: Host): Promise<number> {
  host.stdout.write(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`)
  return 0
}

/** `config edit`: the file in the person's editor, judged when it is closed. Gives 0; throws HostError `config` for what is wrong then. */
export async function configEdit(options: ConfigFileOptions, host: Host): Promise<number> {
  const file = await fileOf(options, host)
  if (!(await exists(file))) await write(file, '{}\n', { secret: !options.project })
  const { program, args } = editorOf(host)
  // Ctrl+C is a key of the editor's.
  const release = host.interrupts(() => {})
  const env = runtimeEnvironment(host.env)
  const code = await runInTerminal({ program, args: [...args, file], env }, host.signal).finally(release)
  if (code === undefined)
    throw new HostError('failure', `the editor ${clean(program)} could not be started (EDITOR names it)`)
  if (code !== 0) throw new HostError('failure', `the editor ${clean(program)} failed (exit code ${code})`)
  const { warnings } = judgeConfig(parseJson(await readText(file, readSmall), file), file)
  const { warn } = createOutput(options, host)
  for (const warning of warnings) warn(warning)
  return 0
}

async function change(slot: Slot, value: unknown, options: ConfigFileOptions, host: Host): Promise<void> {
  const file = await fileOf(options, host)
  const { state } = folders(host.env, host.platform, host.home)
  const judge = (content: unknown) => void judgeConfig(content, file)
  await changeJson(file, () => ({ path: slot.path, value }), { state, secret: !options.project, judge })
  const { line, warn, value: tell } = createOutput(options, host)
  tell({ key: slot.key, value, file })
  const where = clean(tilde({ folder: file, home: host.home }), 300)
  const key = clean(slot.key, 100)
  line(
    value === undefined ? `${key} is no longer set in ${where}` : `${key} = ${valueText(value)} in ${where}`,
  )

  const { configuration, trusts } = await configure({}, host)
  const found = configuration.find(slot.setting, slot.path[1])
  if (found !== undefined && found.where !== file)
    warn(`${clean(found.where, 200)} comes before it: ${key} = ${valueText(found.value)}`)
  const item = { file: '.copilot-host.json', kind: 'setting', key: slot.key, value } as const
  if (options.project && value !== undefined && !isTaken(item, trusts))
    warn(`it does not count before you agree to what this project brings: copilot-host trust`)
}

async function fileOf({ project }: ConfigFileOptions, host: Host): Promise<string> {
  if (project) return (await findProject(host.folder, exists)).file
  return folders(host.env, host.platform, host.home).config
}
