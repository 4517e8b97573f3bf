import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { startModel } from '../../demo/model.ts'
import { LIMITS } from '../../src/runtime/limits.ts'
import { startRuntime } from '../../src/runtime/runtime.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startGuardedMcp } from '../support/guarded-mcp.ts'

test('debug', async () => {
  const model = await startModel()
  const home = await temporaryFolder()
  const folder = await temporaryFolder()
  const env = { PATH: process.env.PATH ?? '', HOME: home, COPILOT_HOME: home, COPILOT_OFFLINE: 'true' }
  const runtime = await startRuntime({ env, folder, login: false, execPath: process.execPath, log: l => console.log('LOG', l) }, LIMITS)
  onTestFinished(() => runtime.stop())
  const notes = await startGuardedMcp()
  onTestFinished(() => notes.close())
  const t0 = performance.now()
  const session = await runtime.create({ folder, model: 'm', provider: { type: 'openai', baseUrl: model.url, apiKey: 'x' }, servers: { notes: { type: 'http', url: notes.url, tools: ['*'] } }, signIn: true })
  session.listen(e => {
    console.log(Math.round(performance.now() - t0), JSON.stringify(e).slice(0, 600))
    if (e.type === 'auth') { notes.tokens.add('first'); void session.answerAuth(e.id, { kind: 'token', accessToken: 'first' }).then(r => console.log('answered', r)) }
    if (e.type === 'permission') void session.answerPermission(e.ask, { kind: 'once' })
  })
  console.log('ready', await session.ready())
  await session.send('CALL whoami {}')
  await new Promise(r => setTimeout(r, 3000))
}, 60000)
