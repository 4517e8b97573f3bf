import { describe, expect, test } from 'vitest'
import { isLoopback, mayVisit, resourceOf, sameResource, webUrl, withQuery } from '../../src/auth/url.ts'

const url = (text: string) => webUrl(text, 'the address')

describe('webUrl', () => {
  test.each([
    ['https://mcp.example/a?b=c', 'https://mcp.example/a?b=c'],
    ['HTTPS://MCP.Example:443', 'https://mcp.example/'],
    ['http://127.0.0.1:3000/mcp', 'http://127.0.0.1:3000/mcp'],
    ['http://[::1]/mcp', 'http://[::1]/mcp'],
    ['http://localhost:1/', 'http://localhost:1/'],
    ['http://2130706433/', 'http://127.0.0.1/'],
    ['https://gith\u0443b.com/', 'https://xn--githb-hze.com/'],
    ['https://mcp.example/a"b\\c', 'https://mcp.example/a%22b/c'],
  ])('takes %s', (text, written) => {
    expect(url(text)).toBe(written)
  })

  test.each([
    [undefined],
    [null],
    [7],
    [{}],
    [['https://a.example']],
    [''],
    ['mcp.example'],
    ['/relative'],
    ['https://'],
    ['http://mcp.example/'],
    ['http://127.0.0.2/'],
    ['http://localhost.evil.example/'],
    ['https://user@mcp.example/'],
    ['https://:pass@mcp.example/'],
    ['https://mcp.example/a b'],
    [' https://mcp.example/'],
    ['https://mcp.example/\n'],
    ['https://mcp.example/\u001b]52;c;YQ==\u0007'],
    ['https://mcp.example/\u202egnp'],
    ['https://mcp.example/\u00a0'],
    ['https://mcp.example/\ud800'],
    [`https://mcp.example/${'a'.repeat(2048)}`],
    [`https://mcp.example/${'\u00e9'.repeat(1000)}`],
    ['ws://127.0.0.1/'],
    ['blob:https://mcp.example/'],
    ['http://localhost./'],
    ['http://0/'],
    ['http://[::ffff:127.0.0.1]/'],
    ['http://app.localhost/'],
    ['https://localhost../'],
    ['https://127.0.0.1../'],
    ['https://a..example/'],
    ['https://.example/'],
    ['https://./'],
    ['https://256.256.256.256/'],
    ['https://mcp.example:65536/'],
    ['https://[fe80::1%25eth0]/'],
    ['https://mcp.exa\u00admple/'],
    [`https://${'a.'.repeat(130)}example/`],
  ])('refuses %j', text => {
    expect(() => webUrl(text, 'the address')).toThrow(
      expect.objectContaining({ kind: 'unsafe-address', message: expect.stringContaining('the address') }),
    )
  })

  test.each(['file:///etc/passwd', 'javascript:alert(1)', 'data:text/html,x', 'vscode://x/y', 'smb://h/s'])(
    'M-01 %s is refused with its scheme only',
    text => {
      const scheme = new URL(text).protocol
      expect(() => url(text)).toThrow(`the address has the scheme ${scheme}`)
      expect(() => url(text)).not.toThrow(/passwd|alert|html/)
    },
  )

  test('M-02 a path that a shell would run stays one address', () => {
    const text = 'https://mcp.example/$(id)&calc.exe|x;`id`'
    expect(url(text)).toBe('https://mcp.example/$(id)&calc.exe|x;%60id%60')
  })

  test('the text names neither path nor user of a refused address', () => {
    expect(() => url('http://mcp.example/secret?code=1')).toThrow(/the address at mcp\.example is not https$/)
    expect(() => url('https://me:hidden@mcp.example/')).not.toThrow(/hidden/)
  })
})

test('isLoopback knows the three hosts where http is allowed', () => {
  expect(
    ['http://127.0.0.1/', 'http://[::1]:1/', 'https://localhost/'].map(text => isLoopback(url(text))),
  ).toEqual([true, true, true])
  expect(isLoopback(url('https://localhost.example/'))).toBe(false)
})

