import { HostError } from '../../errors.ts'
import type { Model } from '../../runtime/controls.ts'
import type { Mode, PermissionMode } from '../../runtime/types.ts'
import { clean } from '../../text.ts'
import { modelWords, PERMISSION_WORDS } from '../../ui/status-words.ts'
import { oneOf, type SlashCommand, type SlashPorts, say, sessionOf, whenDone } from './command.ts'

/** Words that providers take; a list of models says which of them one has. */
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
const MODES: readonly Mode[] = ['interactive', 'plan', 'autopilot']
const PERMISSIONS: readonly PermissionMode[] = ['manual', 'assisted', 'allow-all']

/** `/model`, `/mode` and `/permissions`. */
export const MODEL_COMMANDS: readonly SlashCommand[] = [
  {
    name: 'model',
    aliases: ['models'],
    input: '[id [effort]]',
    what: 'another model, and how hard it thinks; what there is',
    run(input, ports) {
      const [id, effort, ...more] = input.split(/\s+/u).filter(Boolean)
      if (more.length > 0) throw new HostError('usage', '/model takes an id and an effort')
      return id === undefined ? choose(ports) : change(id, effort, ports)
    },
    findWords: offered,
  },
  {
    name: 'mode',
    input: '[mode]',
    what: 'interactive, plan (agree first), autopilot (go on)',
    async run(input, ports) {
      const now = ports.current.state.mode
      const mode = input === '' ? now : oneOf(input, MODES, '/mode')
      // A change is told by the session itself.
      if (mode === now) say(ports, `mode: ${now} (there are ${MODES.join(', ')})`)
      else await (await sessionOf(ports)).session.controls.setMode(mode)
    },
    words: () => MODES,
  },
  {
    name: 'permissions',
    input: '[mode]',
    what: 'manual (you are asked), assisted, allow-all',
    run: permissions,
    words: () => PERMISSIONS,
  },
]

async function choose(ports: SlashPorts): Promise<void> {
  const { session } = await sessionOf(ports)
  const { model, effort } = ports.current.state
  const models = await session.controls.models()
  const now = model === undefined ? 'no model is chosen' : `model: ${modelWords(clean(model), effort)}`
  if (models.length === 0)
    return say(ports, `${now} (this provider lists none; /model <id> takes another one)`)
  const answer = await ports.chat.ask(
    {
      ...{ id: 'model', kind: 'question', freeform: false },
      text: `${now}. Which one?`,
      choices: models.map(each => ({ value: each.id, title: titleOf(each) })),
    },
    ports.host.signal,
  )
  if (answer.kind === 'text') await change(answer.text, undefined, ports)
}

/** The models, and each with its efforts; where none are listed, the one in use. */
async function offered(ports: SlashPorts): Promise<string[]> {
  const { model } = ports.current.state
  const listed = (await ports.current.session?.controls.models().catch(() => [])) ?? []
  const models = listed.length > 0 || model === undefined ? listed : [{ id: model, efforts: EFFORTS }]
  return models.flatMap(({ id, efforts }) => [id, ...efforts.map(effort => `${id} ${effort}`)])
}

function titleOf({ id, name, efforts }: Model) {
  return clean(
    `${name === id ? id : `${id}  ${name}`}${efforts.length > 0 ? ` (${efforts.join(', ')})` : ''}`,
    100,
  )
}

async function change(id: string, effort: string | undefined, ports: SlashPorts): Promise<void> {
  const { session, conversation } = await sessionOf(ports)
  const model = (await session.controls.models()).find(each => each.id === id)
  const efforts = model?.efforts ?? EFFORTS
  if (effort !== undefined && efforts.length === 0)
    throw new HostError('usage', `${clean(id)} has no effort to choose`)
  if (effort !== undefined) oneOf(effort, efforts, `the effort of ${clean(id)}`)
  const when = whenDone(conversation, ports)
  if (when !== '') say(ports, `${modelWords(clean(id), effort)} answers ${when}`)
  conversation.between(async () => {
    await session.controls.setModel(id, effort?.toLowerCase())
  })
}

async function permissions(input: string, ports: SlashPorts): Promise<void> {
  const { permissions: now } = ports.current.state
  const wanted = input === '' ? now : oneOf(input, PERMISSIONS, '/permissions')
  if (wanted === now) {
    say(ports, `permissions: ${now}, ${PERMISSION_WORDS[now]} (there are ${PERMISSIONS.join(', ')})`)
    return
  }
  await sessionOf(ports)
  if ((await ports.current.setPermissions(wanted)) === wanted) return
  say(ports, `the runtime does not offer ${wanted} here: it is still ${now}`, 'warning')
}
