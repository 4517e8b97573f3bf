const MASK = '[secret]'

// The well-known shapes of keys and tokens, whatever their length.
const KNOWN = /\b(?:gh[a-z]_|github_pat_|sk-|xox[a-z]-|glpat-|eyJ)[\w.~+/=-]{4,}/g
const SCHEME = /\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi
// The person and password of an address.
const USERINFO = /(?<=:\/\/)[^\s/?#@:]*:[^\s/?#@]*(?=@)/g
// What is called a secret. `code` and `state` are that in an address only.
const NAMED =
  /((?:token|secret|password|api[-_ ]?key|authorization|cookie|verifier|nonce|assertion|(?:device|user)_code|[?&](?:code|state))["']?\s*[:=]\s*["']?)[^\s"',;&]+/gi
// Long runs of base64url that hold both letters and digits: nothing that a person reads looks like that, but for ids.
const LONG = /(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{32,}/g
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Replaces what looks like a key or a token in text for a log or an error. Ids in the form of a UUID stay. */
export function maskSecrets(text: string): string {
  return text
    .replace(KNOWN, MASK)
    .replace(USERINFO, MASK)
    .replace(SCHEME, `$1 ${MASK}`)
    .replace(NAMED, `$1${MASK}`)
    .replace(LONG, run => (UUID.test(run) ? run : MASK))
}
