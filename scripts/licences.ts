// Writes docs/licences.md: every package whose code is in dist/, with its licence in full, as their licences want it. The list
// comes from what the bundler has put into the files, so that nothing is missing and nothing is in it that only tests need.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundledPackages, licencesText } from './licences/packages.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const packages = await bundledPackages(root)
writeFileSync(new URL('../docs/licences.md', import.meta.url), licencesText(packages))
console.log(`docs/licences.md: ${packages.length} packages`)
