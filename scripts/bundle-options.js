import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inkStart } from './ink-start.js'

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
  load: {
    filter: { id: /[\\/]mime-db[\\/]db\.json$/ },
    handler(path) {
      const all = JSON.parse(readFileSync(path, 'utf8'))
      return JSON.stringify(Object.fromEntries(SERVED.map(type => [type, all[type]])))
    },
  },
}

/** Ink asks for React's developer tools only in development. */
const empty = {
  name: 'empty',
  resolveId: { filter: { id: /^react-devtools-core$/ }, handler: id => `\0${id}` },
  load: { filter: { id: /^\0react-devtools-core$/ }, handler: () => 'export default {}' },
}

const SCREEN = /[\\/]src[\\/]commands[\\/]screen-chat\.ts$/

/**
 * Each stage of a start is one file: finding, reading and linking sixty small ones takes longer than running what is in them. What
 * is needed by an earlier stage is in that one, and what the screen shares with commands that have none comes before it.
 */
const STAGES = [
  { name: 'start', test: /[\\/]src[\\/](trace|mask|commands[\\/](program|prepare))\.ts$/, priority: 5 },
  { name: nameOfChat, debugName: 'chat', priority: 4 },
  { name: 'screen', test: SCREEN, priority: 3 },
  { name: 'runtime', test: /[\\/]src[\\/]runtime[\\/]runtime\.ts$/, priority: 2 },
  { name: 'session', test: /[\\/]src[\\/]commands[\\/]sitting\.ts$/, priority: 1 },
]
/** What is loaded for the screen, or by it: all others do without. */
const OF_SCREEN = /[\\/](commands[\\/](screen-chat|replay)\.ts|ui[\\/].*|node_modules[\\/].*)$/

function nameOfChat(id, bundle) {
  if (/[\\/]src[\\/]commands[\\/]chat\.ts$/.test(id)) return 'chat'
  const loaded = loadedBy(id, bundle)
  const isShared = loaded.some(each => SCREEN.test(each)) && !loaded.every(each => OF_SCREEN.test(each))
  return isShared ? 'chat' : null
}

/** The modules that are loaded by name and bring this one with them. */
function loadedBy(id, bundle, seen = new Set()) {
  const info = bundle.getModuleInfo(id)
  if (info === null || seen.has(id)) return []
  seen.add(id)
  const above = info.importers.flatMap(importer => loadedBy(importer, bundle, seen))
  return info.isEntry || info.dynamicImporters.length > 0 ? [id, ...above] : above
}

/**
 * What the bundler is told to make of the checkout at `root`: the build, and the list of what is in it. What is started by itself, or
 * by other programs, is cut apart from the chat: the stages of that one would bring all of Ink into each of them.
 */
export function bundleOptions(root) {
  const others = {
    auth: 'src/library.ts',
    'keychain-child': 'src/auth/store/keychain-child.ts',
    'demo-browser': 'demo/browser.ts',
  }
  return [bundleOf(root, { main: 'src/main.ts' }, { stages: STAGES }), bundleOf(root, others)]
}

/** These entries, by the name of their file, as the product is bundled. */
export function bundleOf(root, input, { dir = join(root, 'dist'), stages } = {}) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return {
    cwd: root,
    input,
    platform: 'node',
    external: ['keytar'],
    plugins: [empty, fewTypes, inkStart(root)],
    transform: {
      target: 'node22.12',
      jsx: { runtime: 'automatic', development: false },
      define: {
        'process.env.NODE_ENV': '"production"',
        'process.env.DEV': '"false"',
        VERSION: JSON.stringify(version),
        'Intl.Segmenter': 'LateSegmenter',
      },
      inject: { LateSegmenter: [join(root, 'src/ui/ink/segmenter.ts'), 'LateSegmenter'] },
    },
    output: {
      dir,
      format: 'esm',
      minify: true,
      keepNames: true,
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name]-[hash].js',
      comments: { legal: false },
      codeSplitting: stages === undefined || { groups: stages, includeDependenciesRecursively: true },
    },
    // Of packages: `eval` in one that is never reached by it, and modules that are loaded early here and late there.
    checks: { eval: false, ineffectiveDynamicImport: false },
  }
}
