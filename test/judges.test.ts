import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SRC = fileURLToPath(new URL('../src/', import.meta.url))
const TEST = fileURLToPath(new URL('.', import.meta.url))

/**
 * Which property tries each file that judges foreign data: the test, and what of the program it calls, where that is another
 * file than the judge itself.
 */
const REACHED: Readonly<Record<string, readonly [test: string, calls?: string]>> = {
  'auth/client.ts': ['auth/answers.property.test.ts'],
  'auth/device-grant.ts': ['auth/answers.property.test.ts'],
  'auth/http.ts': ['auth/answers.property.test.ts'],
  'auth/identity.ts': ['auth/identity.property.test.ts'],
  'auth/metadata.ts': ['auth/judges.property.test.ts'],
  'auth/request.ts': ['auth/judges.property.test.ts'],
  'auth/store/accounts.ts': ['auth/store/accounts.test.ts'],
  'auth/store/file.ts': ['auth/store/files.property.test.ts'],
  'auth/store/identity.ts': ['auth/identity.property.test.ts'],
  'auth/store/index.ts': ['auth/store/index.test.ts'],
  'auth/store/journal.ts': ['auth/store/files.property.test.ts'],
  'auth/store/json-file.ts': ['auth/store/index.test.ts', 'auth/store/index.ts'],
  'auth/store/json.ts': ['auth/store/index.test.ts', 'auth/store/index.ts'],
  'auth/store/keychain-child.ts': ['auth/store/files.property.test.ts', 'auth/store/keychain-protocol.ts'],
  'auth/store/keychain-process.ts': ['auth/store/files.property.test.ts', 'auth/store/keychain-protocol.ts'],
  'auth/store/keychain-protocol.ts': ['auth/store/files.property.test.ts'],
  'auth/store/parts.ts': ['auth/store/parts.test.ts'],
  'auth/store/record.ts': ['auth/judges.property.test.ts'],
  'auth/store/slot.ts': ['auth/store/files.property.test.ts'],
  'auth/token-answer.ts': ['auth/answers.property.test.ts'],
  'commands/prompt-history.ts': ['auth/store/files.property.test.ts'],
  'commands/trusted.ts': ['auth/store/files.property.test.ts'],
  'config/configuration.ts': ['config/files.property.test.ts'],
  'config/json.ts': ['config/files.property.test.ts', 'config/configuration.ts'],
  'config/judge.ts': ['config/judges.property.test.ts'],
  'config/kind.ts': ['config/files.property.test.ts', 'config/setting.ts'],
  'config/server-entry.ts': ['config/judges.property.test.ts'],
  'config/server-files.ts': ['config/files.property.test.ts'],
  'desk/descriptor.ts': ['auth/store/files.property.test.ts'],
  'desk/wire.ts': ['desk/wire.test.ts'],
  'library/follow.ts': ['library/follow.property.test.ts'],
  'runtime/ask.ts': ['runtime/judges.property.test.ts'],
  'runtime/connection.ts': ['runtime/answers.property.test.ts'],
  'runtime/control-methods.ts': ['runtime/answers.property.test.ts', 'runtime/controls.ts'],
  'runtime/controls.ts': ['runtime/answers.property.test.ts'],
  'runtime/events.ts': ['runtime/judges.property.test.ts'],
  'runtime/flow.ts': ['runtime/answers.property.test.ts', 'runtime/connection.ts'],
  'runtime/form.ts': ['runtime/judges.property.test.ts'],
  'runtime/hooks.ts': ['runtime/judges.property.test.ts'],
  'runtime/modes.ts': ['runtime/answers.property.test.ts', 'runtime/controls.ts'],
  'runtime/notice-events.ts': ['runtime/judges.property.test.ts'],
  'runtime/notification.ts': ['runtime/judges.property.test.ts'],
  'runtime/pending.ts': ['runtime/pending.property.test.ts'],
  'runtime/permission.ts': ['runtime/judges.property.test.ts'],
  'runtime/protocol.ts': ['runtime/judges.property.test.ts'],
  'runtime/router.ts': ['runtime/judges.property.test.ts'],
  'runtime/servers.ts': ['runtime/answers.property.test.ts'],
  'runtime/session.ts': ['commands/random-events.test.ts', '../test/support/played.ts'],
  'runtime/state-events.ts': ['runtime/judges.property.test.ts'],
  'runtime/stored-events.ts': ['commands/damaged-logs.test.ts'],
  'runtime/tool-files.ts': ['runtime/judges.property.test.ts'],
  'runtime/tool-result.ts': ['runtime/judges.property.test.ts', 'runtime/events.ts'],
  'runtime/tool-summary.ts': ['runtime/judges.property.test.ts'],
  // Without a schema: addresses, text, frames, keys, files and flags of their own kind.
  'auth/authorization.ts': ['auth/answers.property.test.ts'],
  'auth/probe.ts': ['auth/probe.property.test.ts'],
  'auth/scope.ts': ['auth/judges.property.test.ts'],
  'auth/seconds.ts': ['auth/answers.property.test.ts'],
  'auth/url.ts': ['auth/judges.property.test.ts'],
  'commands/git-branch.ts': ['config/files.property.test.ts'],
  'commands/tool-rules.ts': ['config/judges.property.test.ts'],
  'config/url-rule.ts': ['config/judges.property.test.ts'],
  'mask.ts': ['text.property.test.ts'],
  'runtime/framing.ts': ['runtime/framing.property.test.ts'],
  'text.ts': ['text.property.test.ts'],
  'ui/keys.ts': ['ui/paste-reader.test.ts'],
  'ui/paste-reader.ts': ['ui/paste-reader.test.ts'],
  'ui/transcript/markdown.ts': ['ui/transcript/fuzz.test.ts', 'ui/transcript/reply.ts'],
}

/** The list of stored sessions needs a process; its rows are judged by schemas that other properties try. */
const BY_EXAMPLE = ['runtime/runtime.ts']

test('every file that judges foreign data is tried by a property', () => {
  const judges = globSync('**/*.{ts,tsx}', { cwd: SRC }).filter(file =>
    /from 'valibot'|JSON\.parse\(/.test(read(join(SRC, file))),
  )
  expect(judges.filter(file => !(file in REACHED) && !BY_EXAMPLE.includes(file))).toEqual([])
  const faults = Object.entries(REACHED).flatMap(([judge, [name, calls = judge]]) => {
    const from = join(TEST, name)
    const imported = importsOf(from)
    const isProperty = /from 'fast-check'/.test(read(from))
    if (!isProperty || !imported.includes(join(SRC, calls))) return [`${name} tries no ${calls}`]
    const related = calls === judge || leadsTo(join(SRC, calls), join(SRC, judge))
    return related || leadsTo(join(SRC, judge), join(SRC, calls)) ? [] : [`${calls} has nothing of ${judge}`]
  })
  expect(faults).toEqual([])
})

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

/** The files that a file imports. */
function importsOf(path: string): string[] {
  return Array.from(read(path).matchAll(/from\s+'(\.[^']+\.tsx?)'/g), ([, file = '']) =>
    join(dirname(path), file),
  )
}

/** True if one file imports the other, perhaps by way of a third. */
function leadsTo(from: string, to: string): boolean {
  const direct = importsOf(from)
  return direct.includes(to) || direct.some(each => importsOf(each).includes(to))
}
