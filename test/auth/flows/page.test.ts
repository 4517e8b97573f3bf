import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type About, type After, page } from '../../../src/auth/flows/page.ts'
import { webUrl } from '../../../src/auth/url.ts'
import { clean, hostOf } from '../../../src/text.ts'

const NAMES = ['signed-in', 'declined', 'failed', 'used', 'refused', 'unknown'] as const
const url = webUrl('https://login.example.com/authorize?a=1&b=2', 'the test')
const next = (more = 0, server = 'linear'): After => ({
  kind: 'next',
  ...{ server: clean(server), host: hostOf(url), url, more },
})
const billing = { server: clean('billing'), place: clean('copilot-host in ~/src/shop on devbox') }
const textOf = (body: string) => body.replaceAll(/<style>.*<\/style>|<title>.*<\/title>|<[^>]+>/g, '').trim()

describe('the page', () => {
  it.each(NAMES)('%s loads nothing, sends nothing on, and says how long it is', name => {
    for (const about of [{}, billing, { ...billing, after: next() }]) {
      const { body, headers } = page(name, about)
      expect(body).not.toMatch(/<img|<form|<iframe|<link (?!rel="icon" href="data:,")| src=|@import|url\(/)
      expect(headers['Content-Security-Policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/)
      expect(headers['Content-Security-Policy']).not.toContain('unsafe')
      expect(headers).toMatchObject({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' })
      expect(headers).not.toHaveProperty('Set-Cookie')
      expect(Number(headers['Content-Length'])).toBe(Buffer.byteLength(body))
    }
  })

  it('names server and terminal, and what to do', () => {
    expect(textOf(page('signed-in', billing).body)).toMatch(
      /^You are signed in to billing\s+You can close this page and go back to your terminal\.\s+Your terminal: copilot-host in ~\/src\/shop on devbox/,
    )
    expect(textOf(page('declined', billing).body)).toMatch(
      /^The sign-in to billing was declined\s+Nothing was/,
    )
    expect(textOf(page('failed', billing).body)).toMatch(
      /did not work\s+Your terminal says why\. You can close/,
    )
  })

  it('has one link where another sign-in follows: its server, the host, the address, nothing by itself', () => {
    for (const name of ['signed-in', 'declined', 'failed'] as const) {
      const { body } = page(name, { ...billing, after: next(2) })
      expect(body.match(/href="[^"]*"/g)).toEqual([
        'href="data:,"',
        'href="https://login.example.com/authorize?a=1&#38;b=2"',
      ])
      expect(textOf(body)).toMatch(/Sign in to linear at login\.example\.com\s+2 more after it\./)
      expect(body).not.toMatch(/<script|http-equiv|close this page/)
    }
  })

  it('says that it is the last one, or where the next one goes on', () => {
    expect(textOf(page('signed-in', { ...billing, after: { kind: 'last' } }).body)).toContain(
      'That was the last one in this tab. You can close this page',
    )
    const unready = page('signed-in', { ...billing, after: { kind: 'unready', server: clean('linear') } })
    expect(textOf(unready.body)).toContain('linear is next: go on in your terminal.')
    expect(unready.body).not.toMatch(/<a |<script/)
  })

  it('closes itself only after a success that nothing follows, by a script that its policy names', () => {
    const all: [(typeof NAMES)[number], About][] = NAMES.flatMap(name => [
      [name, billing],
      [name, { ...billing, after: next() }],
      [name, { ...billing, after: { kind: 'last' } }],
    ])
    const closing = all.filter(([name, about]) => page(name, about).body.includes('<script'))
    expect(closing).toEqual([
      ['signed-in', billing],
      ['signed-in', { ...billing, after: { kind: 'last' } }],
    ])
    const { body, headers } = page('signed-in', billing)
    const script = /<script>(.*)<\/script>/.exec(body)?.[1] ?? ''
    const hash = createHash('sha256').update(script).digest('base64')
    expect(headers['Content-Security-Policy']).toContain(`script-src 'sha256-${hash}'`)
    expect(page('failed').headers['Content-Security-Policy']).not.toContain('script-src')
  })

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</title></style></a><h1>',
    '&lt;script&gt;',
    '\u001b]8;;https://evil.example\u0007x',
    '\u202egnp.exe\u2066',
    '<'.repeat(10_000),
  ])('shows a hostile name as text and stays small: %s', name => {
    const tags = (text: string) => text.match(/<\/?[a-z!][^>]*>/g)
    const harmless = page('signed-in', { ...billing, after: next() }).body
    const server = clean(name)
    const { body } = page('signed-in', { server, place: clean(name, 240), after: next(0, name) })
    expect(tags(body)).toEqual(tags(harmless))
    expect(body).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u001b]/)
    expect(body.length).toBeLessThan(6000)
    const shown = /<h1>(.*)<\/h1>/.exec(body)?.[1]?.replaceAll(/<\/?bdi>/g, '') ?? ''
    expect(shown.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(code))).toBe(
      `You are signed in to ${server}`,
    )
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'http://login.example.com/', 'https://a:b@c.example/'])(
    'never leads to %s: only a judged address gets there',
    address => expect(() => webUrl(address, 'the test')).toThrow(),
  )
})
