// Runs inside the container of container.ts: the ends of the wires that lead out of it and into it.
import { forward } from './forward.ts'

const [wires = '', reach = '', published = '', inward = ''] = process.argv.slice(2)
for (const port of reach.split(',')) {
  await forward({ host: '127.0.0.1', port: Number(port) }, { path: `${wires}/out-${port}` })
}
await forward({ path: `${wires}/in` }, { host: inward, port: Number(published) })
process.stdout.write('ready\n')
