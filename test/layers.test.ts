import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Longest source file, in lines: past it a file is split. */
const LONGEST = 250

/**
 * Who may import whom, by the beginning of the path below src; the longest one that fits a file counts. `type` targets
 * may only be imported as types.
 */
const LAYERS: Readonly<Record<string, { value: readonly string[]; type?: readonly string[] }>> = {
  'text.ts': { value: [] },
  'errors.ts': { value: [] },
  'spawn.ts': { value: ['errors.ts', 'text.ts'] },
  'mask.ts': { value: [] },
  'trace.ts': { value: [] },
  'proxy.ts': { value: ['errors.ts', 'text.ts'], type: ['auth/http.ts'] },
  'clock.ts': { value: [], type: ['auth/types.ts'] },
  'log.ts': { value: ['mask.ts', 'errors.ts', 'text.ts'] },
  'runtime/': { value: ['runtime/', 'mask.ts', 'trace.ts', 'errors.ts', 'text.ts'] },
  'auth/': { value: ['auth/', 'errors.ts', 'text.ts'] },
  'auth/flows/': {
    value: [
      'auth/flows/',
      ...authParts('authorization', 'client', 'device-grant', 'http', 'secret', 'token', 'url'),
    ],
    type: authParts('types', 'discovery'),
  },
  'auth/store/': { value: ['auth/store/', ...authParts('secret', 'url')], type: authParts('types') },
  'desk/': {
    value: ['desk/', 'auth/store/', ...authParts('bearer', 'secret', 'url')],
    type: ['auth/types.ts'],
  },
  'ui/': { value: ['ui/', 'mask.ts', 'errors.ts', 'text.ts'], type: ['auth/types.ts', 'runtime/types.ts'] },
  'config/': { value: ['config/', 'errors.ts', 'text.ts'], type: ['runtime/types.ts'] },
  'commands/': {
    value: [
      'commands/',
      'config/',
      'desk/',
      'host.ts',
      'runtime/',
      'auth/',
      'ui/',
      'spawn.ts',
      'log.ts',
      'mask.ts',
      'trace.ts',
      'errors.ts',
      'text.ts',
    ],
  },
  'commands/demo.ts': { value: ['../demo/', 'commands/', 'host.ts', 'errors.ts', 'text.ts'] },
  'host.ts': {
    value: [
      'runtime/',
      'auth/',
      'ui/',
      'config/',
      'spawn.ts',
      'proxy.ts',
      'clock.ts',
      'log.ts',
      'errors.ts',
      'text.ts',
    ],
  },
  'library/': {
    value: [
      'library/',
      'auth/',
      'ui/plain.ts',
      'ui/plain/reader.ts',
      'config/environment.ts',
      'config/folders.ts',
      'spawn.ts',
      'proxy.ts',
      'clock.ts',
      'errors.ts',
      'text.ts',
    ],
  },
  'library.ts': { value: ['library/', 'auth/', 'text.ts'], type: ['errors.ts'] },
  'main.ts': { value: ['commands/program.ts', 'host.ts', 'trace.ts', 'mask.ts', 'errors.ts', 'text.ts'] },
}

