import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'rolldown'
import * as v from 'valibot'
import { bundleOptions } from '../bundle-options.js'

/** As the Open Source Initiative has it. */
const MIT = readFileSync(new URL('mit.txt', import.meta.url), 'utf8').trim()

const Manifest = v.object({
  name: v.string(),
  version: v.string(),
  license: v.optional(v.string(), 'not said'),
  author: v.optional(v.union([v.string(), v.object({ name: v.string() })])),
  maintainers: v.optional(v.array(v.union([v.string(), v.object({ name: v.string() })])), []),
  repository: v.optional(v.union([v.string(), v.object({ url: v.string() })])),
  engines: v.optional(v.object({ node: v.optional(v.string()) })),
})

/** Texts of packages that bring none, as they are in the repositories that these packages name. */
const TEXTS = new URL('texts/', import.meta.url)

export interface BundledPackage {
  name: string
  version: string
  license: string
  /** Author and maintainers, as far as the package names them. */
  people: string
  source: string
  /** The oldest Node that it wants, as `engines` has it; undefined where it does not say. */
  node: string | undefined
  /** The licence in full; undefined where neither package nor repository brings one, and it is none that is the same for all. */
  text: string | undefined
  /** What the bundled files themselves say of their origin, which may be another package. */
  notices: string[]
}

/** The packages of which some code is in the files that the build makes, by name. Nothing is written. */
export async function bundledPackages(root: string): Promise<BundledPackage[]> {
  const built = await build(bundleOptions(root).map(options => ({ ...options, write: false })))
  const files = built
    .flatMap(({ output }) => output)
    .flatMap(file =>
      file.type === 'chunk'
        ? Object.entries(file.modules).flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : []))
        : [],
    )
  const folders = Map.groupBy(
    new Set(files),
    file => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0],
  )
  const found = Array.from(folders, ([folder, files]) =>
    folder === undefined ? [] : [{ ...packageIn(folder), notices: [...new Set(files.flatMap(noticesIn))] }],
  ).flat()
  return [...new Map(found.map(each => [`${each.name} ${each.version}`, each])).values()].toSorted(
    (one, other) => one.name.localeCompare(other.name, 'en'),
  )
}

/** The comments of a file that are meant to be kept, which the bundler leaves out. */
function noticesIn(file: string): string[] {
  const comments = readFileSync(file, 'utf8').match(/\/\*(?:!|\*\s*\*\s@licen[cs]e\b)[\s\S]*?\*\//g) ?? []
  return comments.map(each => each.replace(/^\/\*[*!]*|[\s*]*\*\/$|^[ \t]*\*[ \t]?/gm, '').trim())
}

/** What a package says of itself. */
export function packageIn(folder: string): BundledPackage {
  const manifest = v.parse(Manifest, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  const { name, version, license, author, maintainers, repository, engines } = manifest
  const people = [author, ...maintainers].flatMap(person =>
    person === undefined ? [] : (typeof person === 'string' ? person : person.name).replace(/\s*[<(].*$/, ''),
  )
  const holder = people.length > 0 ? people.join(', ') : `the authors of ${name}`
  const source = typeof repository === 'string' ? repository : (repository?.url ?? '')
  const own = readdirSync(folder).find(each => /^licen[cs]e(\.(md|txt))?$/i.test(each))
  const kept = new URL(`${name.replace('/', '+')}.txt`, TEXTS)
  const file = own !== undefined ? join(folder, own) : existsSync(kept) ? kept : undefined
  return {
    ...{ name, version, license },
    people: [...new Set(people)].join(', '),
    source: source.replace(/^git\+/, '').replace(/\.git$/, ''),
    node: engines?.node,
    text: file === undefined ? standard(license, holder) : readFileSync(file, 'utf8').trim(),
    notices: [],
  }
}

/** The words of a licence that its package only names. */
function standard(license: string, holder: string): string | undefined {
  return license === 'MIT' ? `MIT License\n\nCopyright (c) ${holder}\n\n${MIT}` : undefined
}

/** All of them as one document; packages with the same licence text share it. */
export function licencesText(packages: readonly BundledPackage[]): string {
  const texts = Map.groupBy(
    packages,
    ({ text, license }) =>
      text?.replaceAll('\r\n', '\n') ?? `${license} (neither the package nor its repository has a text)`,
  )
  const parts = Array.from(texts, ([text, group]) => {
    const names = group.map(
      ({ name, version, license, people }) =>
        `- ${name} ${version}, ${license}${people === '' ? '' : `, ${people}`}`,
    )
    return `${names.join('\n')}\n\n${indented(text)}\n`
  })
  const notices = packages
    .filter(({ notices }) => notices.length > 0)
    .map(({ name, version, notices }) => `- ${name} ${version}\n\n${indented(notices.join('\n\n'))}\n`)
  return [
    '# Licences of what is bundled\n',
    'Written by `npm run licences`: the packages whose code is in `dist/`.\n',
    ...parts,
    '## Notices in their files\n',
    ...notices,
  ].join('\n')
}

function indented(text: string): string {
  return text.replace(/^/gm, '    ').replace(/[ \t]+$/gm, '')
}
