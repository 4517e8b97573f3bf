// Bundles everything that is pure JavaScript into dist/: the program (split, so that a part is loaded when it is first
// used), the library for other hosts with its types, and the keychain child. Native parts (keytar, the runtime) stay outside.
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import { bundleOptions } from './bundle-options.js'
import { writeTypes } from './library-types.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)

rmSync(join(root, 'dist'), { recursive: true, force: true })
mkdirSync(join(root, 'dist'))
const types = writeTypes(root, 'src/library.ts', 'dist/auth.d.ts')
await build(bundleOptions(root))

// `open` starts the xdg-open script that lies beside it, and it is loaded from a chunk.
const opener = join(dirname(require.resolve('open')), 'xdg-open')
if (existsSync(opener)) {
  copyFileSync(opener, join(root, 'dist', 'chunks', 'xdg-open'))
  chmodSync(join(root, 'dist', 'chunks', 'xdg-open'), 0o755)
}
await types
