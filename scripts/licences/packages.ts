import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import * as v from 'valibot'
import { bundleOptions } from '../bundle-options.js'

const Manifest = v.object({
  name: v.string(),
  version: v.string(),
  license: v.optional(v.string(), 'not said'),
  author: v.optional(v.union([v.string(), v.object({ name: v.string() })])),
  maintainers: v.optional(v.array(v.union([v.string(), v.object({ name: v.string() })])), []),
  repository: v.optional(v.union([v.string(), v.object({ url: v.string() })])),
})

export interface BundledPackage {
  name: string
  version: string
  license: string
  /** Author and maintainers, as far as the package names them. */
  people: string
  source: string
  /** The licence in full; undefined where the package brings none. */
  text: string | undefined
}

/** The packages of which some code is in the files that the build makes, by name. Nothing is written. */
export async function bundledPackages(root: string): Promise<BundledPackage[]> {
  const { metafile } = await build({ ...bundleOptions(root), write: false, metafile: true })
  const files = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  )
  const folders = new Set(
    files.flatMap(file => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  )
  const found = [...folders].map(folder => packageIn(join(root, folder)))
  return [...new Map(found.map(each => [`${each.name} ${each.version}`, each])).values()].toSorted(
    (one, other) => one.name.localeCompare(other.name, 'en'),
  )
}

/** What a package says of itself. */
export function packageIn(folder: string): BundledPackage {
  const manifest = v.parse(Manifest, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  const { name, version, license, author, maintainers, repository } = manifest
  const people = [author, ...maintainers].flatMap(person =>
    person === undefined ? [] : (typeof person === 'string' ? person : person.name).replace(/\s*[<(].*$/, ''),
  )
  const source = typeof repository === 'string' ? repository : (repository?.url ?? '')
  const file = readdirSync(folder).find(each => /^licen[cs]e(\.(md|txt))?$/i.test(each))
  return {
    ...{ name, version, license },
    people: [...new Set(people)].join(', '),
    source: source.replace(/^git\+/, '').replace(/\.git$/, ''),
    text: file === undefined ? undefined : readFileSync(join(folder, file), 'utf8').trim(),
  }
}

/** All of them as one document; packages with the same licence text share it. */
export function licencesText(packages: readonly BundledPackage[]): string {
  const texts = Map.groupBy(
    packages,
    ({ text, license }) => text?.replaceAll('\r\n', '\n') ?? `${license} (no text in the package)`,
  )
  const parts = Array.from(texts, ([text, group]) => {
    const names = group.map(
      ({ name, version, license, people }) =>
        `- ${name} ${version}, ${license}${people === '' ? '' : `, ${people}`}`,
    )
    return `${names.join('\n')}\n\n${text.replace(/^/gm, '    ').replace(/[ \t]+$/gm, '')}\n`
  })
  return `# Licences of what is bundled\n\nWritten by \`npm run licences\`: the packages whose code is in \`dist/\`.\n\n${parts.join('\n')}`
}
