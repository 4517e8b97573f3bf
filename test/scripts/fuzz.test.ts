import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('a name that no file with properties has tries nothing', () => {
  const script = fileURLToPath(new URL('../../scripts/fuzz.ts', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '1', 'no-such-name'], {
    encoding: 'utf8',
    timeout: 10_000,
  })
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain('no file of test/ with a property has no-such-name in its path')
})
