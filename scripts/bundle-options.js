import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The practice servers serve forms, JSON and text, and the table of all types there are is as large as they are. */
const SERVED = [
  'text/html',
  'text/plain',
  'text/css',
  'application/json',
  'application/x-www-form-urlencoded',
]
const fewTypes = {
  name: 'few-types',
  setup(build) {
    build.onLoad({ filter: /[\\/]mime-db[\\/]db\.json$/ }, ({ path }) => {
      const all = JSON.parse(readFileSync(path, 'utf8'))
      return {
        contents: JSON.stringify(Object.fromEntries(SERVED.map(type => [type, all[type]]))),
        loader: 'json',
      }
    })
  },
}

/** Modules that the bundle must not carry: Ink asks for React's developer tools only in development. */
const empty = {
  name: 'empty',
  setup(build) {
    build.onResolve({ filter: /^react-devtools-core$/ }, args => ({ path: args.path, namespace: 'empty' }))
    build.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {}' }))
  },
}

/** What esbuild is told to make of the checkout at `root`: the build, and the list of what is in it. */
export function bundleOptions(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return {
    absWorkingDir: root,
    entryPoints: {
      main: 'src/main.ts',
      auth: 'src/library.ts',
      'keychain-child': 'src/auth/store/keychain-child.ts',
      'demo-browser': 'demo/browser.ts',
    },
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.12',
    external: ['keytar'],
    jsx: 'automatic',
    define: {
      'process.env.NODE_ENV': '"production"',
      'process.env.DEV': '"false"',
      VERSION: JSON.stringify(version),
    },
    // Bundled CommonJS packages still call require() for Node's own modules, and some ask where they are.
    banner: {
      js: [
        "import{createRequire as __createRequire}from'node:module';",
        "import{fileURLToPath as __fileURLToPath}from'node:url';",
        "import{dirname as __directoryOf}from'node:path';",
        'const require=__createRequire(import.meta.url);',
        'const __filename=__fileURLToPath(import.meta.url);',
        'const __dirname=__directoryOf(__filename);',
      ].join(''),
    },
    plugins: [empty, fewTypes],
    legalComments: 'linked',
    logLevel: 'warning',
  }
}
