import { execFileSync } from 'node:child_process'
import { lstat, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepTheme, readTheme } from '../../src/commands/theme.ts'
import { dress, palette } from '../../src/ui/palette.ts'
import { THEMES } from '../../src/ui/theme.ts'
import { temporaryFolder } from '../support/folder.ts'

test('what was kept counts, the environment before it, and nothing that is none', async () => {
  const folder = join(await temporaryFolder(), 'state')
  expect(await readTheme(folder, {})).toBe('auto')
  await keepTheme(folder, 'light')
  expect(await readTheme(folder, {})).toBe('light')
  expect(await readTheme(folder, { COPILOT_HOST_THEME: 'none' })).toBe('none')
  expect(await readTheme(folder, { COPILOT_HOST_THEME: 'pink' })).toBe('light')
  await writeFile(join(folder, 'theme'), 'toString\n')
  expect(await readTheme(folder, {})).toBe('auto')
})

test('where it cannot be kept, it holds for this chat', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'theme'))
  await expect(keepTheme(folder, 'dark')).rejects.toThrow('theme: dark, for this chat only')
  expect(await readTheme(folder, {})).toBe('auto')
})

test('a link that leads to no plain file: neither waited for nor replaced', async () => {
  const folder = await temporaryFolder()
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await symlink(pipe, join(folder, 'theme'))
  expect(await readTheme(folder, {})).toBe('auto')
  await expect(keepTheme(folder, 'dark')).rejects.toThrow('theme: dark, for this chat only')
  expect((await lstat(pipe)).isFIFO()).toBe(true)
})

test('on a light background nothing is yellow or cyan; none and NO_COLOR have no colour at all', () => {
  const codes = (env: object, theme: (typeof THEMES)[number]) =>
    Object.keys(palette({}, 'auto')).flatMap(name => {
      const style = name as keyof ReturnType<typeof palette>
      return /\u001b\[(\d+)m/.exec(dress('x', [style], palette({ ...env }, theme)))?.[1] ?? []
    })
  expect(codes({}, 'light')).not.toContain('33')
  expect(codes({}, 'light')).not.toContain('36')
  expect(codes({}, 'light')).toHaveLength(codes({}, 'dark').length)
  expect(codes({}, 'none')).toEqual([])
  for (const theme of THEMES) expect(codes({ NO_COLOR: '1' }, theme)).toEqual([])
})
