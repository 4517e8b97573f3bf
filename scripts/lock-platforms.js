// Adds the platform packages to package-lock.json that the registry at hand does not have.
//
// npm leaves an optional dependency that it cannot find out of the lock file, and `npm ci` then refuses the lock file,
// which no longer fits package.json. Run it after every `npm install` (npm run lock); a second run changes nothing.
import { readFileSync, writeFileSync } from 'node:fs'

const PLATFORM =
  /(?<os>android|darwin|freebsd|linux(?<musl>musl)?|win32)-(?<cpu>arm64|arm|ia32|x64)(?<suffix>-musl)?$/

const path = process.argv[2] ?? 'package-lock.json'
const lock = JSON.parse(readFileSync(path, 'utf8'))
const { packages } = lock
const added = new Set()

for (const [parent, { optionalDependencies = {} }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isLocked(parent, name, version)) continue
    packages[`node_modules/${name}`] = platformEntry(name, version, Object.keys(optionalDependencies))
    added.add(name)
  }
}

if (added.size > 0) {
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
}
console.log(added.size > 0 ? `${path}: added ${[...added].sort().join(', ')}` : `${path}: nothing is missing`)

/** As Node would find it: beside the parent, or in a folder further out. An entry of ours has no integrity. */
function isLocked(parent, name, version) {
  for (let folder = parent; ; folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const entry = packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`]
    if (entry) return entry.integrity !== undefined || entry.version === version
    if (folder === '') return false
  }
}

/** What npm writes for such a package, less the address and the hash, which only its registry can tell. */
function platformEntry(name, version, family) {
  const platform = PLATFORM.exec(name)?.groups
  if (!platform || !/^\d+\.\d+\.\d+/.test(version)) {
    throw new Error(
      `${name}@${version} is missing from ${path} and is no platform package of one exact version`,
    )
  }
  const siblings = family.map(each => packages[`node_modules/${each}`]).filter(entry => entry?.integrity)
  const [sibling = {}] = siblings
  const isLinux = platform.os.startsWith('linux')
  const isMusl = platform.musl !== undefined || platform.suffix !== undefined
  const namesLibc = siblings.some(entry => entry.libc)
  return {
    version,
    cpu: [platform.cpu],
    ...(sibling.dev && { dev: true }),
    ...(isLinux && namesLibc && { libc: [isMusl ? 'musl' : 'glibc'] }),
    ...(sibling.license && { license: sibling.license }),
    optional: true,
    os: [isLinux ? 'linux' : platform.os],
    ...(sibling.engines && { engines: sibling.engines }),
  }
}
