import { renderToString } from 'ink'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { HostError } from '../../../src/errors.ts'
import { clean } from '../../../src/text.ts'
import { SignInPanel } from '../../../src/ui/panels/sign-in.tsx'
import { signInKey, signInPaste } from '../../../src/ui/panels/sign-in-press.ts'
import { createSignIn, type SignInState, signInStep } from '../../../src/ui/panels/sign-in-state.ts'
import { cells } from '../../../src/ui/width.ts'
import { waitFor } from '../../support/wait-for.ts'
import { openInk } from '../ink.tsx'
import { address, signInView } from './view.ts'

const long = address(`https://login.example.com/authorize?client_id=1&state=${'s'.repeat(60)}`)
const view = signInView({ tool: clean('list_invoices') })
const upscope = signInView({
  reason: 'upscope',
  tool: clean('delete_invoice'),
  newScopes: [clean('invoices.write')],
  grantedScopes: [clean('invoices.read')],
  account: clean('you@example.com'),
})
const press = (state: SignInState, text: string) => signInKey(state, { name: 'char', text }).state
const browser = signInStep(press(createSignIn(view), 'b'), { kind: 'browser', url: long, opened: true })
const closed = signInStep(press(createSignIn(view), 'b'), { kind: 'browser', url: long, opened: false })
const device = signInStep(press(createSignIn(view), 'd'), {
  kind: 'device',
  page: address('https://login.example.com/device'),
  code: clean('WDJB-MJHT'),
  expiresAt: 300_000,
})
const pasting = signInStep(press(createSignIn(view), 'p'), { kind: 'paste', url: long })
const error = new HostError(
  'sign-in-failed',
  'this address belongs to another sign-in, paste the one that this one leads to',
)

