import { createHash } from 'node:crypto'
import type { Clean } from '../../text.ts'
import type { WebUrl } from '../types.ts'

export type PageName = 'signed-in' | 'declined' | 'failed' | 'used' | 'refused' | 'unknown'

/** What comes behind a sign-in in the same tab. */
export type After =
  /** The next one is ready; `more`: how many wait behind it. `host` is the one that `url` leads to. */
  | { kind: 'next'; server: Clean; host: Clean; url: WebUrl; more: number }
  /** The next one has no address yet: the person goes on in the terminal. */
  | { kind: 'unready'; server: Clean }
  /** Others came before, nothing follows. */
  | { kind: 'last' }

/** What a page says besides its outcome: only to a browser that came back from this very sign-in. */
export interface About {
  server?: Clean
  /** The terminal to go back to: program, folder, machine. */
  place?: Clean
  after?: After
}

export interface Page {
  status: number
  headers: Record<string, string>
  body: string
}

interface Words {
  status: number
  /** `to`: ` to <server>`, or nothing. */
  title: (to: string) => string
  text?: string
  /** Where to go when nothing follows. */
  end: string
}

const BACK = 'You can close this page and go back to your terminal.'

const PAGES: Readonly<Record<PageName, Words>> = {
  'signed-in': { status: 200, title: to => `You are signed in${to}`, end: BACK },
  declined: {
    status: 200,
    title: to => `The sign-in${to} was declined`,
    text: 'Nothing was granted.',
    end: BACK,
  },
  failed: {
    status: 200,
    title: to => `The sign-in${to} did not work`,
    text: 'Your terminal says why.',
    end: BACK,
  },
  used: {
    status: 400,
    title: () => 'Already used',
    text: 'This sign-in has already been answered.',
    end: BACK,
  },
  refused: {
    status: 400,
    title: () => 'Not part of this sign-in',
    end: 'This address does not belong to the sign-in that is waiting.',
  },
  unknown: {
    status: 404,
    title: () => 'Nothing here',
    end: 'This address waits for the end of a sign-in and has nothing else to show.',
  },
}

const STYLE = [
  ':root{color-scheme:light dark}',
  'body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;overflow-wrap:anywhere}',
  'h1{font-size:1.4rem;line-height:1.3}',
  'a{display:inline-block;padding:.7rem 1.2rem;border-radius:.5rem;background:#1a5fb4;color:#fff;text-decoration:none}',
  'a:hover{text-decoration:underline}a:focus-visible{outline:3px solid;outline-offset:3px}',
  'b{display:block;font-size:1.1em}small{opacity:.8}',
].join('')

/** Long enough to be read; browsers close only what a script has opened, or a tab that was nowhere else. */
const CLOSE = 'setTimeout(()=>window.close(),2000)'

/**
 * The one quiet page that a browser gets from us: nothing loaded, nothing remembered, foreign words as text only. Where
 * another sign-in follows it has a link to it, which the person presses or not; where none does it closes itself.
 */
export function page(name: PageName, about: About = {}): Page {
  const { status, title } = PAGES[name]
  const { server, after } = about
  const closes = name === 'signed-in' && (after === undefined || after.kind === 'last')
  const heading = title(server === undefined ? '' : ` to ${word(server)}`)
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title(server === undefined ? '' : ` to ${escaped(server)}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${heading}</h1>
${paragraphs(name, about).join('\n')}
</main>
${closes ? `<script>${CLOSE}</script>\n` : ''}</body>
</html>
`
  const policy = [
    "default-src 'none'",
    `style-src '${hash(STYLE)}'`,
    ...(closes ? [`script-src '${hash(CLOSE)}'`] : []),
    // The empty icon: without it browsers ask the port for one, which may be somebody else's by then.
    'img-src data:',
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ]
  return {
    status,
    body,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      'Content-Security-Policy': policy.join('; '),
      'Referrer-Policy': 'no-referrer',
      'X-DNS-Prefetch-Control': 'off',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      Connection: 'close',
    },
  }
}

function paragraphs(name: PageName, { place, after }: About): string[] {
  const { text, end } = PAGES[name]
  const terminal = place === undefined ? [] : [`<p><small>Your terminal: ${word(place)}</small></p>`]
  const first = text === undefined ? '' : `${text} `
  if (after?.kind === 'next') {
    const more = after.more === 0 ? [] : [`<p>${after.more} more after it.</p>`]
    const link = `<a href="${escaped(after.url)}" rel="noreferrer"><b>Sign in to ${word(after.server)}</b> at ${word(after.host)}</a>`
    return [`<p>${first}The next sign-in waits:</p>`, `<p>${link}</p>`, ...more, ...terminal]
  }
  if (after?.kind === 'unready')
    return [`<p>${first}${word(after.server)} is next: go on in your terminal.</p>`, ...terminal]
  const last = after === undefined ? '' : 'That was the last one in this tab. '
  return [`<p>${first}${last}${end}</p>`, ...terminal]
}

/** Foreign words in a sentence of ours: what they are written in does not turn the rest round. */
function word(text: Clean): string {
  return `<bdi>${escaped(text)}</bdi>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
