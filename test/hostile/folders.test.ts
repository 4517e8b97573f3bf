import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'
import { leave, prompted, say } from '../support/person.ts'
import { inSpace, spaceMissing } from '../support/space.ts'

const FILE = ['--token-store', 'file']

let stage: Stage
beforeAll(async () => {
  stage = await openStage({ keychain: false })
})
afterAll(() => stage.close())

const own = async () => await mkdtemp(join(await realpath(stage.world.folder), 'own-'))
/** Nothing but the home folder says where anything is. */
const bare = (env: Record<string, string | undefined>) => ({
  COPILOT_HOME: undefined,
  COPILOT_HOST_HOME: undefined,
  XDG_CACHE_HOME: undefined,
  ...env,
})

interface Home {
  value: string | undefined
  /** What a one-shot gives; it works where there are no words. */
  words?: RegExp
}

describe('P-08 HOME', () => {
  const HOMES: Record<string, (at: string) => Home> = {
    'not there': at => ({ value: join(at, 'not', 'there') }),
    empty: () => ({
      value: '',
      words: /^cannot use the folder of this user: HOME is not set .* Set HOME or COPILOT_HOST_HOME$/,
    }),
    relative: () => ({
      value: 'some/where',
      words: /^cannot use the folder of this user: HOME is not set to an absolute/,
    }),
    'a file': at => ({
      value: join(at, 'file'),
      words:
        /^cannot use the folder \S+\/file\/\.copilot of the Copilot runtime: it is not a folder \(COPILOT_HOME/,
    }),
    'a device': () => ({
      value: '/dev/null',
      words: /^cannot use the folder \/dev\/null\/\.copilot of the Copilot runtime: it is not a folder/,
    }),
    'of 5,000 characters': () => ({
      value: `/${'long/'.repeat(1000)}`,
      words: /^cannot read \/long\/.*: its name is too long$/,
    }),
  }

  test.each(some(Object.entries(HOMES), 2))('%s: works, or one line names it', async (_, home) => {
    const at = await own()
    await writeFile(join(at, 'file'), '')
    const { value, words } = home(at)
    const run = (...args: string[]) => stage.run(args, { env: bare({ HOME: value }), cwd: at })
    const one = await run('chat', '-p', 'SAY fine', ...FILE)
    const others = [
      await run('auth', 'status'),
      await run('sessions'),
      await run('config', 'set', 'title', 'true'),
    ]
    if (words === undefined) {
      expect(one).toEqual({ code: 0, stdout: 'fine\n', stderr: '' })
      for (const { code } of others) expect(code).toBe(0)
      return
    }
    expect(one).toMatchObject({ code: expect.toSatisfy(code => code === 1 || code === 2), stdout: '' })
    expect(one.stderr.trim()).toMatch(words)
    for (const { stderr } of others) expect(stderr).not.toMatch(/^\s+at |Error:|unexpectedly/m)
    for (const { stderr } of [one, ...others]) expect(stderr.trim().split('\n').length).toBe(1)
  })

  const noSpace = spaceMissing()
  if (noSpace !== undefined)
    process.stderr.write(`folders: HOME unset is left out, no namespaces here: ${noSpace}\n`)
  test.skipIf(noSpace !== undefined)('unset: that of the user, whatever state it is in', async () => {
    const { homedir } = userInfo()
    const env = bare({ HOME: undefined })
    const within = inSpace(`mount -t tmpfs tmpfs '${homedir}'`)
    expect(await stage.run(['chat', '-p', 'SAY fine', ...FILE], { env, within })).toMatchObject({
      code: 0,
      stdout: 'fine\n',
    })
    const still = await stage.run(['chat', '-p', 'SAY fine', ...FILE], {
      env,
      within: inSpace(`mount -t tmpfs -o ro tmpfs '${homedir}'`),
    })
    expect(still).toMatchObject({ code: 1, stdout: '' })
    expect(still.stderr).toBe(
      `cannot use the folder ${homedir}/.copilot of the Copilot runtime: its disk can only be read (COPILOT_HOME names another one)\n`,
    )
  })

  test.each<[string, Record<string, string>]>([
    [
      'relative',
      {
        XDG_DATA_HOME: 'data',
        XDG_CONFIG_HOME: './config',
        XDG_CACHE_HOME: '../cache',
        XDG_RUNTIME_DIR: 'run',
      },
    ],
    ['empty', { XDG_DATA_HOME: '', XDG_CONFIG_HOME: '', XDG_CACHE_HOME: '', XDG_RUNTIME_DIR: '' }],
    ['files', { XDG_CACHE_HOME: '/etc/hostname', XDG_RUNTIME_DIR: '/etc/hostname' }],
  ])('folders of the XDG specification that are %s', async (_, folders) => {
    const at = await own()
    const env = bare({ HOME: at, ...folders })
    expect(await stage.run(['chat', '-p', 'SAY fine', ...FILE], { env, cwd: at })).toEqual({
      code: 0,
      stdout: 'fine\n',
      stderr: '',
    })
    expect(await stage.run(['config', 'set', 'title', 'true'], { env, cwd: at })).toMatchObject({ code: 0 })
    expect((await readdir(at)).filter(name => !name.startsWith('.'))).toEqual([])
  })
})

const NAMES: Record<string, string> = {
  quotes: `it's "quoted" \`id\` $(id) $HOME`,
  spaces: 'two  words ',
  emoji: '👩‍👩‍👧 family',
  'a line end': 'one\ntwo',
  CJK: '日本語のフォルダ',
  'escape sequences': '\u001b[2J\u001b]0;x\u0007\u009b31m',
  'a hash': 'a#b?c',
  'a percent sign': '100%25 %s %n',
  '255 bytes': 'x'.repeat(255),
  'a leading hyphen': '-rf --help',
  'no UTF-8 (as Node sees it)': 'caf\ufffd',
  directions: 'a\u202egpj.exe',
}

describe('P-08 everything in folders whose name has', () => {
  test.each(some(Object.entries(NAMES), 3))('%s', async (_, name) => {
    const at = join(await own(), name)
    await mkdir(join(at, 'work'), { recursive: true })
    const env = bare({ HOME: at, BROWSER: stage.browser() })
    const notes = ['--mcp', `notes=${stage.world.mcp.url}`]
    const ran = await stage.run(
      ['chat', '-p', 'who am i?', '--allow-all-tools', ...notes, '--sign-in', 'browser', ...FILE],
      { env, cwd: join(at, 'work') },
    )
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('You are signed in as Ada') })
    expect(ran.stderr).toMatch(/signed in to notes, kept in a file of your own \(0600\)\n$/)
    const set = await stage.run(['config', 'set', 'title', 'false'], { env, cwd: join(at, 'work') })
    expect(set).toMatchObject({ code: 0, stdout: 'title = false in ~/.config/copilot-host/config.json\n' })
    expect((await stage.run(['doctor', ...notes, ...FILE], { env, cwd: join(at, 'work') })).code).toBe(0)
    const again = await stage.run(['chat', '-p', 'who am i?', '--allow-all-tools', ...notes, ...FILE], {
      env,
      cwd: join(at, 'work'),
    })
    expect(again).toMatchObject({ code: 0, stderr: '' })
    const chat = stage.open(['chat', ...notes, ...FILE], { env, cwd: join(at, 'work'), cols: 120 })
    await say(chat, 'SAY fine')
    await chat.until(() => chat.lines().includes('fine'))
    await say(chat, '/export talk.md')
    await chat.until(() => chat.lines().some(line => line.includes('wrote talk.md')))
    await say(chat, '!echo from-the-shell')
    await chat.until(() => chat.lines().some(line => line.trim() === 'from-the-shell'))
    await prompted(chat)
    await leave(chat)
  })
})

