import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { HostError, hostError } from '../../errors.ts'
import type { Host } from '../../host.ts'
import { startRuntime } from '../../runtime/runtime.ts'
import type { Runtime } from '../../runtime/types.ts'
import { clean, hostOf } from '../../text.ts'
import { systemBrowser } from '../browser.ts'
import type { Settings } from '../settings.ts'
import type { Finding } from './finding.ts'

/** The runtime: whether it is there, starts and speaks our protocol; and whether there is a model to talk to. */
export async function checkRuntime(settings: Settings): Promise<Finding[]> {
  const began = performance.now()
  try {
    const runtime = await startRuntime(settings.runtime)
    const took = Math.round(performance.now() - began)
    const named = settings.runtime.path === undefined ? '' : `, ${clean(settings.runtime.path, 300)}`
    try {
      const text = `Copilot runtime ${runtime.version}${named}`
      return [{ check: 'runtime', state: 'ok', text, took }, await checkModel(settings, runtime)]
    } finally {
      await runtime.stop()
    }
  } catch (thrown) {
    const { message: text } = hostError(thrown, 'the runtime could not start')
    return [{ check: 'runtime', state: 'fail', text }]
  }
}

/** A provider of one's own, or a GitHub login, as far as the runtime knows it; no model is asked. */
async function checkModel({ model }: Settings, runtime: Runtime): Promise<Finding> {
  const { provider, gitHubToken } = model
  const check = 'model'
  if (provider !== undefined)
    return { check, state: 'ok', text: `${clean(model.model ?? 'a model')} of ${hostOf(provider.baseUrl)}` }
  if (gitHubToken !== undefined) return { check, state: 'ok', text: 'by a GitHub token in the environment' }
  const login = await runtime.login()
  if (login !== undefined) return { check, state: 'ok', text: 'by the GitHub login' }
  const help = 'copilot-host login signs in; COPILOT_PROVIDER_BASE_URL names a provider of your own'
  return { check, state: 'fail', text: 'nobody is signed in to GitHub, and no provider is named', help }
}

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const text = `Node.js ${version}`
  if (major > 22 || (major === 22 && minor >= 12)) return { check: 'node', state: 'ok', text }
  return { check: 'node', state: 'fail', text, help: '22.12 or newer is needed' }
}

/** What opens a sign-in page. Nothing is opened. */
export function checkBrowser(settings: Settings, host: Host): Finding {
  const [program] = (host.env.BROWSER ?? '').split(/\s+/).filter(Boolean)
  if (program !== undefined) {
    const found = findProgram(program, host)
    return found
      ? { check: 'browser', state: 'ok', text: `BROWSER: ${clean(program, 200)}` }
      : {
          check: 'browser',
          state: 'fail',
          text: `BROWSER names ${clean(program, 200)}, which is no program here`,
          help: 'unset it, or name one program',
        }
  }
  return systemBrowser(host, settings).available
    ? { check: 'browser', state: 'ok', text: 'the browser of the system' }
    : {
        check: 'browser',
        state: 'note',
        text: 'none can be on the screen in front of you (SSH, container, or no display)',
        help: 'sign-ins show a code for another device, or take a pasted address',
      }
}

/** True for a program on the PATH, or a file that can be run. */
export function findProgram(program: string, { env, platform, folder }: Host): boolean {
  const names = platform === 'win32' ? [program, `${program}.exe`, `${program}.cmd`] : [program]
  const folders = /[\\/]/.test(program) ? [folder] : (env.PATH ?? '').split(delimiter).filter(isAbsolute)
  return folders.some(at => names.some(name => isRunnable(resolve(at, name))))
}

/** Proxy and certificates, as far as they can be judged without a request. */
export function checkNetwork({ env, folder }: Host): Finding[] {
  const findings: Finding[] = []
  const variable = (name: string) => env[name.toLowerCase()] ?? env[name] ?? ''
  const name = variable('HTTPS_PROXY') === '' ? 'HTTP_PROXY' : 'HTTPS_PROXY'
  const proxy = variable(name)
  const address = URL.parse(proxy.includes('://') ? proxy : `http://${proxy}`)
  if (proxy === '') findings.push({ check: 'proxy', state: 'ok', text: 'none' })
  else if (address === null || !/^https?:$/.test(address.protocol))
    findings.push({
      check: 'proxy',
      state: 'fail',
      text: `${name} is not the address of an http or https proxy`,
    })
  else {
    const except = variable('NO_PROXY') === '' ? '' : `, except for ${clean(variable('NO_PROXY'), 100)}`
    findings.push({ check: 'proxy', state: 'ok', text: `${hostOf(address.href)} (${name})${except}` })
  }
  const file = env.NODE_EXTRA_CA_CERTS
  if (file) findings.push(certificates(join(isAbsolute(file) ? '' : folder, file)))
  return findings
}

function certificates(file: string): Finding {
  const text = `${clean(file, 200)} (NODE_EXTRA_CA_CERTS)`
  try {
    const count = readFileSync(file, 'utf8').split('-----BEGIN CERTIFICATE-----').length - 1
    if (count > 0) return { check: 'certificates', state: 'ok', text: `${text}: ${count}` }
    return {
      check: 'certificates',
      state: 'fail',
      text: `${text} has no certificate in it`,
      help: 'PEM is expected',
    }
  } catch {
    return { check: 'certificates', state: 'fail', text: `${text} cannot be read` }
  }
}

function isRunnable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** An error as a finding. */
export function failed(check: string, thrown: unknown, state: 'warning' | 'fail', help?: string): Finding {
  const text = thrown instanceof HostError ? thrown.detail : 'it could not be checked'
  return { check, state, text, help }
}
