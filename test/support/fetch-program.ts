// Asks the addresses of its command line for JSON, with the network of the real host, and prints a line for each: the
// status, or the kind and text of the error.
import { createHttp } from '../../src/auth/http.ts'
import { webUrl } from '../../src/auth/url.ts'
import { HostError } from '../../src/errors.ts'
import { createHost } from '../../src/host.ts'

Object.assign(globalThis, { VERSION: 'test' })
const { signal } = new AbortController()
const http = createHttp(createHost(signal, new URL('../..', import.meta.url), () => () => {}).fetch)
for (const address of process.argv.slice(2)) {
  const line = await http.json(webUrl(address, 'the test'), signal).then(
    ({ status }) => `${status}`,
    error => (error instanceof HostError ? `${error.kind}: ${error.message}` : `not ours: ${error}`),
  )
  console.log(line)
}
process.exit()