test('a working folder whose name has all of it is shown in one line, harmless', async () => {
  const at = join(await own(), `two words\n\u001b[2J\u202e日本語`)
  await mkdir(at)
  const chat = stage.open(['chat', ...FILE], { cwd: at, cols: 200 })
  await say(chat, 'SAY fine')
  await chat.until(() => chat.lines().includes('fine'))
  expect(chat.lines()[0]).toMatch(/practice-model · .*two words.*日本語$/)
  await prompted(chat)
  await leave(chat)
})

describe('P-08 a working folder that was deleted', () => {
  test.each(
    [['chat', '-p', 'SAY fine'], ['auth', 'status'], ['doctor']].map(args => [args.join(' '), args] as const),
  )('%s: one line', async (_, args) => {
    const at = await own()
    const ran = await stage.run(args, { cwd: at, within: ['sh', '-c', `rmdir '${at}'; exec "$@"`, 'sh'] })
    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr: 'cannot use the folder that you work in: it is not there any more. Go to another one\n',
    })
  })

  test('under a chat: it goes on, and what needs the folder says so', async () => {
    const at = await own()
    const chat = stage.open(['chat', ...FILE], { cwd: at })
    await say(chat, 'SAY one')
    await chat.until(() => chat.lines().includes('one'))
    await rm(at, { recursive: true })
    await say(chat, 'SAY two')
    await chat.until(() => chat.lines().includes('two'))
    await say(chat, '!echo three')
    await chat.until(() => chat.lines().some(line => line.trim() === 'three'))
    await say(chat, '/export talk.md')
    await chat.until(() => chat.lines().join('\n').includes('talk.md lies in a folder that is not there'))
    await prompted(chat)
    await leave(chat)
  })
})

describe('a folder for temporary files that is', () => {
  test.each<[string, string]>([
    ['not there', '/not/there'],
    ['relative', 'tmp'],
    ['empty', ''],
    ['a file', '/etc/hostname'],
  ])('%s: as if none were named', async (_, TMPDIR) => {
    const ran = await stage.run(['chat', '-p', 'SAY fine', ...FILE], { env: { TMPDIR } })
    expect(ran).toEqual({ code: 0, stdout: 'fine\n', stderr: '' })
  })
})
