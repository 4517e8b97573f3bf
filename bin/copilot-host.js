#!/usr/bin/env node
// Plain JavaScript that Node 12 can parse, so that an old Node says what is wrong instead of failing on the syntax.
// biome-ignore-all lint/style/useNodejsImportProtocol: not known to every Node 12
import { spawn } from 'child_process'
import { existsSync, realpathSync } from 'fs'
import module from 'module'
import { homedir } from 'os'
import { dirname, isAbsolute, join } from 'path'
import { fileURLToPath, pathToFileURL } from 'url'
import { setFlagsFromString } from 'v8'

const self = fileURLToPath(import.meta.url)
const root = dirname(dirname(self))
const main = join(root, 'dist', 'main.js')

if (!existsSync(main)) fail('copilot-host is not built yet: run npm run build')
else if (isNewEnough(process.versions.node)) start()
else handOver()

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 12)
}

function start() {
  // Node would say on the terminal that the one is ignored because of the other, as soon as anything of it is loaded.
  if (process.env.FORCE_COLOR) delete process.env.NO_COLOR
  else delete process.env.FORCE_COLOR
  // The space for new objects would grow to 128 MB in a long chat. A Node that no longer knows the flag would complain.
  if (parseInt(process.versions.node, 10) <= 26) setFlagsFromString('--semi-space-growth-factor=1')
  cacheCode()
  import(pathToFileURL(main).href).catch(error =>
    fail(`copilot-host cannot be loaded, install it again: ${String(error.message).split('\n')[0]}`),
  )
}

/** Compiled code is kept in a folder of the user's own: Node's default is in the temporary folder, which all share. */
function cacheCode() {
  if (!module.enableCompileCache) return
  try {
    const folder = [process.env.XDG_CACHE_HOME || '', join(homedir(), '.cache')].find(isAbsolute)
    if (folder) module.enableCompileCache(join(folder, 'copilot-host'))
  } catch (_noHome) {
    // It only starts a little slower.
  }
}

/** Runs the program with the Node that the checkout brings as a development dependency. */
function handOver() {
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  // Not ourselves: another Node in that place must not hand over for ever.
  if (!existsSync(node) || realpathSync(node) === realpathSync(process.execPath)) {
    fail(
      `copilot-host needs Node.js 22.12 or newer, and this is ${process.versions.node} (in a checkout, npm ci brings one)`,
    )
    return
  }
  const child = spawn(node, [self].concat(process.argv.slice(2)), { stdio: 'inherit' })
  const signals = ['SIGHUP', 'SIGINT', 'SIGTERM']
  const passOn = signal => child.kill(signal)
  for (const signal of signals) process.on(signal, passOn)
  child.on('error', () => fail(`copilot-host cannot run ${node}`))
  child.on('exit', (code, signal) => {
    for (const each of signals) process.removeListener(each, passOn)
    if (signal) process.kill(process.pid, signal)
    else process.exitCode = code
  })
}

function fail(line) {
  process.stderr.write(`${line}\n`)
  process.exitCode = 1
}
