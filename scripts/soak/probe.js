// Loaded into the host before it starts (`--import`, with `--expose-gc`): at SIGUSR2 it writes one line about what is alive
// after a collection. It listens to nothing else and keeps nothing alive.
import { appendFileSync } from 'node:fs'

const { SOAK_PROBE } = process.env
if (SOAK_PROBE) process.on('SIGUSR2', () => setImmediate(report, SOAK_PROBE))

/** What Node itself warns of: too many listeners on one emitter or signal. */
let warnings = 0
process.on('warning', () => {
  warnings += 1
})

function report(file) {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, heapTotal, external } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo()
  const timers = resources.filter(name => name === 'Timeout' || name === 'Immediate').length
  const emitters = [process, process.stdin, process.stdout, process.stderr]
  const listeners = emitters.reduce(
    (sum, emitter) => sum + emitter.eventNames().reduce((all, name) => all + emitter.listenerCount(name), 0),
    0,
  )
  const listening = resources.filter(name => /Server/i.test(name)).length
  const line = {
    heap: heapUsed + external,
    reserved: heapTotal + external,
    timers,
    handles: resources.length - timers,
    listening,
    listeners,
    warnings,
  }
  appendFileSync(file, `${JSON.stringify(line)}\n`)
}
