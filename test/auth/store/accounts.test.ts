import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AccountBook, openAccounts } from '../../../src/auth/store/accounts.ts'
import { createLock } from '../../../src/auth/store/lock.ts'
import { judgeSlot } from '../../../src/auth/store/slot.ts'
import { clean } from '../../../src/text.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { TRIALS } from '../../support/trials.ts'

fc.configureGlobal(TRIALS)

const EMPTY = { accounts: [], bindings: [], defaults: [] }
const place = { server: 'https://one.example.com/mcp', issuer: 'https://login.example.com' }
const account = {
  ...place,
  slot: clean('work'),
  name: clean('ada@example.com'),
  identity: { subject: 'u1', login: 'ada@example.com' },
}

function bookIn(folder: string) {
  return openAccounts({ folder, lock: createLock({ folder: join(folder, 'locks'), warn: () => {} }) })
}
const adding = (slot: string) => (book: AccountBook) => ({
  ...book,
  accounts: [...book.accounts, { ...place, slot: clean(slot) }],
})

test('a book that would be too large to be read again is refused, and the one before stays', async () => {
  const folder = await temporaryFolder()
  await bookIn(folder).change(adding('work'))
  const before = await bookIn(folder).read()
  const server = `https://${'x'.repeat(2000)}.example.com/`
  const accounts = Array.from({ length: 1000 }, (_, at) => ({
    ...account,
    server,
    issuer: server,
    slot: clean(`${at}`),
  }))
  const change = bookIn(folder).change(book => ({ ...book, accounts }))
  await expect(change).rejects.toMatchObject({
    kind: 'store-unavailable',
    detail: expect.stringMatching(/accounts\.json cannot be written$/),
  })
  expect(await bookIn(folder).read()).toEqual(before)
})

describe('the name of an account', () => {
  test.each(['work', 'ada@example.com', 'Zoë', 'my work', '職場', 'x'.repeat(64)])('%j', name => {
    expect(judgeSlot(name)).toBe(name)
  })
  test('is kept in one form', () => expect(judgeSlot('Zoe\u0308')).toBe('Zo\u00eb'))
  test.each([
    ['empty', ''],
    ['a blank', ' '],
    ['a blank at its end', 'work '],
    ['a blank in front', ' work'],
    ['two blanks', 'my  work'],
    ['too long', 'x'.repeat(65)],
    ['an escape sequence', '\u001b[2Jwork'],
    ['a line feed', 'wo\nrk'],
    ['a tab', 'wo\trk'],
    ['a zero-width character', 'wo\u200brk'],
    ['text in the other direction', '\u202ework'],
    ['half a character', '\ud800'],
    ['a NUL', 'wo\0rk'],
  ])('is not %s', (_what, name) => expect(judgeSlot(name)).toBeUndefined())
})