const LINK = /\u001b\]8;;(.*?)\u001b\\(.*?)\u001b\]8;;\u001b\\/g
const SGR = /\u001b\[[\d;]*m/g

function raw(state: SignInState, width = 60, maxRows = 20) {
  const panel = (
    <SignInPanel
      state={state}
      index={1}
      waiting={[]}
      total={2}
      width={width}
      maxRows={maxRows}
      now={() => 19_000}
      onLongText={() => {}}
    />
  )
  return renderToString(panel, { columns: 80 })
}

function frame(state: SignInState, width?: number, maxRows?: number): string {
  return raw(state, width, maxRows).replaceAll(LINK, '$2').replaceAll(SGR, '')
}

describe('the panel', () => {
  test('before a choice: who, why, for what, where, which rights, kept where, how long', () => {
    expect(frame(createSignIn(view)).split('\n')).toEqual([
      '── Sign in to billing ── 1 of 2',
      'The server asks for a sign-in before its first use.',
      'For           list_invoices',
      'Server        billing.example.com',
      'Sign-in page  login.example.com · first seen',
      'Rights        invoices.read',
      'Kept in       the system keychain',
      '',
      '⏎ open the browser   d code for another device',
      'p paste an address   l later   Esc cancel   X cancel all',
      '9:41 left',
    ])
  })

  test('more rights: new against granted, and for whom', () => {
    const shown = frame(createSignIn(upscope))
    expect(shown).toContain('billing asks for more rights')
    expect(shown).toContain('delete_invoice needs a right that you have not given yet.')
    expect(shown).toMatch(
      /New rights +invoices\.write\nAlready given +invoices\.read\nSigned in as +you@example\.com/,
    )
  })

  test('an account that was named: who is to sign in, on every page of the panel', () => {
    const named = { ...view, wanted: clean('work') }
    expect(frame(createSignIn(named))).toMatch(/^Sign in as +work$/m)
    expect(frame(createSignIn({ ...named, account: clean('work') }))).not.toContain('Sign in as')
    const waiting = press(createSignIn(named), 'b')
    expect(frame(signInStep(waiting, { kind: 'browser', url: long, opened: true }))).toMatch(
      /^Sign in as +work$/m,
    )
  })

  test('waiting for the browser: one link to the whole address', () => {
    const shown = raw(browser)
    const [link, ...others] = shown.matchAll(LINK)
    expect(link?.[1]).toBe(long)
    expect(link?.[2]?.replaceAll(SGR, '')).toMatch(
      /^https:\/\/login\.example\.com\/authorize\?client_id=1.*…$/,
    )
    expect(others).toEqual([])
    expect(frame(browser)).toContain('Waiting for the browser at login.example.com')
    expect(frame(browser)).toContain('The whole address is printed above.')
    expect(frame(closed)).toContain('No browser could be opened. Open this address:')
  })

  test('the code: page, code, warning, its own time', () => {
    const shown = frame(device)
    expect(shown).toMatch(/\nhttps:\/\/login\.example\.com\/device\n/)
    expect(shown).toMatch(/\n {4}WDJB-MJHT ?\n/)
    expect(shown).toContain('Only if you started this yourself.')
    expect(shown).toContain('4:41 left')
    expect(shown).toContain('billing.example.com')
    expect(shown).not.toContain('printed above')
  })

  test('under its QR code the panel is low, and everything is still there', () => {
    const drawn = press(device, 'q')
    expect(frame(drawn).split('\n')).toEqual([
      '── Sign in to billing ── 1 of 2',
      'Scan the code above, or enter  WDJB-MJHT  at',
      'https://login.example.com/device',
      'Only if you started this yourself.',
      'c copy code   q back   l later   Esc cancel   4:41 left',
    ])
    expect(frame(press(drawn, 'q'))).toBe(frame(device))
    expect(frame(press(drawn, 'p'))).not.toContain('Scan the code')
    expect(frame(press(drawn, 'o'))).toContain('Server        billing.example.com')
    expect(frame(signInStep(drawn, { kind: 'trouble', route: 'device', error }))).toContain(
      '⏎ open the browser',
    )
    expect(frame(drawn, 39, 9)).toContain('Scroll up and scan the code, or enter')
  })

  test('the way back over SSH comes first, then the address', () => {
    const url = address('https://login.example.com/a')
    const forward = clean('ssh -L 4011:127.0.0.1:4011 you@devbox')
    const remote = signInStep(press(createSignIn(view), 'b'), {
      kind: 'browser',
      url,
      opened: false,
      forward,
    })
    expect(frame(remote).split('\n').slice(3, 7)).toEqual([
      'First run this where the browser is:',
      forward,
      'Then open this address:',
      url,
    ])
    expect(frame(remote)).toContain('b try again')
  })

  test('the line for an address does not show the code', () => {
    const shown = frame(signInPaste(pasting, 'http://127.0.0.1:4011/callback?code=s3cret&state=1'))
    expect(shown).toContain('› http://127.0.0.1:4011/callback?… (19 characters)')
    expect(shown).not.toContain('s3cret')
  })

  test('before the engine has answered', () => {
    expect(frame(press(createSignIn(view), 'b'))).toContain('Preparing the sign-in page…')
    expect(frame(press(createSignIn(view), 'd'))).toContain('Asking login.example.com for a code…')
    expect(frame(press(createSignIn(view), 'p'))).toContain('Preparing the address…')
  })
})

describe('any size', () => {
  const hostile = signInView({
    server: clean('日本語👨‍👩‍👧'.repeat(20)),
    serverHost: clean(`${'a'.repeat(60)}.billing.example.com`, 255),
    pageHost: clean(`${'login.'.repeat(30)}example.com`, 255),
    newScopes: Array.from({ length: 40 }, (_, at) => clean(`scope.${at}.${'x'.repeat(50)}`)),
    grantedScopes: [clean('y'.repeat(80))],
    account: clean('z'.repeat(80)),
    tool: clean('❤️‍🔥'.repeat(30)),
  })
  const trouble = (state: SignInState) =>
    signInStep(signInStep(state, { kind: 'trouble', route: 'paste', error }), {
      kind: 'trouble',
      route: 'device',
      error,
    })
  const states = [
    createSignIn(view),
    createSignIn(upscope),
    createSignIn(hostile),
    trouble(createSignIn(hostile)),
    browser,
    trouble(browser),
    closed,
    device,
    trouble(pasting),
    press(createSignIn(hostile), 'd'),
  ]

  test.each([
    [40, 11],
    [60, 20],
  ])('fits %i columns and %i rows, and keeps its keys', (width, maxRows) => {
    for (const state of states) {
      const rows = frame(state, width, maxRows).split('\n')
      expect(rows.length).toBeLessThanOrEqual(maxRows)
      for (const row of rows) expect(cells(row)).toBeLessThanOrEqual(width)
      expect(rows.join('\n')).toMatch(/Esc cancel/)
    }
  })

  test.each([0, 1, 3, 6])('a window with room for %i rows', maxRows => {
    for (const state of states) expect(frame(state, 20, maxRows).length).toBeGreaterThan(0)
  })

  test('40 x 11: the sign-in page, the rights and the code stay', () => {
    const asked = frame(createSignIn(upscope), 40, 11)
    expect(asked).toContain('login.example.com')
    expect(asked).toContain('invoices.write')
    expect(asked).toContain('⏎ browser   d code   p paste')
    const code = frame(device, 40, 9)
    expect(code).toContain('WDJB-MJHT')
    expect(code).toContain('https://login.example.com/device')
    expect(code).toContain('Only if you started this yourself.')
  })

  test('of a long host the end stays, and nothing stands behind it', () => {
    expect(frame(press(createSignIn(hostile), 'd'), 40, 11)).toMatch(/Asking\n….*\.example\.com\n/)
    expect(frame(createSignIn(hostile), 40, 11)).toMatch(/Page +….*\.example\.com\n/)
  })

  test('without colour no colour', () => {
    const codes = states.flatMap(state => raw(state).match(SGR) ?? [])
    expect(new Set(codes)).toEqual(
      new Set(['\u001b[1m', '\u001b[22m', '\u001b[2m', '\u001b[7m', '\u001b[27m']),
    )
  })
})

describe('on a screen', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('the time goes on once a second, and the timer ends with the panel', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    let now = 0
    const panel = (
      <SignInPanel
        state={createSignIn(view)}
        index={1}
        waiting={[]}
        total={1}
        width={60}
        maxRows={20}
        now={() => now}
        onLongText={() => {}}
      />
    )
    const { screen, ink } = openInk(panel)
    await waitFor(() => expect(screen.text).toContain('10:00 left'))
    await waitFor(() => expect(vi.getTimerCount()).toBe(1))
    now = 1000
    vi.advanceTimersByTime(1000)
    await waitFor(() => expect(screen.text).toContain('9:59 left'))
    ink.unmount()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a long address is given once to be printed, also when routes are switched', async () => {
    const printed: string[] = []
    const draw = (state: SignInState) => (
      <SignInPanel
        state={state}
        index={1}
        waiting={[]}
        total={1}
        width={60}
        maxRows={20}
        now={() => 0}
        onLongText={text => printed.push(text)}
      />
    )
    const { screen, ink } = openInk(draw(browser))
    await waitFor(() => expect(printed).toEqual([long]))
    ink.rerender(draw(press(browser, 'd')))
    await waitFor(() => expect(screen.text).toContain('Asking'))
    ink.rerender(draw(browser))
    await waitFor(() => expect(screen.text.match(/Waiting for the browser/g)?.length).toBeGreaterThan(1))
    expect(printed).toEqual([long])
    ink.unmount()
  })
})