test.each([
  ['https://mcp.example', 'https://mcp.example'],
  ['https://mcp.example/', 'https://mcp.example'],
  ['https://mcp.example/mcp/', 'https://mcp.example/mcp/'],
  ['https://mcp.example/?a=1', 'https://mcp.example/?a=1'],
  ['https://mcp.example/mcp#top', 'https://mcp.example/mcp'],
])('resourceOf %s', (server, resource) => {
  expect(resourceOf(url(server))).toBe(resource)
})

describe('sameResource', () => {
  test.each([
    ['https://mcp.example/a/b', true],
    ['https://mcp.example/a/b/', true],
    ['https://mcp.example/a', true],
    ['https://mcp.example/a/', true],
    ['https://mcp.example', true],
    ['https://mcp.example/', true],
    ['HTTPS://MCP.EXAMPLE:443/a', true],
    ['https://mcp.example/a/b/c', false],
    ['https://mcp.example/a/bb', false],
    ['https://mcp.example/a/b#x', false],
    ['https://mcp.example/a/b#', false],
    ['https://me@mcp.example/a/b', false],
    ['https://:hidden@mcp.example/a/b', false],
    ['blob:https://mcp.example/a/b', false],
    ['https://mcp.example/x/../a', true],
    ['https://mcp.example/a/%2e%2e/', true],
    ['https://mcp.example/a%2fb', false],
    ['https://mcp.example./a/b', false],
    ['https://mcp.example/a?x=1', false],
    ['http://mcp.example/a', false],
    ['https://mcp.example:8443/a', false],
    ['https://evil.example/a/b', false],
    ['https://mcp.example.evil.example/a/b', false],
    ['https://mcp.example/a/b\n', false],
    ['', false],
    [`https://mcp.example/a/b?${'x'.repeat(1024 * 1024)}`, false],
    ['urn:mcp:a', false],
    ['mcp.example/a', false],
  ])('%j stands for https://mcp.example/a/b: %s', (resource, same) => {
    expect(sameResource(resource, url('https://mcp.example/a/b'))).toBe(same)
  })

  test('a path segment is no ancestor of a longer one', () => {
    expect(sameResource('https://mcp.example/a', url('https://mcp.example/ab'))).toBe(false)
  })
})

describe('mayVisit', () => {
  const local = [
    'https://localhost/',
    'https://app.localhost/',
    'https://printer.local/',
    'https://router.lan/',
    'https://wiki.corp/',
    'https://metadata.google.internal/',
    'https://intranet/',
    'https://printer.local./',
    'https://127.0.0.1/',
    'https://127.9.9.9/',
    'https://0.0.0.0/',
    'https://10.0.0.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/',
    'https://172.31.0.1/',
    'https://192.168.1.1/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::]/',
    'https://[fe80::1]/',
    'https://[fd00::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[::a00:1]/',
    'https://[::ffff:0:a00:1]/',
    'https://[2001:0:a00:1::1]/',
    'https://[2002:a00:1::]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://255.255.255.255/',
    'https://0177.0.0.1/',
    'https://2130706433/',
    'https://10.1/',
    'https://\uff11\uff12\uff17.0.0.1/',
    'https://127\u30020\u30020\u30021/',
    'https://\u24dbocalhost/',
    'https://localhost./',
    'https://127.0.0.1./',
    'https://PRINTER.Local/',
    'https://localhost.localdomain/',
    'https://router.home.arpa./',
  ]
  test.each(local)('M-08 a public server does not lead to %s', target => {
    expect(mayVisit(url(target), url('https://mcp.example/'))).toBe(false)
  })

  test.each(local)('a server at %s may lead anywhere', server => {
    expect(mayVisit(url('https://10.0.0.1/'), url(server))).toBe(true)
    expect(mayVisit(url('https://auth.example/'), url(server))).toBe(true)
  })

  test.each([
    'https://auth.example/',
    'https://8.8.8.8/',
    'https://172.32.0.1/',
    'https://[2606:4700::1]/',
    'https://[2001:4860:4860::8888]/',
    'https://local.example/',
    'https://[::ffff:8.8.8.8]/',
  ])('%s is public', target => {
    expect(mayVisit(url(target), url('https://mcp.example/'))).toBe(true)
  })
})

test('withQuery replaces what is there and leaves out what is undefined', () => {
  const result = withQuery(url('https://a.example/x?state=evil&keep=1'), { state: 'a b&c', scope: undefined })
  expect(result).toBe('https://a.example/x?state=a+b%26c&keep=1')
})
