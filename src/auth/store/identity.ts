import * as v from 'valibot'
import { clean } from '../../text.ts'

/** Longest `sub` (OpenID Connect Core 2), and longest e-mail address (RFC 5321 4.5.3.1.3), in characters. */
const LONGEST_SUBJECT = 255
const LONGEST_LOGIN = 254

/** Who signed in, as the issuer says (OpenID Connect Core 5.1): tells accounts apart, and is named at the next sign-in. */
export interface Identity {
  /** `sub`: never given to anybody else by this issuer. */
  subject: string
  /** What the person types there: the e-mail address or user name. */
  login?: string
}

/** What a claim or a file says of it: a subject is one line of visible characters. A login that is no plain word is left out. */
export const identitySchema = v.object({
  subject: v.pipe(v.string(), v.maxLength(LONGEST_SUBJECT), v.regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u)),
  login: v.fallback(
    v.optional(
      v.pipe(
        v.string(),
        v.check(login => /^\S+$/.test(login) && clean(login, LONGEST_LOGIN) === login),
      ),
    ),
    undefined,
  ),
})
