import { type VisitOptions, visit } from '../../demo/visit.ts'
import type { Browser } from '../../src/auth/types.ts'

export interface ScriptedBrowser extends Browser {
  /** The addresses that it was told to open. */
  opened: string[]
  /** Heading of each page that a visit ended at. */
  titles: string[]
  /** From now on nothing is opened: as with no display, or a program that fails. */
  broken: boolean
}

/** A browser with a person in front of it: signs in where it is led, and says yes or no as `options` tell. */
export function scriptedBrowser(options: VisitOptions = {}, available = true): ScriptedBrowser {
  const browser: ScriptedBrowser = {
    available,
    opened: [],
    titles: [],
    broken: !available,
    async open(url) {
      if (browser.broken) return false
      browser.opened.push(url)
      visit(url, options).then(
        ({ title }) => browser.titles.push(title),
        // The listener may be gone before the last page is asked for, as when the sign-in is cancelled.
        () => {},
      )
      return true
    },
  }
  return browser
}
