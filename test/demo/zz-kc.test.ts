import { expect, it } from 'vitest'
import { execFile, execFileSync } from 'node:child_process'
import { startKeychain } from '/work/main/test/support/keychain.ts'
it('demo', async () => {
  const k = await startKeychain()
  const env = { ...k.env, TMPDIR: '/tmp/try', PATH: process.env.PATH }
  const r = await new Promise<any>(res => execFile(process.execPath, ['/tmp/try/bin/copilot-host.js', 'demo', '--auto'], { env, cwd: '/tmp' }, (e, o, er) => res({ e, o, er })))
  console.log(r.o, r.er, r.e?.code)
  const s = (...a) => { try { return execFileSync('dbus-send', ['--session','--print-reply','--dest=org.freedesktop.secrets','/org/freedesktop/secrets/collection/login','org.freedesktop.DBus.Properties.Get','string:org.freedesktop.Secret.Collection','string:Items'], { env: k.env }).toString() } catch (e) { return String(e) } }
  console.log(s())
  await k.close()
}, 100000)
