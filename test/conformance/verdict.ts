/** How the program ended, and everything that it printed. */
export interface Ending {
  code: number
  text: string
}

/** Scenarios in which signing in must fail, and what the program has to say: a client that does nothing is no proof. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'auth/resource-mismatch': /the metadata is for another server/,
  'auth/metadata-issuer-mismatch': /the metadata belongs to another sign-in server/,
  'auth/iss-supported-missing': /the answer did not come from/,
  'auth/iss-wrong-issuer': /the answer did not come from/,
  'auth/iss-unexpected': /the answer did not come from/,
  'auth/iss-normalized': /the answer did not come from/,
}

/** What the tool of the suite answers, alone on a line. */
const TOOL_RESULT = /^test$/m

/**
 * What is wrong with how the program ended in a scenario, undefined if nothing is. The suite itself does not ask: where a
 * refusal is right it takes every exit code, and elsewhere a token is enough for it, used or not.
 */
export function faultOf(scenario: string, { code, text }: Ending): string | undefined {
  if (scenario === 'auth/scope-retry-limit') {
    // The suite breaks off with 410 after three refusals: the program then goes on without the tool, or has given up before.
    if (code !== 0 && code !== 4) return `exit code ${code}, not 0 or 4`
    const rounds = text.match(/^Sign-in page:/gm)?.length ?? 0
    return rounds === 2 || rounds === 3 ? undefined : `the person was asked ${rounds} times, not 2 or 3`
  }
  const words = REFUSED[scenario]
  if (words !== undefined) {
    if (code !== 4) return `exit code ${code}, not 4`
    return words.test(text) ? undefined : `the program did not say why: ${words.source}`
  }
  if (code !== 0) return `exit code ${code}, not 0`
  return TOOL_RESULT.test(text) ? undefined : 'the tool was not called'
}
