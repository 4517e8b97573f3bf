import { fileURLToPath } from 'node:url'
import { build, type RolldownOutput } from 'rolldown'
import { describe, expect, test } from 'vitest'
import { bundleOptions } from '../../scripts/bundle-options.js'
import { loadedWith } from '../support/bundle.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const START = ['src/main.ts', 'src/commands/program.ts', 'src/commands/prepare.ts']
const PROMPT = [...START, 'src/commands/chat.ts', 'src/commands/screen-chat.ts']
const built = await build(bundleOptions(ROOT).map(options => ({ ...options, write: false })))
const program = bundleWith('main')
const others = bundleWith('keychain-child')

/** The one of the two bundles that has this file. */
function bundleWith(name: string): RolldownOutput {
  const found = built.find(({ output }) => output.some(({ fileName }) => fileName === `${name}.js`))
  if (found === undefined) throw new Error(`the build makes no ${name}.js`)
  return found
}

/** What is loaded with these modules of the program. */
function load(...modules: string[]) {
  return named(loadedWith(program, ...modules).modules)
}

/** Packages, modules of ours below `src`, and those of Node. */
function named(modules: readonly string[]) {
  const ours = modules.flatMap(id => (id.startsWith(`${ROOT}src/`) ? [id.slice(`${ROOT}src/`.length)] : []))
  const packages = modules.flatMap(id => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? [])
  const room = (name: string) => ours.filter(path => path.startsWith(`${name}/`)).toSorted()
  return {
    ...{ ours, room },
    packages: [...new Set(packages)].toSorted(),
    node: modules.filter(id => id.startsWith('node:')),
  }
}

/** The names of their files, without the hash. */
function files(bundle: RolldownOutput, ...modules: string[]): string[] {
  return loadedWith(bundle, ...modules).files.map(name => name.replace(/^chunks\/|-[\w-]{8}\.js$|\.js$/g, ''))
}

describe('the stages of a start', () => {
  test('what every command loads: options and settings, no part of the four rooms', () => {
    expect(files(program, 'src/main.ts')).toEqual(['main', 'rolldown-runtime', 'start'])
    const { packages, room, node } = load(...START)
    expect(packages).toEqual([
      ...['ansi-regex', 'commander', 'get-east-asian-width', 'string-width', 'strip-ansi', 'valibot'],
    ])
    expect(room('auth')).toEqual([
      ...['auth/store/json-file.ts', 'auth/store/json.ts', 'auth/store/lock.ts', 'auth/store/replace.ts'],
    ])
    expect([...room('runtime'), ...room('desk'), ...room('library')]).toEqual([])
    for (const slow of ['node:http', 'node:https', 'node:tls', 'node:net', 'node:readline'])
      expect(node).not.toContain(slow)
  })

  test('up to the prompt these files, and no more: each costs time to find, read and link', () => {
    expect(files(program, ...PROMPT)).toEqual([
      ...['main', 'rolldown-runtime', 'start', 'program', 'prepare', 'chat', 'chat', 'screen-chat', 'screen'],
    ])
  })

  test('up to the prompt: Ink, and nothing of what comes after it', () => {
    const { packages, room, node, ours } = load(...PROMPT)
    expect(packages).toContain('ink')
    const later = [
      'marked',
      'lowlight',
      'highlight.js',
      'entities',
      'uqr',
      'open',
      'undici',
      'proper-lockfile',
    ]
    const talking = ['oauth4webapi', 'vscode-jsonrpc', 'jose', 'react-devtools-core']
    expect(packages.filter(name => [...later, ...talking].includes(name))).toEqual([])
    expect(room('auth')).toEqual([
      ...[
        'auth/store/json-file.ts',
        'auth/store/json.ts',
        'auth/store/keychain-process.ts',
        'auth/store/keychain-protocol.ts',
        'auth/store/line-file.ts',
        'auth/store/lock.ts',
      ],
      ...['auth/store/replace.ts', 'auth/store/service.ts', 'auth/url.ts'],
    ])
    expect(room('runtime')).toEqual([
      ...['runtime/family.ts', 'runtime/find.ts', 'runtime/process.ts', 'runtime/stderr.ts'],
    ])
    expect(room('commands/slash')).toEqual([
      ...['commands/slash/command.ts', 'commands/slash/nearest.ts', 'commands/slash/queue.ts'],
    ])
    expect([...room('desk'), ...room('library'), ...room('ui/plain')]).toEqual(['ui/plain/reader.ts'])
    const parts = ['sitting', 'chat-session', 'conversation', 'engine', 'stores', 'one-shot', 'plain-chat']
    expect(ours.filter(path => parts.some(name => path === `commands/${name}.ts`))).toEqual([])
    for (const slow of ['node:http', 'node:https', 'node:tls', 'node:readline'])
      expect(node).not.toContain(slow)
  })

  test.each([
    'sitting',
    'one-shot',
    'plain-chat',
    'complete',
    'sessions',
    'auth-login',
    'auth-status',
    'doctor/doctor',
  ])('%s has no screen', name => {
    const { packages, ours } = load(`src/commands/${name}.ts`)
    expect(packages.filter(each => /^(ink|react.*|yoga-layout)$/.test(each))).toEqual([])
    expect(ours.filter(path => path.endsWith('.tsx'))).toEqual([])
  })
})

describe('what is started apart from a chat', () => {
  test('the keychain child: what judges its messages', () => {
    const { packages, ours, node } = named(loadedWith(others, 'src/auth/store/keychain-child.ts').modules)
    expect(packages).toEqual(['valibot'])
    expect(ours.toSorted()).toEqual(['auth/store/keychain-child.ts', 'auth/store/keychain-protocol.ts'])
    expect(node.toSorted()).toEqual(['node:module'])
  })

  test('the library: nothing of the program', () => {
    const { packages, ours } = named(loadedWith(others, 'src/library.ts').modules)
    expect(packages).toEqual(['oauth4webapi', 'valibot'])
    expect(ours.filter(path => /^(commands|desk|runtime)\/|^(main|host)\.ts/.test(path))).toEqual([])
  })

  test('the browser of the practice world: itself', () => {
    expect(files(others, 'demo/browser.ts')).toEqual(['demo-browser', 'rolldown-runtime'])
  })
})
