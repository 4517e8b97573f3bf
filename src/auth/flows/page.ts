import { createHash } from 'node:crypto'

export type PageName = 'signed-in' | 'declined' | 'failed' | 'used' | 'refused' | 'unknown'

/** Status, title and text of every page. They are constants: no word of a request or of a server gets into a page. */
const PAGES: Record<PageName, readonly [status: number, title: string, text: string]> = {
  'signed-in': [200, 'You are signed in', 'You can close this page and go back to your terminal.'],
  declined: [200, 'The sign-in was declined', 'Nothing was granted. You can close this page.'],
  failed: [200, 'The sign-in did not work', 'Your terminal says why. You can close this page.'],
  used: [400, 'Already used', 'This sign-in has already been answered. You can close this page.'],
  refused: [400, 'Not part of this sign-in', 'This address does not belong to the sign-in that is waiting.'],
  unknown: [404, 'Nothing here', 'This address waits for the end of a sign-in and has nothing else to show.'],
}

const STYLE =
  ':root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}h1{font-size:1.4rem}'

export interface Page {
  status: number
  headers: Record<string, string>
  body: string
}

/** The one quiet page that a browser gets from us: no script, no link, nothing loaded, nothing remembered. */
export function page(name: PageName): Page {
  const [status, title, text] = PAGES[name]
  const styleHash = createHash('sha256').update(STYLE).digest('base64')
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
<h1>${title}</h1>
<p>${text}</p>
</html>
`
  return {
    status,
    body,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      Connection: 'close',
    },
  }
}
