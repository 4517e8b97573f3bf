import type { Host } from '../../host.ts'
import { clean } from '../../text.ts'
import { askTerminal } from '../../ui/terminal-query.ts'
import { linksWork } from '../../ui/transcript/link.ts'
import type { Finding } from './finding.ts'

const DEPTHS: Readonly<Record<number, string>> = {
  1: 'no colours',
  4: '16 colours',
  8: '256 colours',
  24: 'all colours',
}

/** The terminal: size, colours, and what it can do beside. Asks it, so nothing else may read from it now. */
export async function checkTerminal(host: Host): Promise<Finding[]> {
  const { stdin, stdout, env, signal } = host
  if (!stdin.isTTY || !stdout.isTTY) {
    const help = 'chat -p asks once; a chat needs a terminal'
    return [{ check: 'terminal', state: 'note', text: 'there is none here', help }]
  }
  const size = `${stdout.columns} x ${stdout.rows}`
  const colours = env.NO_COLOR ? 'no colours (NO_COLOR)' : (DEPTHS[stdout.getColorDepth()] ?? 'colours')
  const kind = clean([env.TERM, env.TERM_PROGRAM].filter(Boolean).join(', '), 60) || 'unknown'
  const small = stdout.columns < 40 || stdout.rows < 8
  const answer = await askTerminal(stdin, stdout, signal)
  return [
    {
      check: 'terminal',
      state: small ? 'warning' : 'ok',
      text: `${kind}, ${size}, ${colours}`,
      help: small ? '40 x 8 is the least in which a chat can be read' : undefined,
    },
    answer === undefined
      ? { check: 'synchronized output', state: 'note', text: 'the terminal does not answer' }
      : answer.synchronized
        ? { check: 'synchronized output', state: 'ok', text: 'each frame is drawn at once' }
        : {
            check: 'synchronized output',
            state: 'note',
            text: 'not known to this terminal: frames may be seen half drawn',
          },
    linksWork(env)
      ? { check: 'links', state: 'ok', text: 'links of replies can be opened from the terminal' }
      : { check: 'links', state: 'note', text: 'not in this terminal: addresses are printed in full' },
    clipboard(host),
  ]
}

/** No terminal says whether it takes OSC 52: what is known about this kind of terminal is told. */
function clipboard({ env }: Host): Finding {
  const check = 'clipboard'
  if (env.TMUX)
    return { check, state: 'note', text: 'through tmux (OSC 52)', help: 'in tmux: set -g set-clipboard on' }
  if (env.TERM_PROGRAM === 'Apple_Terminal')
    return { check, state: 'note', text: 'this terminal takes no text from a program (OSC 52)' }
  return { check, state: 'ok', text: 'copied texts are sent to the terminal (OSC 52); most take them' }
}
