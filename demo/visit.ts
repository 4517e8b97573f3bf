import { createCookies } from './cookies.ts'
import { type Form, formOf } from './form.ts'

/** More pages than any sign-in of the practice world has. */
const LONGEST_WAY = 20
const DEADLINE_MS = 15_000
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

export interface VisitOptions {
  /** The name to sign in with; default `ada@example.com`. */
  as?: string
  /** False presses Deny where the page asks; default true. */
  allow?: boolean
  /** An origin that cannot be reached from there: the way ends at the address that leads to it. */
  beyond?: string
  /** The code to type where a device page asks for one. */
  code?: string
  signal?: AbortSignal
}

export interface Visited {
  /** Where the way ended: the loopback redirect of the program, or the last page. */
  url: string
  status: number
  /** The heading or title of the last page. */
  title: string
  /** The first link of the last page: what a person could press there. */
  link?: string
}

/**
 * Goes where a person would go: follows redirects and fills the sign-in, consent and device forms of the practice
 * world until no form is left. It keeps cookies for this one visit only and talks to loopback addresses only.
 */
export async function visit(address: string, options: VisitOptions = {}): Promise<Visited> {
  const cookies = createCookies()
  const deadline = AbortSignal.timeout(DEADLINE_MS)
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline])
  let url = loopback(address)
  let body: URLSearchParams | undefined
  for (let step = 0; step < LONGEST_WAY; step += 1) {
    const cookie = cookies.header(url)
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      signal,
      headers: cookie === '' ? {} : { cookie },
      ...(body === undefined ? {} : { body }),
    })
    cookies.store(url, response.headers.getSetCookie())
    const next = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && next !== null) {
      await response.body?.cancel()
      body = undefined
      const onward = new URL(next, url)
      if (onward.origin === options.beyond) return { url: onward.href, status: response.status, title: '' }
      url = loopback(next, url)
      continue
    }
    const html = await response.text()
    const form = formOf(html)
    if (form === undefined || isAskedAgain(form, body)) {
      return { url: url.href, status: response.status, title: titleOf(html), ...linkOf(html) }
    }
    body = fill(form, options)
    url = loopback(form.action, url)
  }
  throw new Error('the sign-in pages lead nowhere')
}

function fill(form: Form, options: VisitOptions): URLSearchParams {
  const filled = new URLSearchParams(form.fields)
  const allow = options.allow ?? true
  const button = (name: string, value: string) =>
    form.buttons.some(one => one.name === name && one.value === value)
  if (filled.has('login')) filled.set('login', options.as ?? 'ada@example.com')
  if (filled.get('user_code') === '') {
    if (options.code === undefined) throw new Error('this page asks for a code, and none was given')
    filled.set('user_code', options.code)
  }
  if (button('answer', 'login')) filled.set('answer', 'login')
  else if (button('answer', 'allow')) filled.set('answer', allow ? 'allow' : 'deny')
  else if (button('abort', 'yes') && !allow) filled.set('abort', 'yes')
  return filled
}

// A page that asks for the code once more did not take the one that it was given.
function isAskedAgain(form: Form, sent: URLSearchParams | undefined): boolean {
  return sent?.has('user_code') === true && 'user_code' in form.fields && !('confirm' in form.fields)
}

function loopback(address: string, base?: URL): URL {
  const url = new URL(address, base)
  if (url.protocol !== 'http:' || !LOOPBACK.has(url.hostname)) {
    throw new Error(`the demo's browser only goes to this machine, not to ${url.host || url.protocol}`)
  }
  return url
}

function titleOf(html: string): string {
  return /<(?:title|h1)[^>]*>([^<]*)</.exec(html)?.[1]?.trim() ?? ''
}

function linkOf(html: string): { link?: string } {
  const link = /<a href="([^"]+)"/.exec(html)?.[1]
  if (link === undefined) return {}
  return { link: link.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))) }
}
