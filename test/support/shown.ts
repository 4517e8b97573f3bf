import { filesThatTell, holds } from './leaks.ts'
import type { TestTerminal } from './terminal.ts'

/** What is written must be one of these, or plain text: whatever else has an escape in it is a fault. */
const KNOWN: readonly RegExp[] = [
  // Looks: bold, dim, italic, underlined, inverse, struck; of colours the terminal's own sixteen only.
  /^\[(?:;?(?:[0123479]|2[234579]|3[0-79]|4[0-79]|9[0-7]|10[0-7])(?=[;m]))*m$/,
  // The cursor a little up, down, to the side; the row, and what is below it, erased. Never all of the window.
  /^\[\d{0,3}[ABCDEG]$/,
  /^\[[012]?K$/,
  /^\[0?J$/,
  // Synchronized updates, the cursor, bracketed paste.
  /^\[\?(?:2026|25|2004)[hl]$/,
  // The title, kept and given back.
  /^\[2[23];2t$/,
  /^\]2;\P{C}*\x07$/u,
  // A link, which leads to the web; the end of one.
  /^\]8;;(?:https?:\/\/[!-~]+)?\x1b\\$/,
  // A call; the clipboard, also through tmux.
  /^\](?:9|777;notify);\P{C}+\x07$/u,
  /^\]52;c;[\w+/]+=*\x07$/,
  /^Ptmux;\x1b\x1b\]52;c;[\w+/]+=*\x07\x1b\\$/,
]

// A CSI, an OSC or DCS up to its end, or two characters; what is cut off at the end; characters that are not seen.
const SEQUENCE =
  /\x1b(\[[0-?]*[ -/]*[@-~]|\](?:[^\x07\x1b]|\x1b(?!\\))*(?:\x07|\x1b\\)|P(?:[^\x1b]|\x1b\x1b)*\x1b\\|[^[\]P]|.*)/gs
const BEGUN = /^(?:|\[[0-?]*[ -/]*|[\]P][^\x07]{0,200})$/
const UNSEEN =
  /[\0-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/gu

/** What is switched off again by the one who has switched it on. */
const PAIRS: readonly (readonly [string, string, string])[] = [
  ['the cursor is hidden', '[?25l', '[?25h'],
  ['bracketed paste is on', '[?2004h', '[?2004l'],
  ['an update is open', '[?2026h', '[?2026l'],
  ['the title is not given back', '[22;2t', '[23;2t'],
]

/**
 * What is wrong with the bytes that a program has written to a terminal, one line each: a sequence that clears it, leaves the
 * scrollback, takes the mouse or paints in colours that are not the terminal's own, and all others that are not known to be
 * harmless. `ended`: the program came to its end, so that all has to be as it was before.
 */
export function faultsIn(raw: string, ended: boolean): string[] {
  const sequences = Array.from(raw.matchAll(SEQUENCE), ([whole, rest = '']) => ({ rest, whole }))
  // What a kill has cut is no fault.
  if (!ended && BEGUN.test(sequences.at(-1)?.rest ?? 'none')) sequences.pop()
  const strange = sequences.flatMap(({ rest, whole }) =>
    KNOWN.some(known => known.test(rest)) ? [] : [whole],
  )
  const unseen = raw.replace(SEQUENCE, '').replaceAll('\x07', '').match(UNSEEN) ?? []
  const faults = [...new Set([...strange, ...unseen])].map(
    each => `it wrote ${JSON.stringify(each.slice(0, 80))}`,
  )
  return ended ? [...faults, ...leftIn(sequences.map(({ rest }) => rest))] : faults
}

/** What goes to the clipboard. */
const COPY = /\]52;[^;\x07\x1b]*;([\w+/]+)/g

/**
 * True if one of these was written, or a long part of one: as text, also where rows have cut it in pieces; in a title, a link
 * or a call, which nobody reads on the screen but others do; or on its way to the clipboard.
 */
export function tells(raw: string, secrets: Iterable<string>): boolean {
  const text = raw.replace(SEQUENCE, '').replaceAll(/\s+/g, '')
  const copies = Array.from(raw.matchAll(COPY), ([, copy = '']) => Buffer.from(copy, 'base64').toString())
  return holds([text, raw, ...copies].join('\n'), secrets)
}

function leftIn(sequences: readonly string[]): string[] {
  const open = PAIRS.filter(([, on, off]) => sequences.lastIndexOf(on) > sequences.lastIndexOf(off))
  const link = sequences.findLast(each => each.startsWith(']8;')) ?? LINK_END
  const looks = looksAfter(sequences)
  return [
    ...open.map(([what]) => `${what} at its end`),
    ...(link === LINK_END ? [] : ['a link is open at its end']),
    ...(looks.length === 0 ? [] : [`the looks ${looks.join(', ')} are on at its end`]),
  ]
}

const LINK_END = ']8;;\x1b\\'

/** The looks (SGR) that are on behind these sequences. */
function looksAfter(sequences: readonly string[]): number[] {
  const on = new Map<number, number>()
  for (const sequence of sequences) {
    if (!/^\[[\d;]*m$/.test(sequence)) continue
    for (const look of sequence.slice(1, -1).split(';').map(Number)) {
      const end =
        look >= 100
          ? 49
          : look >= 90
            ? 39
            : look >= 30
              ? Math.floor(look / 10) * 10 + 9
              : look < 3
                ? 22
                : look + 20
      if (look === 0) on.clear()
      else if (look === 39 || look === 49 || (look >= 20 && look < 30)) on.delete(look)
      else on.set(end, look)
    }
  }
  return [...on.values()]
}

/**
 * Closes all terminals of a test. `judge` throws afterwards, when everything else has been put away, if one of them has
 * written what it must not, or a program has told a secret: on the screen, in a file under one of `folders`, or in the command
 * line or environment of a process (`seen`: of those without a terminal); or wrote for a terminal (`printed`) where none was.
 */
export async function closed(
  terminals: Iterable<TestTerminal>,
  {
    printed = [],
    seen = [],
    folders = [],
    secrets,
  }: {
    printed?: readonly string[]
    seen?: readonly string[]
    folders?: readonly string[]
    secrets: Iterable<string>
  },
): Promise<{ judge(): void }> {
  const all = [...terminals]
  const ends = await Promise.allSettled(all.map(terminal => terminal.close()))
  const faults = ends.flatMap(end => (end.status === 'rejected' ? [String(end.reason)] : []))
  const told = all.some(terminal => {
    // In plain lines the terminal itself echoes what is typed.
    const echoed = terminal.raw().includes('\x1b[?2004h') ? '' : terminal.typed()
    return tells(
      terminal.raw(),
      [...secrets].filter(secret => !echoed.includes(secret)),
    )
  })
  for (const path of await filesThatTell(folders, secrets)) faults.push(`a secret is in ${path}`)
  const processes = [...all.flatMap(terminal => terminal.processes()), ...seen]
  for (const text of processes.filter(text => tells(text, secrets)))
    faults.push(
      `a secret is in the command line or environment of ${text.split('\0', 2).join(' ').slice(0, 200)}`,
    )
  if (told || printed.some(text => tells(text, secrets))) faults.push('a secret was shown')
  for (const text of printed)
    if (text.includes('\x1b')) faults.push(`no terminal was there, and it wrote ${JSON.stringify(text)}`)
  return {
    judge() {
      if (faults.length > 0) throw new Error(faults.join('\n'))
    },
  }
}
