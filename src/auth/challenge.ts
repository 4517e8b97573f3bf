import * as oauth from 'oauth4webapi'

/** The parameters of a Bearer challenge (RFC 6750 3, RFC 9728 5.1), unjudged, their names in lower case. */
export type Challenge = oauth.WWWAuthenticateChallengeParameters

/** The first Bearer challenge of an answer; undefined where there is none, or none that can be read (RFC 9110 11.6.1). */
export async function bearerChallenge({ headers }: Response): Promise<Challenge | undefined> {
  const header = headers.get('www-authenticate')
  if (header === null) return undefined
  try {
    // `oauth4webapi` has no other door to its parser than an answer that is refused for its challenge.
    const refused = new Response(null, { status: 401, headers: { 'www-authenticate': header } })
    await oauth.processRevocationResponse(refused)
  } catch (thrown) {
    if (thrown instanceof oauth.WWWAuthenticateChallengeError)
      return thrown.cause.find(({ scheme }) => scheme === 'bearer')?.parameters
  }
  return undefined
}