test('what is written is read by the next program, and only by this user', async () => {
  const folder = join(await temporaryFolder(), 'state')
  const book: AccountBook = {
    accounts: [account, { ...place }],
    bindings: [{ folder: '/home/ada/shop', server: place.server, slot: clean('work') }],
    defaults: [{ server: place.server }],
  }
  await bookIn(folder).change(() => book)
  expect(await bookIn(folder).read()).toMatchObject(book)
  expect((await stat(join(folder, 'accounts.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
})

test('without a folder it lasts as long as the process', async () => {
  const book = openAccounts({ lock: createLock({ warn: () => {} }) })
  await book.change(adding('work'))
  expect((await book.read()).accounts).toHaveLength(1)
})

test('several writers lose nothing, and a change that changes nothing is not written', async () => {
  const folder = await temporaryFolder()
  const writers = [bookIn(folder), bookIn(folder), bookIn(folder)]
  await Promise.all(Array.from({ length: 30 }, (_, at) => writers[at % 3]?.change(adding(`a${at}`))))
  expect((await bookIn(folder).read()).accounts).toHaveLength(30)
  const before = await stat(join(folder, 'accounts.json'))
  await bookIn(folder).change(book => book)
  expect((await stat(join(folder, 'accounts.json'))).mtimeMs).toBe(before.mtimeMs)
  expect(await readdir(folder)).toEqual(['accounts.json', 'locks'])
})

test.each([
  ['empty', ''],
  ['cut', '{"v":1,"accounts":[{"server"'],
  ['a list', '[]'],
  ['without a version', '{"accounts":[]}'],
  ['of version zero', '{"v":0}'],
  ['made of other types', '{"v":1,"accounts":{},"bindings":7,"defaults":"x"}'],
  ['huge', `{"v":1,"x":"${'x'.repeat(5 * 1024 * 1024)}"}`],
  ['deep', `${'['.repeat(100_000)}`],
])('a file that is %s counts as empty and is replaced', async (_what, text) => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'accounts.json'), text)
  expect(await bookIn(folder).read()).toMatchObject(EMPTY)
  await bookIn(folder).change(adding('work'))
  expect((await bookIn(folder).read()).accounts).toEqual([{ ...place, slot: 'work' }])
})

test('a bad entry does not hide the good ones, and what is shown of a good one is clean', async () => {
  const folder = await temporaryFolder()
  const bad = [
    null,
    3,
    {},
    { ...account, slot: '\u001b[2J' },
    { ...account, slot: 7 },
    { ...account, slot: '' },
  ]
  const odd = { ...account, name: '\u001b]0;x\u0007Ada', identity: { subject: '' } }
  const login = { ...account, identity: { subject: 'u1', login: 'two words' } }
  const bindings = [
    { folder: 'relative', server: place.server },
    { folder: `/${'x'.repeat(5000)}`, server: place.server },
    { folder: '/home', server: 7 },
    { folder: '/home', server: place.server },
  ]
  const text = JSON.stringify({ v: 1, accounts: [...bad, account, odd, login], bindings, defaults: [{}] })
  await writeFile(join(folder, 'accounts.json'), text)
  expect(await bookIn(folder).read()).toMatchObject({
    accounts: [account, { ...account, name: 'Ada', identity: undefined }, { identity: { subject: 'u1' } }],
    bindings: [{ folder: '/home', server: place.server }],
    defaults: [],
  })
})

test('the file of a newer version is read as far as possible and never written', async () => {
  const folder = await temporaryFolder()
  const text = JSON.stringify({ v: 2, accounts: [account], more: true })
  await writeFile(join(folder, 'accounts.json'), text)
  expect((await bookIn(folder).read()).accounts).toEqual([account])
  await expect(bookIn(folder).change(adding('x'))).rejects.toMatchObject({
    kind: 'store-unavailable',
    message: expect.stringContaining('was made by a newer version'),
  })
  expect(await readFile(join(folder, 'accounts.json'), 'utf8')).toBe(text)
})

test('a folder in its place is put aside, a link is not followed', async () => {
  const [folder, other] = [await temporaryFolder(), await temporaryFolder()]
  await mkdir(join(folder, 'accounts.json'))
  expect(await bookIn(folder).read()).toMatchObject(EMPTY)
  await bookIn(folder).change(adding('x'))
  expect((await bookIn(folder).read()).accounts).toHaveLength(1)
  expect((await stat(join(folder, 'accounts.json.damaged'))).isDirectory()).toBe(true)
  await writeFile(join(folder, 'elsewhere.json'), JSON.stringify({ v: 1, accounts: [account] }))
  await symlink(join(folder, 'elsewhere.json'), join(other, 'accounts.json'))
  expect(await bookIn(other).read()).toMatchObject(EMPTY)
})

test('a thousand of each kind are kept, and the newest stay', async () => {
  const folder = await temporaryFolder()
  const many = Array.from({ length: 1200 }, (_, at) => at)
  await bookIn(folder).change(() => ({
    accounts: many.map(at => ({ ...account, slot: clean(`a${at}`) })),
    bindings: many.map(at => ({ folder: `/home/${at}`, server: place.server })),
    defaults: many.map(at => ({ server: `https://${at}.example.com/` })),
  }))
  const { accounts, bindings, defaults } = await bookIn(folder).read()
  expect([accounts.length, bindings.length, defaults.length]).toEqual([1000, 1000, 1000])
  expect(accounts.at(-1)?.slot).toBe('a1199')
})

test('whatever is in the file, reading it never fails and gives judged names only', async () => {
  const folder = await temporaryFolder()
  const any = fc.anything({ withNullPrototype: false })
  await fc.assert(
    fc.asyncProperty(any, fc.string(), async (value, slot) => {
      const entries = [value, { ...account, slot }]
      await writeFile(
        join(folder, 'accounts.json'),
        JSON.stringify({ v: 1, accounts: entries, bindings: value }, (_, each) =>
          typeof each === 'bigint' ? `${each}` : each,
        ),
      )
      for (const each of (await bookIn(folder).read()).accounts)
        if (each.slot !== undefined) expect(judgeSlot(each.slot)).toBe(each.slot)
    }),
    { numRuns: 50 },
  )
})