describe('what must not be overlooked', () => {
  const moved = createSignIn(
    signInView({
      ...{ formerHost: clean('login.example.com'), pageHost: clean('sso.example.org') },
      others: [{ issuer: 'https://c.example', host: clean('c.example') }],
    }),
  )

  test('a sign-in server that has changed, at any size', () => {
    const text = '! Sign-in server CHANGED: was login.example.com, now sso.example.org.'
    for (const [width, rows] of [
      [60, 20],
      [36, 11],
    ] as const) {
      const rowsOf = frame(moved, width, rows).split('\n')
      expect(rowsOf.join(' ').replaceAll(/\s+/g, ' ')).toContain(text)
      expect(rowsOf.length).toBeLessThanOrEqual(rows)
    }
    expect(frame(moved)).toContain('sso.example.org (one of 2)')
    expect(frame(moved)).toContain('type sso.example.org to go on:')
    expect(frame({ ...moved, confirmed: true })).toContain('s other sign-in server')
    expect(frame(createSignIn(view))).not.toMatch(/CHANGED|one of|other sign-in/)
  })

  test('that the host was not the right one, at any size', () => {
    const wrong = signInKey(signInPaste(moved, 'a.example'), { name: 'enter' }).state
    for (const rows of [20, 11]) expect(frame(wrong, 36, rows)).toContain('That is not sso.example.org.')
  })

  test('why a client id is asked for', () => {
    const error = new HostError('no-client', 'login.example.com does not register apps')
    const asked = signInStep(press(createSignIn(view), 'b'), { kind: 'client', error })
    const shown = frame(signInPaste(asked, 'my-app'))
    expect(shown).toContain('login.example.com does not register apps')
    expect(shown.replaceAll(/\s+/g, ' ')).toContain('with the redirect address http://127.0.0.1/')
    expect(shown).toContain('› my-app')
    for (const width of [36, 60]) {
      for (const row of frame(asked, width, 11).split('\n')) expect(cells(row)).toBeLessThanOrEqual(width)
    }
  })
})
