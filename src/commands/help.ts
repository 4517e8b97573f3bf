import { Help, type HelpConfiguration } from 'commander'

const WIDEST = 80

/** How help is laid out: for any terminal, also beside a long name; and an option that may be repeated has no default to tell. */
export const HELP: HelpConfiguration = {
  minWidthToWrap: 20,
  optionDescription: option => new Help().optionDescription(option).replace(/ ?\(default: \[\]\)$/, ''),
}

/** The width of help, in columns, on a terminal that is this wide. */
export function helpWidth(columns = WIDEST): number {
  return Math.min(columns, WIDEST)
}
