// No content of a file of configuration or servers, and no variable, makes its reader throw anything but an error for the person;
// and nothing of a project counts that nobody has agreed to.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { branchOf } from '../../src/commands/git-branch.ts'
import { readConfiguration } from '../../src/config/configuration.ts'
import { findProject, isTaken } from '../../src/config/project.ts'
import { listServers } from '../../src/config/server-files.ts'
import { ALL } from '../../src/config/setting.ts'
import { clean } from '../../src/text.ts'
import { temporaryFolder } from '../support/folder.ts'
import { hostileText, isCode, judgedLater, mostlyJson } from '../support/hostile.ts'
import { TRIALS } from '../support/trials.ts'

const UNCLEAN = /[\p{Cc}\p{Zl}\p{Zp}\u202e\ufeff]/u
const project = await findProject('/home/me/work', async path => path === '/home/me/work/.git')

/** Files by their path; those that are not there are missing. */
const reader = (files: Readonly<Record<string, string | undefined>>) => async (path: string) => {
  const text = Object.hasOwn(files, path) ? files[path] : undefined
  if (text === undefined) throw Object.assign(new Error('missing'), { code: 'ENOENT' })
  return text
}
const maybe = (text: fc.Arbitrary<string>) => fc.option(text, { nil: undefined })

const entry = { type: 'http', url: 'https://mcp.example/mcp' }
const serverFile = fc.oneof(
  mostlyJson({ mcpServers: { notes: entry, other: { command: 'x' } } }),
  mostlyJson({ notes: entry }),
)

test('listServers: entries of any file, or one line that says which cannot be used', async () => {
  await fc.assert(
    fc.asyncProperty(
      maybe(serverFile),
      maybe(serverFile),
      // The path of a file that cannot be read is told.
      fc.array(fc.oneof(serverFile, hostileText).filter(isCode), { maxLength: 2 }),
      async (own, theirs, configs) => {
        const [path = ''] = project.serverFiles
        const readFile = reader({ [join('/copilot', 'mcp-config.json')]: own, [path]: theirs })
        const found = await judgedLater(() =>
          listServers({
            configs,
            copilotHome: '/copilot',
            readFile,
            readGiven: readFile,
            project: { project, readFile },
          }),
        )
        for (const problem of found?.problems ?? []) expect(problem).not.toMatch(UNCLEAN)
        for (const { name, origin } of found?.listed ?? []) {
          expect(typeof name).toBe('string')
          expect(['person', 'project', 'flag']).toContain(origin)
        }
      },
    ),
    TRIALS,
  )
})

const configFile = mostlyJson({
  ...{ signIn: 'browser', tokenStore: 'file', model: 'gpt', allowTools: ['shell(git:*)'], theme: 'dark' },
  servers: { notes: { account: 'me', tokenStore: 'file', clientId: 'app', url: 'https://mcp.example/mcp' } },
})
const variables = ALL.flatMap(({ variable }) => (variable?.name === undefined ? [] : [variable.name]))
const environment = fc.dictionary(
  fc.constantFrom(...variables),
  fc.oneof(hostileText, fc.constantFrom('true', 'browser', 'file', '1', 'a,b')),
  { maxKeys: 3 },
)

test('readConfiguration: what counts is judged, and of a project only what was agreed to', async () => {
  await fc.assert(
    fc.asyncProperty(
      maybe(configFile),
      maybe(configFile),
      environment,
      fc.boolean(),
      async (own, theirs, env, agreed) => {
        const readFile = reader({ '/home/me/config.json': own, [project.file]: theirs })
        const trusts = () => agreed
        const found = await judgedLater(() =>
          readConfiguration({
            file: '/home/me/config.json',
            project,
            trusts,
            env,
            home: '/home/me',
            readFile,
          }),
        )
        if (found === undefined) return
        for (const warning of found.warnings) expect(warning).not.toMatch(UNCLEAN)
        expect(found.held.every(item => !isTaken(item, trusts))).toBe(true)
        const harmful = new Set(found.brought.map(({ key }) => key))
        for (const setting of ALL) {
          for (const server of [undefined, ...found.serverKeys.map(key => key.split('.')[1] ?? '')]) {
            const value = found.find(setting, server)
            if (value?.origin === 'project' && server === undefined && !agreed)
              expect(harmful.has(setting.key)).toBe(false)
          }
        }
      },
    ),
    TRIALS,
  )
})

test('branchOf: a name that can be shown, or none', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, '.git'))
  const head = fc.oneof(
    hostileText,
    hostileText.map(text => `ref: refs/heads/${text}`),
  )
  await fc.assert(
    fc.asyncProperty(head, async text => {
      await writeFile(join(folder, '.git', 'HEAD'), text)
      const branch = await branchOf(folder)
      if (branch !== undefined) expect(branch).toBe(clean(branch, 60))
    }),
    TRIALS,
  )
})
