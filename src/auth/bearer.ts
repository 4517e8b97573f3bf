/** RFC 6750 2.1, `b64token`; 32 KiB, which no server takes in a header. */
const BEARER = /^[A-Za-z0-9\-._~+/]{1,32768}={0,2}$/

/** True for what can stand behind `Bearer` in a header: no white space, quotes, or JSON round it. */
export function isBearerToken(text: string): boolean {
  return BEARER.test(text)
}
