import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { bundledPackages, licencesText, packageIn } from '../../scripts/licences/packages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(`${ROOT}/${path}`, 'utf8')
const names = v.optional(v.record(v.string(), v.string()), {})
const Package = v.object({
  ...{ dependencies: names, devDependencies: names, optionalDependencies: names },
  files: v.array(v.string()),
  engines: v.object({ node: v.string() }),
})
const own = v.parse(Package, JSON.parse(read('package.json')))
const bundled = await bundledPackages(ROOT)

/** The rows of docs/dependencies.md under a heading: name and licence. */
function listed(heading: string): Map<string, string> {
  const part =
    read('docs/dependencies.md')
      .split(/^## /m)
      .find(each => each.startsWith(`${heading}\n`)) ?? ''
  const rows = part.matchAll(/^\| `([^`]+)` \| \S[^|]* \| ([^|]+) \| \S[^|]* \|$/gm)
  return new Map(Array.from(rows, ([, name = '', licence = '']) => [name, licence]))
}

test('docs/licences.md is current (npm run licences), and it is in the package', () => {
  expect(read('docs/licences.md')).toBe(licencesText(bundled))
  expect(own.files).toContain('docs/licences.md')
})

test('every licence is there in full, also those of code inside other packages', () => {
  expect(bundled.filter(({ text }) => text === undefined)).toEqual([])
  const text = read('docs/licences.md')
  for (const holder of ['Meta Open Source', 'Jimmy Wärting', 'Einar Otto Stangvik', 'Titus Wormer'])
    expect(text).toContain(holder)
})

test('all bundled code has a licence that allows it', () => {
  const allowed = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0']
  expect(bundled.filter(({ license }) => !allowed.includes(license))).toEqual([])
})

test('all bundled code runs on the oldest Node that the package allows', () => {
  const { node: allowed } = own.engines
  const oldest = numbers(allowed)
  const newer = bundled.filter(({ node = '>=0' }) => node.split('||').every(range => numbers(range) > oldest))
  expect(allowed).toMatch(/^>=\d+\.\d+$/)
  expect(newer.map(({ name, version, node }) => `${name} ${version} wants Node ${node}`)).toEqual([])
})

test('a text of a licence is kept here only for a package that brings none', () => {
  const kept = readdirSync(`${ROOT}/scripts/licences/texts`).map(file =>
    file.replace('+', '/').replace('.txt', ''),
  )
  for (const name of kept) {
    const files = readdirSync(`${ROOT}/node_modules/${name}`)
    expect(files.filter(file => /^licen[cs]e/i.test(file))).toEqual([])
    expect(bundled.map(each => each.name)).toContain(name)
  }
})

/** The first version in a range as one number, `22.12` as 22012. */
function numbers(range: string): number {
  const [, major = '0', minor = '0'] = /(\d+)(?:\.(\d+))?/.exec(range) ?? []
  return Number(major) * 1000 + Number(minor)
}

describe('docs/dependencies.md', () => {
  const direct = Object.keys(own.devDependencies)
  const inBundle = new Set(bundled.map(({ name }) => name))

  test('what is installed with the package: the runtime and the keychain', () => {
    expect(own.dependencies).toEqual({})
    expect([...listed('At run time, installed').keys()]).toEqual(Object.keys(own.optionalDependencies))
  })

  test('what is bundled, and nothing of it is for tests only', () => {
    expect([...listed('At run time, bundled').keys()].toSorted()).toEqual(
      direct.filter(name => inBundle.has(name)).toSorted(),
    )
  })

  test('what is for development only', () => {
    expect([...listed('For development only').keys()].toSorted()).toEqual(
      direct.filter(name => !inBundle.has(name)).toSorted(),
    )
  })

  test('the licences are those of the packages', () => {
    for (const heading of ['At run time, bundled', 'For development only']) {
      for (const [name, licence] of listed(heading)) {
        expect(`${name} ${licence}`).toBe(`${name} ${packageIn(`${ROOT}/node_modules/${name}`).license}`)
      }
    }
  })
})
