import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, type Stage } from '../support/chat.ts'
import { some } from '../support/more.ts'
import { leave, prompted, say, unwrapped } from '../support/person.ts'
import { fullDisk, inSpace, noMoreNames, readOnly, spaceMissing } from '../support/space.ts'
import { KEY } from '../support/terminal.ts'

const FILE = ['--token-store', 'file']
const missing = spaceMissing()
if (missing !== undefined) process.stderr.write(`disks: not run, no namespaces here: ${missing}\n`)

describe.skipIf(missing !== undefined)('a disk that takes nothing more', () => {
  let stage: Stage
  /** Everything that is kept, as it was before, and what a run has left of its state. */
  let whole: string
  let left: string
  let elsewhere: string

  beforeAll(async () => {
    stage = await openStage({ keychain: false })
    const home = join(stage.world.folder, 'home')
    whole = join(stage.world.folder, 'whole')
    left = join(stage.world.folder, 'left')
    elsewhere = join(stage.world.folder, 'elsewhere')
    await mkdir(elsewhere)
    await mkdir(join(home, 'copilot'), { recursive: true })
    const notes = { type: 'http', url: stage.world.mcp.url, tools: ['*'] }
    await writeFile(join(home, 'copilot', 'mcp-config.json'), JSON.stringify({ mcpServers: { notes } }))
    const { code } = await stage.run(['auth', 'login', 'notes', '--sign-in', 'browser', ...FILE], signedIn())
    expect(code).toBe(0)
    await stage.run(['chat', '-p', 'SAY before', ...FILE])
    await stage.run(['config', 'set', 'title', 'false'])
    await cp(home, whole, { recursive: true })
  })
  afterAll(() => stage.close())

  const signedIn = (within?: readonly string[]) => ({ env: { BROWSER: stage.browser() }, within })

  interface Disk {
    setup(at: string, from?: string): string
    words: RegExp
  }
  const DISKS: Record<string, Disk> = {
    'it is full': { setup: fullDisk, words: /disk is full|ENOSPC/ },
    'it has no room for a name': { setup: noMoreNames, words: /disk is full|ENOSPC/ },
    'it can only be read': { setup: at => readOnly(at), words: /disk can only be read|EROFS/ },
  }

  describe.each(some(Object.entries(DISKS), 2))('%s', (_, { setup, words }) => {
    const stateSpace = () => {
      const { state } = stage.place
      const after = `rm -f '${state}/ballast'; rmdir '${state}'/full* 2>/dev/null; rm -rf '${left}'; cp -a '${state}' '${left}'`
      return inSpace(setup(state, join(whole, 'host')), { after })
    }
    /** Every file that was there is there, whole. */
    async function expectWhole() {
      const before = join(whole, 'host')
      for (const name of ['index.json', 'accounts.json', 'config.json', 'tokens/tokens.json'])
        expect([name, await readFile(join(left, name), 'utf8')]).toEqual([
          name,
          await readFile(join(before, name), 'utf8'),
        ])
      expect((await readdir(left, { recursive: true })).filter(name => name.endsWith('.new'))).toEqual([])
    }

    test('P-08 the state folder: a one-shot and its tools work', async () => {
      const ran = await stage.run(['chat', '-p', 'who am i?', '--allow-all-tools', ...FILE], {
        within: stateSpace(),
      })
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      expect(ran.stdout).toContain('You are signed in as Ada')
      await expectWhole()
    })

    test('K-09 the state folder: a new sign-in is used for the session, one line says so', async () => {
      const other = `other=${stage.world.mcp.url}?other`
      const ran = await stage.run(
        ['chat', '-p', 'SAY fine', '--mcp', other, '--sign-in', 'browser', ...FILE],
        signedIn(stateSpace()),
      )
      expect(ran).toMatchObject({ code: 0, stdout: 'fine\n' })
      const lines = ran.stderr.split('\n').filter(line => line.includes('sign-ins last until you leave'))
      expect(lines).toEqual([expect.stringMatching(/tokens\.json cannot be written \((ENOSPC|EROFS)\)/)])
      expect(ran.stderr).toContain('signed in to other, kept in memory')
      await expectWhole()
    })

    test('the state folder: settings and sign-outs say that they could not be kept', async () => {
      const set = await stage.run(['config', 'set', 'title', 'true'], { within: stateSpace() })
      expect(set).toMatchObject({ code: 2, stderr: expect.stringMatching(words) })
      expect(set.stderr).toContain('config.json')
      await expectWhole()
      const out = await stage.run(['auth', 'logout', 'notes', ...FILE], signedIn(stateSpace()))
      expect(out).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /tokens\.json cannot be written \(\w+\), nor can anything beside it: the sign-in stays there\n$/,
        ),
      })
      await expectWhole()
    })

    test('the state folder: a chat', async () => {
      const chat = stage.open(['chat', ...FILE], { within: stateSpace(), cols: 100 })
      await say(chat, 'SAY fine')
      await chat.until(() => chat.lines().includes('fine'))
      await say(chat, '/theme light')
      await chat.until(() => chat.lines().join('\n').includes('theme: light, for this chat only'))
      await prompted(chat)
      await leave(chat)
      await expectWhole()
    })

    test('the folder of the runtime: exit 1 and its name', async () => {
      const at = join(stage.world.folder, 'home', 'copilot')
      const ran = await stage.run(['chat', '-p', 'SAY fine', ...FILE], { within: inSpace(setup(at)) })
      expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(words) })
      expect(ran.stderr).toContain(`cannot use the folder ${at} of the Copilot runtime`)
      expect(ran.stderr.trim().split('\n')).toHaveLength(1)
    })

    test.each(['TMPDIR', 'XDG_CACHE_HOME'])('%s: goes on', async name => {
      const within = inSpace(setup(elsewhere))
      const ran = await stage.run(['chat', '-p', 'SAY fine', ...FILE], { within, env: { [name]: elsewhere } })
      expect(ran).toEqual({ code: 0, stdout: 'fine\n', stderr: '' })
    })

    test('the debug log: goes on without, or one line names it', async () => {
      const env = { COPILOT_HOST_LOG: join(elsewhere, 'debug.log') }
      const ran = await stage.run(['chat', '-p', 'SAY fine', ...FILE], {
        within: inSpace(setup(elsewhere)),
        env,
      })
      if (ran.code === 0) return expect(ran).toEqual({ code: 0, stdout: 'fine\n', stderr: '' })
      expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(words) })
      expect(ran.stderr).toContain(env.COPILOT_HOST_LOG)
    })

    test('the working folder: a report and an export that do not fit leave nothing', async () => {
      const within = inSpace(`${setup(stage.world.work)}\ncd '${stage.world.work}'`)
      const bundle = await stage.run(['doctor', '--bundle', 'report.json', ...FILE], { within })
      expect(bundle).toMatchObject({ code: 1, stderr: expect.stringMatching(words) })
      expect(bundle.stderr).toContain('report.json cannot be written')
      const chat = stage.open(['chat', ...FILE], { within, cols: 120 })
      await say(chat, 'SAY fine')
      await chat.until(() => chat.lines().includes('fine'))
      await say(chat, '/export talk.md')
      await chat.until(() => unwrapped(chat).includes('talk.md could not be written'))
      expect(unwrapped(chat)).toMatch(words)
      await say(chat, '!ls talk.md')
      await chat.until(() => /cannot access|No such file/.test(unwrapped(chat)))
      await prompted(chat)
      await leave(chat)
    })
  })

  test('the folder of the runtime gets full in the middle of a chat: told once, Esc frees it, and it goes on', async () => {
    const at = join(stage.world.folder, 'home', 'copilot')
    const script = join(stage.world.folder, 'disk.sh')
    await writeFile(
      script,
      `if [ "$1" = fill ]; then dd if=/dev/zero of='${at}/ballast' bs=512 2>/dev/null; else rm '${at}/ballast'; fi; echo "done: $1"`,
    )
    const within = inSpace(`mount -t tmpfs -o size=2m tmpfs '${at}'`)
    const chat = stage.open(['chat', ...FILE], { within, cols: 120 })
    const shell = async (word: string) => {
      await say(chat, `!sh ../disk.sh ${word}`)
      await chat.until(() => chat.lines().some(line => line.trim() === `done: ${word}`))
    }
    await say(chat, 'SAY before')
    await chat.until(() => chat.lines().includes('before'))
    await shell('fill')
    await say(chat, 'SAY meanwhile')
    await chat.until(() => unwrapped(chat).includes('the conversation cannot be saved in'))
    await chat.until(() => chat.lines().includes('meanwhile'))
    await chat.keys(KEY.escape)
    await chat.until(() => !chat.screen().includes('working'))
    await shell('empty')
    await say(chat, 'SAY after')
    await chat.until(() => chat.lines().includes('after'))
    expect(unwrapped(chat).match(/cannot be saved/g)).toHaveLength(1)
    await prompted(chat)
    await leave(chat)
  })
})
