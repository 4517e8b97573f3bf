import { existsSync, globSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anchors, commandLines, links, PAGES, quoted, ROOT, read, rows } from './support/pages.ts'

const SOURCES = globSync('src/**/*.{ts,tsx}', { cwd: ROOT })

describe.each(PAGES)('%s', page => {
  const text = read(page)

  test('its links lead to files that are there, and to headings in them', () => {
    const broken = links(text)
      .filter(target => !/^[a-z]+:/.test(target))
      .filter(target => {
        const [path = '', anchor] = target.split('#')
        const file = path === '' ? page : normalize(join(dirname(page), path))
        if (!existsSync(join(ROOT, file))) return true
        return anchor !== undefined && !anchors(read(file)).includes(anchor)
      })
    expect(broken).toEqual([])
  })

  test('the files of this repository that it names are there', () => {
    const named = [...quoted(text), ...commandLines(text).flatMap(line => line.split(' '))]
    const paths = named.filter(name =>
      /^(src|test|docs|demo|scripts|bin|examples|\.ci)\/[\w./-]+$/.test(name),
    )
    expect(paths.filter(path => !existsSync(join(ROOT, path)))).toEqual([])
  })

  test('it names nothing of one machine', () => {
    expect(text).not.toMatch(/(?<![\w.~-])\/(?:root|work\/\w|Users\/\w|home\/\w)/)
    expect(text).not.toMatch(/\bregistry\.|\/\/npm\.|artifactory|\.internal\b/)
  })
})

test('the reading order leads to every page', () => {
  const listed = links(read('docs/README.md')).map(target => normalize(join('docs', target)))
  const pages = PAGES.filter(page => page !== 'docs/README.md' && !page.startsWith('CHANGELOG'))
  expect(pages.filter(page => !listed.includes(page))).toEqual([])
  expect(links(read('README.md'))).toContain('docs/README.md')
})

describe('docs/architecture.md', () => {
  const text = read('docs/architecture.md')
  const tree = text.split('```')[1] ?? ''
  const FILE = /(?<![\w./-])[\w./-]*[\w-]\.(?:tsx?|js|md)\b(?!\*)/g
  const all = globSync('{*.md,{bin,src,demo,docs,scripts,test}/**/*}', { cwd: ROOT })

  test('every file that it names is there', () => {
    // A file of the build, and a program.
    const others = ['dist/auth.d.ts', 'xterm.js']
    const named = [...new Set(text.match(FILE))].filter(name => !others.includes(name))
    expect(named.length).toBeGreaterThan(150)
    expect(named.filter(name => !all.some(path => path === name || path.endsWith(`/${name}`)))).toEqual([])
  })

  test('every file of a room is named in the house, or its folder in there is', () => {
    const sections = new Map<string, string>()
    let at = 'src'
    for (const line of tree.split('\n')) {
      const [, folder] = /^(\w+(?:\/\w+)*)\//.exec(line) ?? []
      if (/^\S/.test(line)) at = folder === 'src' && !/^src\/\w+\//.test(line) ? 'src' : (folder ?? at)
      sections.set(at, `${sections.get(at) ?? ''}${line}\n`)
    }
    const missing = SOURCES.filter(path => {
      const [, room = '', below] = /^(src(?:\/[^/.]+)?)\/(?:([^/]+)\/)?/.exec(path) ?? []
      const section = sections.get(room) ?? ''
      return below === undefined
        ? !(section.match(FILE) ?? []).some(name => basename(name) === basename(path))
        : !new RegExp(`(^|\\s)${below}/\\s`).test(section)
    })
    expect(missing).toEqual([])
  })
})

describe('docs/troubleshooting.md', () => {
  const sources = SOURCES.map(read).join('\n')
  const page = read('docs/troubleshooting.md')
  const messages = rows(page).flatMap(([line = '']) => quoted(line))
  /** What a message says for sure: `<...>` stands for what differs. */
  const parts = messages.flatMap(line => line.split(/<[^>]+>/)).map(part => part.trim())

  test('every line that it explains is one that the program can say', () => {
    expect(messages.length).toBeGreaterThan(40)
    expect(parts.filter(part => part !== '' && !sources.includes(part))).toEqual([])
  })

  test('every line has a meaning and a next step', () => {
    for (const [line, meaning = '', step = ''] of rows(page))
      expect([line, meaning.length > 10, step.length > 5]).toEqual([line, true, true])
  })

  test('every kind of error with words of its own is in it', () => {
    const kinds = [...read('src/errors.ts').matchAll(/text: detail =>\s+`([^`]+)`/g)]
    expect(kinds.length).toBeGreaterThan(20)
    const words = kinds.map(([, text = '']) =>
      text.split(/\$\{detail\}/).reduce((one, other) => (one.length > other.length ? one : other)),
    )
    const said = messages.join('\n')
    expect(
      words.map(text => text.replace(/[(:;)].*/, '').trim()).filter(text => !said.includes(text)),
    ).toEqual([])
  })
})

test('the first page stays short enough to be read', () => {
  expect(read('README.md').split('\n').length).toBeLessThan(160)
})
