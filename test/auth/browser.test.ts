import { describe, expect, it } from 'vitest'
import { type BrowserPorts, createBrowser } from '../../src/auth/browser.ts'
import { webUrl } from '../../src/auth/url.ts'

const hostile = webUrl("https://login.example.com/$(id)/'%22&calc.exe|%VAR%?a=%s&b=`id`", 'the address')

function browserWith(env: BrowserPorts['env'], more: Partial<BrowserPorts> = {}) {
  const started: [program: string, args: readonly string[]][] = []
  const opened: string[] = []
  const browser = createBrowser({
    env,
    platform: 'linux',
    container: false,
    start: async (program, args) => {
      started.push([program, args])
      return program !== 'missing'
    },
    open: async url => {
      opened.push(url)
    },
    ...more,
  })
  return { browser, started, opened }
}

describe('BROWSER', () => {
  it.each([
    ['firefox', ['firefox', [hostile]]],
    ['firefox --new-window', ['firefox', ['--new-window', hostile]]],
    ['  /opt/a/b   -x\t-y ', ['/opt/a/b', ['-x', '-y', hostile]]],
    ['open-url --url=%s --quiet', ['open-url', [`--url=${hostile}`, '--quiet']]],
    ['sh -c "echo %s"', ['sh', ['-c', '"echo', `${hostile}"`]]],
    ['$HOME/b ~/x a:b', ['$HOME/b', ['~/x', 'a:b', hostile]]],
  ])('M-02: %s is split at white space and means nothing else', async (BROWSER, call) => {
    const { browser, started, opened } = browserWith({ BROWSER })
    expect(browser.available).toBe(true)
    expect(await browser.open(hostile)).toBe(true)
    expect(started).toEqual([call])
    expect(opened).toEqual([])
  })

  it('R-05: a program that cannot be started is false', async () => {
    const { browser } = browserWith({ BROWSER: 'missing', DISPLAY: ':0' })
    expect(await browser.open(hostile)).toBe(false)
  })

  it.each(['SSH_CONNECTION', 'SSH_TTY'])(
    'over SSH (%s) it does not come first, and is used when chosen',
    async name => {
      const { browser, started } = browserWith({ BROWSER: 'x', [name]: 'y' })
      expect(browser.available).toBe(false)
      expect(await browser.open(hostile)).toBe(true)
      expect(started).toEqual([['x', [hostile]]])
    },
  )
})

describe('without BROWSER', () => {
  const here = { DISPLAY: ':0' }
  it.each<[string, BrowserPorts['env'], Partial<BrowserPorts>, boolean]>([
    ['Linux with X', here, {}, true],
    ['Linux with Wayland', { WAYLAND_DISPLAY: 'wayland-0' }, {}, true],
    ['Linux without a display', {}, {}, false],
    ['Linux with an empty BROWSER and no display', { BROWSER: ' ' }, {}, false],
    ['macOS', {}, { platform: 'darwin' }, true],
    ['Windows', {}, { platform: 'win32' }, true],
    ['macOS over SSH', { SSH_CONNECTION: '1 2 3 4' }, { platform: 'darwin' }, false],
    ['SSH with a forwarded display', { ...here, SSH_TTY: '/dev/pts/1' }, {}, false],
    ['a codespace', { ...here, CODESPACES: 'true' }, {}, false],
    ['a remote container', { ...here, REMOTE_CONTAINERS: 'true' }, {}, false],
    ['a container', here, { container: true }, false],
  ])('%s', async (_what, env, more, available) => {
    const { browser, started, opened } = browserWith(env, more)
    expect(browser.available).toBe(available)
    expect(await browser.open(hostile)).toBe(available)
    expect(opened).toEqual(available ? [hostile] : [])
    expect(started).toEqual([])
  })

  it('R-05: a system that cannot open it is false', async () => {
    const open = () => Promise.reject(new Error('no xdg-open'))
    expect(await browserWith(here, { open }).browser.open(hostile)).toBe(false)
  })
})
