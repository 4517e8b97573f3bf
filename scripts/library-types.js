// Writes the types of the library into one file: tsc emits a declaration file for each source file, and of these only what
// the entry exports, and what that needs, is taken. So no path of ours is in it, and nothing can be imported by one.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const FLAGS = [
  ...[
    '--ignoreConfig',
    '--declaration',
    '--emitDeclarationOnly',
    '--noCheck',
    '--allowImportingTsExtensions',
  ],
  ...['--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--rootDir', 'src'],
]

/** tsc begins each statement at the beginning of a line; a comment before it belongs to it. */
const STATEMENT = /^(?=(?:import|export|declare)\b)/m
const COMMENT = /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n$/m

/** `entry`: a source file below src; `file`: the declaration file to write. Both from `root`. */
export async function writeTypes(root, entry, file) {
  const emitted = mkdtempSync(join(tmpdir(), 'copilot-host-types-'))
  try {
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
    await promisify(execFile)(process.execPath, [tsc, entry, ...FLAGS, '--outDir', emitted], { cwd: root })
    writeFileSync(join(root, file), bundle(join(emitted, entry.replace('src/', ''))))
  } finally {
    rmSync(emitted, { recursive: true, force: true })
  }
}

function bundle(entry) {
  const modules = new Map()
  const moduleOf = path => {
    if (!modules.has(path)) modules.set(path, read(path))
    return modules.get(path)
  }
  const taken = new Map()
  const outside = new Set()
  const take = (path, name) => {
    const module = moduleOf(path)
    const from = module.imports.get(name)
    if (from?.path !== undefined) return take(from.path, from.name)
    if (from !== undefined) return void outside.add(from.text)
    const declaration = module.declarations.get(name)
    if (declaration === undefined || taken.get(name) === declaration) return
    if (taken.has(name)) throw new Error(`two declarations named ${name} in the types of the library`)
    taken.set(name, declaration)
    for (const [word] of declaration.replace(/\/\*\*[\s\S]*?\*\//g, '').matchAll(/[A-Za-z_]\w*/g)) {
      if (word !== name && (module.declarations.has(word) || module.imports.has(word))) take(path, word)
    }
  }
  const { exported } = moduleOf(entry)
  for (const name of exported.keys()) take(entry, name)
  const lost = [...exported.keys()].filter(name => !taken.has(name))
  if (lost.length > 0) throw new Error(`no types for ${lost.join(', ')}`)
  const names = kind => [...exported.keys()].filter(name => exported.get(name) === kind).join(', ')
  const lists = [`export { ${names('value')} };`, `export type { ${names('type')} };`]
  return [...outside, ...taken.values(), ...lists, ''].join('\n')
}

/** The statements of one emitted file by their names. */
function read(path) {
  const imports = new Map()
  const declarations = new Map()
  const exported = new Map()
  let comment = ''
  for (const part of readFileSync(path.replace(/\.ts$/, '.d.ts'), 'utf8').split(STATEMENT)) {
    const next = COMMENT.exec(part)?.[0] ?? ''
    const text = part.slice(0, part.length - next.length).trimEnd()
    const list = /^(import|export) (type )?\{([^}]*)\} from '([^']+)';$/.exec(text)
    const name = /^(?:export )?(?:declare )?(?:type|interface|class|function|const) (\w+)/.exec(text)?.[1]
    if (list !== null) {
      const [, verb, types, names, from] = list
      for (const listed of names.split(',').map(one => one.trim())) {
        if (listed === '') continue
        const each = listed.replace(/^type /, '')
        if (/ as /.test(each)) throw new Error(`${path}: a name that an import changes is not understood`)
        imports.set(
          each,
          from.startsWith('.') ? { path: resolve(dirname(path), from), name: each } : { text },
        )
        if (verb === 'export') exported.set(each, types || each !== listed ? 'type' : 'value')
      }
    } else if (name !== undefined) {
      declarations.set(name, comment + text.replace(/^export (?:declare )?/, 'declare '))
      if (text.startsWith('export '))
        exported.set(name, /^export (?:type|interface)/.test(text) ? 'type' : 'value')
    }
    comment = next
  }
  return { imports, declarations, exported }
}
