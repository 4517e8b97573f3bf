// What Ink does at its start, less what a first frame has no use for: half of the time to a prompt was spent on tables of
// emoji and on Node's own `fetch`, which read 70 kB of WebAssembly out of a string.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const DATA = /"data:application\/octet-stream;base64,([\w+/=]+)"/
const LOAD = 'await loadYoga()'
const WIDTH = '\0late-string-width'

/** The plugin of the bundler: `string-width` is loaded when it is needed, and Yoga gets its WebAssembly as bytes. */
export function inkStart(root) {
  return {
    name: 'ink-start',
    resolveId: {
      filter: { id: /^string-width$/ },
      handler: (id, importer) =>
        importer === WIDTH
          ? { id: join(root, 'node_modules', id, 'index.js') }
          : { id: WIDTH, moduleSideEffects: false },
    },
    load: {
      filter: { id: /^\0late-string-width$|[\\/]yoga-layout[\\/]dist[\\/]/ },
      handler(path) {
        if (path === WIDTH) return lateWidth(root)
        if (path.endsWith('yoga-wasm-base64-esm.js')) return yogaLoader(path)
        if (/[\\/]src[\\/]index\.js$/.test(path)) return yoga(path)
        return undefined
      },
    },
  }
}

function lateWidth(root) {
  const file = JSON.stringify(join(root, 'src/ui/ink/string-width.ts'))
  return `import { lateWidth } from ${file}\nexport default lateWidth(() => require('string-width').default)`
}

/** Without the bytes in it, which would be fetched. */
function yogaLoader(path) {
  const source = readFileSync(path, 'utf8')
  const [, bytes] = DATA.exec(source) ?? []
  if (bytes === undefined) throw new Error('Yoga keeps its WebAssembly in another way than it did')
  return `${source.replace(DATA, '""')}\nexport const wasmBinary = Buffer.from('${bytes}', 'base64')`
}

function yoga(path) {
  const source = readFileSync(path, 'utf8')
  if (!source.includes(LOAD)) throw new Error('Yoga is loaded in another way than it was')
  const bytes = `import { wasmBinary } from '../binaries/yoga-wasm-base64-esm.js'\n`
  return bytes + source.replace(LOAD, 'await loadYoga({ wasmBinary })')
}
