import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../../demo/authorization-server.ts'
import { createCookies } from '../../demo/cookies.ts'
import { formOf } from '../../demo/form.ts'
import { visit } from '../../demo/visit.ts'
import { post, register } from './sign-in.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../../demo/browser.ts', import.meta.url))
let server: AuthorizationServer

beforeEach(async () => {
  server = await startAuthorizationServer()
})

afterEach(() => server.close())

const deviceCode = async (clientId: string) => {
  const { body } = await post(`${server.issuer}/device/auth`, { client_id: clientId, scope: 'notes.read' })
  return { deviceCode: String(Object(body).device_code), userCode: String(Object(body).user_code) }
}

describe("the demo's browser as a program", () => {
  it.each([
    ['approves', [], 'signed in as ada@example.com', 'access_token'],
    ['denies', ['--deny'], 'said no', 'error'],
  ])('%s a device code from another terminal', async (_verb, flags, said, answer) => {
    const client = await register(server.issuer)
    const { deviceCode: code, userCode } = await deviceCode(client)
    const { stdout } = await run(process.execPath, [program, ...flags, '--code', userCode, server.devicePage])
    expect(stdout).toMatch(new RegExp(`^demo browser: ${said}[^\\n]*\\n$`))
    const { body } = await post(`${server.issuer}/token`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: client,
      device_code: code,
    })
    expect(body).toHaveProperty(answer)
  })

  it.each([
    ['no address', []],
    ['an address elsewhere', ['https://example.com/']],
    ['no address at all', ['nonsense']],
    ['an unknown option', ['--what']],
  ])('fails in one line with %s', async (_case, args) => {
    const failure = await run(process.execPath, [program, ...args]).catch(error => error)
    expect(failure.code).toBe(1)
    expect(failure.stderr).toMatch(/^demo browser: [^\n]+\n$/)
  })
})

describe("the demo's browser as a function", () => {
  it.each([
    'https://example.com/',
    'http://10.0.0.1/',
    'file:///etc/passwd',
    'http://127.0.0.1.example.com/',
  ])('does not go to %s', async address => {
    await expect(visit(address)).rejects.toThrow('only goes to this machine')
  })

  it('ends by its signal', async () => {
    await expect(visit(server.issuer, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
  })
})

describe('the cookie jar', () => {
  const at = (path: string) => new URL(path, 'http://127.0.0.1:1')

  it('keeps a cookie under its path, until it ends', () => {
    const cookies = createCookies()
    cookies.store(at('/'), ['a=1; path=/in; httponly', 'b=x=y; Path=/'])
    expect(cookies.header(at('/in/side'))).toBe('a=1; b=x=y')
    expect(cookies.header(at('/inside'))).toBe('b=x=y')
    expect(cookies.header(new URL('http://127.0.0.1:2/in'))).toBe('')
    cookies.store(at('/'), ['b=; path=/', 'a=1; path=/in; expires=Thu, 01 Jan 1970 00:00:00 GMT'])
    expect(cookies.header(at('/in'))).toBe('')
  })
})

describe('reading a form', () => {
  it('finds fields and buttons, and undoes the escaping', () => {
    const html = `<form method="post" action="/a?b=1&amp;c=2"><input type="hidden" name="x" value="&#34;q&#34;"/>
      <button name="answer" value="allow">Allow</button><button>Other</button></form>`
    expect(formOf(html)).toEqual({
      action: '/a?b=1&c=2',
      fields: { x: '"q"' },
      buttons: [{ name: 'answer', value: 'allow' }],
    })
    expect(formOf('<p>done</p>')).toBeUndefined()
  })
})