/** What only some files may name, found in code without comments. */
const RESERVED: readonly { what: string; pattern: RegExp; only: readonly string[] }[] = [
  {
    what: 'process',
    pattern: /(?<![\w.$/'"-])process\./,
    only: ['main.ts', 'host.ts', 'library/machine.ts', 'auth/store/keychain-child.ts'],
  },
  { what: 'fetch()', pattern: /(?<![\w.$])fetch\(/, only: ['auth/http.ts', 'proxy.ts'] },
  { what: 'globalThis', pattern: /\bglobalThis\b/, only: ['host.ts', 'library/machine.ts', 'auth/http.ts'] },
  {
    what: 'child processes',
    pattern: /['"](?:node:)?child_process['"]/,
    only: ['runtime/process.ts', 'spawn.ts', 'auth/store/keychain-process.ts'],
  },
  { what: 'keytar', pattern: /['"`]keytar[/'"`]/, only: ['auth/store/keychain-child.ts'] },
  { what: 'Ink and React', pattern: /['"](?:ink|react)(?:\/[^'"]*)?['"]/, only: ['ui/'] },
  { what: 'a shell', pattern: /\bshell:\s*true\b|\bexec(?:Sync)?\(\s*[`'"]/, only: [] },
]

interface Source {
  path: string
  text: string
  code: string
}

const SOURCES: readonly Source[] = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(path => /\.tsx?$/.test(path))
  .map(path => {
    const text = readFileSync(join(ROOT, 'src', path), 'utf8')
    return { path: path.split(sep).join('/'), text, code: withoutComments(text) }
  })

test('there is something to look at', () => {
  expect(SOURCES.length).toBeGreaterThan(20)
  expect(SOURCES.flatMap(imports).length).toBeGreaterThan(50)
})

test('nobody imports in a forbidden direction', () => {
  const wrong = SOURCES.flatMap(source =>
    imports(source)
      .filter(({ target, isType }) => !mayImport(source.path, target, isType))
      .map(({ target, isType }) => `${source.path} -> ${target}${isType ? ' (type)' : ''}`),
  )
  expect(wrong).toEqual([])
})

test.each(RESERVED)('$what stays where it belongs', ({ pattern, only }) => {
  const wrong = SOURCES.filter(({ code }) => pattern.test(code))
    .map(({ path }) => path)
    .filter(path => !only.some(allowed => path.startsWith(allowed)))
  expect(wrong).toEqual([])
})

test(`no file is longer than ${LONGEST} lines`, () => {
  const long = SOURCES.map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
  expect(long.filter(({ lines }) => lines > LONGEST)).toEqual([])
})

test('these rules find what they are for', () => {
  const found = (code: string, path = 'auth/x.ts') => imports({ path, text: code, code })
  expect(found("import { a } from '../ui/state.ts'")).toEqual([{ target: 'ui/state.ts', isType: false }])
  expect(found("import type { a } from './b.ts'")).toEqual([{ target: 'auth/b.ts', isType: true }])
  expect(
    found("import {\n  a,\n  type b,\n} from './b.ts'\nexport * from '../c.ts'").map(each => each.target),
  ).toEqual(['auth/b.ts', 'c.ts'])
  expect(found("const { a } = await import('../main.ts')")).toEqual([{ target: 'main.ts', isType: false }])
  expect(found("import '../main.ts'")).toEqual([{ target: 'main.ts', isType: false }])
  expect(found("import { a } from 'ink'")).toEqual([])
  expect(mayImport('auth/x.ts', 'runtime/types.ts', true)).toBe(false)
  expect(mayImport('auth/flows/x.ts', 'auth/authenticator.ts', false)).toBe(false)
  expect(mayImport('runtime/x.ts', 'auth/secret.ts', false)).toBe(false)
  expect(mayImport('ui/x.tsx', 'auth/types.ts', true)).toBe(true)
  expect(mayImport('ui/x.tsx', 'auth/types.ts', false)).toBe(false)
  expect(mayImport('host.ts', 'commands/chat.ts', false)).toBe(false)
  expect(mayImport('commands/x.ts', '../demo/demo.ts', false)).toBe(false)
  expect(mayImport('new.ts', 'errors.ts', false)).toBe(false)
  const named = (code: string) => RESERVED.filter(({ pattern }) => pattern.test(withoutComments(code))).length
  expect(named('process.exit(1)')).toBe(1)
  expect(named("import x from './process.ts' // process.env\n/* fetch( */ a.process.b()")).toBe(0)
  expect(named('await fetch(url)')).toBe(1)
  expect(named('await http.fetch(url)')).toBe(0)
})

function authParts(...names: readonly string[]): string[] {
  return [...names.map(name => `auth/${name}.ts`), 'errors.ts', 'text.ts']
}

function imports({ path, code }: Source): { target: string; isType: boolean }[] {
  const pattern = /\b(?:(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?|import\(\s*)['"](\.[^'"]+)['"]/g
  return [...code.matchAll(pattern)].map(([, type, from = '']) => ({
    target: relative('src', join('src', dirname(path), from))
      .split(sep)
      .join('/'),
    isType: type !== undefined,
  }))
}

function mayImport(path: string, target: string, isType: boolean): boolean {
  const [layer] = Object.keys(LAYERS)
    .filter(each => path.startsWith(each))
    .sort((a, b) => b.length - a.length)
  const { value = [], type = [] } = (layer !== undefined && LAYERS[layer]) || {}
  return [...value, ...(isType ? type : [])].some(allowed => target.startsWith(allowed))
}

/** Good enough for code that biome has formatted: block comments, and what follows ` //` at the end of a line. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/ .*$/gm, '')
}
