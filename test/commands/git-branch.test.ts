import { execFileSync } from 'node:child_process'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { branchOf } from '../../src/commands/git-branch.ts'
import { temporaryFolder } from '../support/folder.ts'

async function repository(head: string | Buffer): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, '.git'))
  await writeFile(join(folder, '.git', 'HEAD'), head)
  return folder
}

test.each([
  ['ref: refs/heads/main\n', 'main'],
  ['ref: refs/heads/feature/a b\r\n', 'feature/a b'],
  ['0123456789abcdef0123456789abcdef01234567\n', '0123456'],
  ['ref: refs/heads/\u001b]0;owned\u0007x\n', 'x'],
  [`ref: refs/heads/${'y'.repeat(9000)}\n`, `${'y'.repeat(59)}…`],
  ['ref: refs/remotes/origin/main\n', undefined],
  ['', undefined],
  ['nonsense', undefined],
])('%j: %j', async (head, branch) => {
  expect(await branchOf(await repository(head))).toBe(branch)
})

test('of a folder inside, a worktree and a submodule', async () => {
  const folder = await repository('ref: refs/heads/main\n')
  const inside = join(folder, 'a', 'b')
  await mkdir(inside, { recursive: true })
  expect(await branchOf(inside)).toBe('main')
  await mkdir(join(folder, '.git', 'worktrees', 'w'), { recursive: true })
  await writeFile(join(folder, '.git', 'worktrees', 'w', 'HEAD'), 'ref: refs/heads/other\n')
  await writeFile(join(folder, 'a', '.git'), 'gitdir: ../.git/worktrees/w\n')
  expect(await branchOf(inside)).toBe('other')
})

test('no repository, a HEAD that is a pipe, a link or a folder', async () => {
  expect(await branchOf(await temporaryFolder())).toBeUndefined()
  expect(await branchOf('/nowhere/at/all')).toBeUndefined()
  const folder = await repository('ref: refs/heads/main\n')
  const head = join(folder, '.git', 'HEAD')
  await rm(head)
  execFileSync('mkfifo', [head])
  expect(await branchOf(folder)).toBeUndefined()
  await rm(head)
  await symlink('/etc/hostname', head)
  expect(await branchOf(folder)).toBeUndefined()
})
