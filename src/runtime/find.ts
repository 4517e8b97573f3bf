import { accessSync, chmodSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { HostError } from '../errors.ts'
import { clean } from '../text.ts'

export interface Program {
  command: string
  args: string[]
  /** What is named in errors: the file of the runtime. */
  file: string
}

/**
 * Where the runtime is: the path given (one that ends in `.js`, `.mjs` or `.cjs` is run by `execPath`), otherwise the
 * program of the platform package that npm installed beside us. Throws HostError `runtime-missing`.
 */
export function findRuntime(path: string | undefined, execPath: string): Program {
  if (path !== undefined) {
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
      throw new HostError('runtime-missing', `there is no file ${clean(path, 200)}`)
    }
    return /\.[cm]?js$/.test(path)
      ? { command: execPath, args: [path], file: path }
      : { command: path, args: [], file: path }
  }
  const file = packagedRuntime()
  makeExecutable(file)
  return { command: file, args: [], file }
}

function packagedRuntime(): string {
  const require = createRequire(import.meta.url)
  const names = platformNames()
  for (const name of names) {
    try {
      const root = dirname(require.resolve(`@github/copilot-sdk-${name}/package.json`))
      const file = join(
        root,
        'prebuilds',
        name,
        platform() === 'win32' ? 'copilot-runtime.exe' : 'copilot-runtime',
      )
      if (existsSync(file)) return file
    } catch {
      // Not installed: npm installs only what fits the machine.
    }
  }
  throw new HostError(
    'runtime-missing',
    `the package @github/copilot-sdk-${names[0]} is not installed. Install copilot-host again without ` +
      '--omit=optional, or name a runtime in COPILOT_CLI_PATH',
  )
}

function platformNames(): string[] {
  const name = `${platform()}-${arch()}`
  if (platform() !== 'linux') return [name]
  const musl = `linuxmusl-${arch()}`
  return isMusl() ? [musl, name] : [name, musl]
}

// On musl systems ldd is a script that names musl.
function isMusl(): boolean {
  try {
    return readFileSync('/usr/bin/ldd', 'latin1').includes('musl')
  } catch {
    return false
  }
}

// Some ways of unpacking a package lose the x bit.
function makeExecutable(file: string): void {
  try {
    accessSync(file, constants.X_OK)
  } catch {
    try {
      chmodSync(file, 0o755)
    } catch {
      // Not ours to change: starting it will say what is wrong.
    }
  }
}
