import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openTokenFile } from '../../../src/auth/store/file.ts'
import { createLock } from '../../../src/auth/store/lock.ts'
import { judgeFile, judgeFolder, judgeParent } from '../../../src/auth/store/private.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { storeOptions } from '../../support/open-store.ts'
import { startStoreProcess } from '../../support/store-process.ts'

function open(folder: string, warn: (line: string) => void = () => {}) {
  return openTokenFile({ folder, lock: createLock({ folder: join(folder, 'locks'), warn }), warn })
}

async function withEntry() {
  const folder = await temporaryFolder()
  await open(folder).set('account', 'text')
  const tokens = join(folder, 'tokens')
  return { folder, tokens, file: join(tokens, 'tokens.json') }
}

test('K-08 keeps texts in a file and a folder that only this user can open', async () => {
  const folder = await temporaryFolder()
  const vault = open(folder)
  expect(await vault.get('account')).toBeUndefined()
  await vault.set('account', 'text')
  await vault.set('other', 'more')
  await vault.set('account', 'new')
  await vault.delete('other')
  await vault.delete('unknown')
  expect(await open(folder).get('account')).toBe('new')
  expect(await open(folder).get('other')).toBeUndefined()
  expect((await stat(join(folder, 'tokens'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder, 'tokens', 'tokens.json'))).mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, 'tokens'))).toEqual(['tokens.json'])
})

test('K-08 what would be too large to be read again is refused, and the others stay', async () => {
  const { folder, file } = await withEntry()
  await open(folder).set('large', 'x'.repeat(5 * 1024 * 1024))
  await expect(open(folder).set('larger', 'x'.repeat(5 * 1024 * 1024))).rejects.toMatchObject({
    kind: 'store-unavailable',
    detail: `the file ${file} is full`,
  })
  expect(await open(folder).get('account')).toBe('text')
  await open(folder).delete('large')
  await open(folder).set('larger', 'small')
  expect(await open(folder).get('larger')).toBe('small')
})

describe('K-08 refuses to read and to write, and says which, when', () => {
  test.each<[string, string, (at: Awaited<ReturnType<typeof withEntry>>) => Promise<unknown>]>([
    ['the file is open to others', 'tokens.json is open to other users', ({ file }) => chmod(file, 0o644)],
    ['the file is open to the group', 'tokens.json is open to other users', ({ file }) => chmod(file, 0o640)],
    ['the folder is open to others', 'tokens is open to other users', ({ tokens }) => chmod(tokens, 0o755)],
    [
      'the folder above is open to all',
      'can be changed by other users',
      ({ folder }) => chmod(folder, 0o777),
    ],
    [
      'the file is a symbolic link',
      'tokens.json is a symbolic link',
      async ({ folder, file }) => {
        await rename(file, join(folder, 'real'))
        await symlink(join(folder, 'real'), file)
      },
    ],
    [
      'the file is a link to nothing',
      'tokens.json is a symbolic link',
      async ({ folder, file }) => {
        await rename(file, join(folder, 'real'))
        await symlink(join(folder, 'gone'), file)
      },
    ],
    [
      'the folder is a symbolic link',
      'tokens is a symbolic link',
      async ({ folder, tokens }) => {
        await rename(tokens, join(folder, 'real'))
        await symlink(join(folder, 'real'), tokens)
      },
    ],
    [
      'the folder is a file',
      'tokens is not a folder',
      async ({ folder, tokens }) => {
        await rename(tokens, join(folder, 'real'))
        await writeFile(tokens, '')
      },
    ],
    [
      'the file is a folder',
      'tokens.json is not a plain file',
      async ({ folder, file }) => {
        await rename(file, join(folder, 'real'))
        await mkdir(file, { mode: 0o700 })
      },
    ],
    [
      'it was made by a newer version',
      'made by a newer version',
      ({ file }) => writeFile(file, '{"v":2,"entries":[]}'),
    ],
  ])('%s', async (_, text, spoil) => {
    const at = await withEntry()
    await spoil(at)
    const vault = open(at.folder)
    const refusal = { kind: 'store-unavailable', detail: expect.stringContaining(text) }
    await expect(vault.get('account')).rejects.toMatchObject(refusal)
    await expect(vault.set('account', 'new')).rejects.toMatchObject(refusal)
    await expect(vault.delete('account')).rejects.toMatchObject(refusal)
  })

  test('file or folder belong to another user', async () => {
    const { folder, tokens, file } = await withEntry()
    const foreign = async (path: string) => Object.assign(await stat(path), { uid: 4_000_000 })
    expect(judgeFile.bind(null, file, await foreign(file))).toThrow('tokens.json belongs to another user')
    expect(judgeFolder.bind(null, tokens, await foreign(tokens))).toThrow('tokens belongs to another user')
    expect(judgeParent.bind(null, folder, await foreign(folder))).toThrow('belongs to another user')
  })
})

test.each(['', '{"v":1,"entries":', '[]', '{"v":1,"entries":{"a":1}}'])(
  'K-04 a garbled file (%s) is empty, said once without its content, and repaired by the next write',
  async text => {
    const { folder, file } = await withEntry()
    await writeFile(file, text)
    const warn = vi.fn()
    const vault = open(folder, warn)
    expect(await vault.get('account')).toBeUndefined()
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('cannot be understood'))
    await vault.set('account', 'new')
    expect(await vault.get('account')).toBe('new')
  },
)

test('K-09 a temporary file that a crash left is removed by the next write', async () => {
  const { folder, tokens } = await withEntry()
  await symlink(join(folder, 'elsewhere'), join(tokens, 'tokens.json.new'))
  await open(folder).set('account', 'new')
  expect(await readdir(tokens)).toEqual(['tokens.json'])
  expect(await readdir(folder)).not.toContain('elsewhere')
})

test('K-09 when the disk is full the old file stays, one warning says so, and the token is used', async () => {
  const folder = await temporaryFolder()
  const options = { ...storeOptions(folder), kind: 'file' as const }
  // No file of this process may grow beyond 2 KiB: the write fails half-way, as on a full disk.
  const full = await startStoreProcess(options, 'ulimit -f 4')
  onTestFinished(() => full.close())
  expect(await full.ask('write small')).toBe('file')
  const before = await readFile(join(folder, 'tokens', 'tokens.json'), 'utf8')
  const large = 'large'.repeat(1000)
  expect(await full.ask(`write ${large}`)).toBe('memory')
  expect(await full.ask('read')).toBe(large)
  expect(await readFile(join(folder, 'tokens', 'tokens.json'), 'utf8')).toBe(before)
  expect(await readdir(join(folder, 'tokens'))).toEqual(['tokens.json'])
  expect(full.warnings).toEqual([
    expect.stringMatching(/cannot be written \(EFBIG\): sign-ins last until you leave$/),
  ])
})
