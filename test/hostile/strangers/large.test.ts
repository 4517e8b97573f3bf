import { expect, test } from 'vitest'
import { huge, json } from '../../support/faulty-server.ts'
import { MOST_MEMORY } from '../../support/leaks.ts'
import { leave, say, unwrapped } from '../../support/person.ts'
import { listening } from '../../support/processes.ts'
import { meet } from '../../support/strangers.ts'

const RESOURCE = '/.well-known/oauth-protected-resource/mcp'
const MIB = 1024 * 1024
/** The runtime takes its time with such documents, the more so on a machine that has other work. */
const PATIENCE = 90_000

test('M-10: resource metadata that the runtime fetches and passes on, of 2, 16 and 64 MiB', async () => {
  const meeting = await meet([
    { name: 'two', faults: { [RESOURCE]: huge(2 * MIB) } },
    { name: 'sixteen', faults: { [RESOURCE]: huge(16 * MIB) } },
    { name: 'many', faults: { [RESOURCE]: json({ resource: 'x', more: 'a'.repeat(64 * MIB) }) } },
  ])
  try {
    const chat = meeting.chat()
    await say(chat, 'SAY still here')
    await chat.until(() => unwrapped(chat).includes('\nstill here'), PATIENCE)
    const told = (name: string) =>
      unwrapped(chat)
        .split('\n')
        .filter(line => line.startsWith(`! ${name}`))
    // The reply waits for no server that was stopped, and so not for its line either.
    await chat.until(() => ['two', 'sixteen', 'many'].every(name => told(name).length > 0), PATIENCE)
    // On a slow machine the time of the server is over before the runtime has done with it.
    for (const line of told('two'))
      expect(line).toMatch(
        /^! two(: the answer of \S+ is too large\. \/login two| is not available: it did not answer in time)/,
      )
    // What is larger than a frame may be is thrown away as it comes: nobody can tell what it was about.
    for (const name of ['sixteen', 'many'])
      expect(told(name)).toEqual([expect.stringMatching(/is not available: .*\/mcp reload tries again$/)])
    const answers = (await meeting.wire.signIns()).filter(({ server }) => server === 'two')
    expect(answers.filter(each => each.answers.join() !== 'cancelled')).toEqual([])
    expect(listening(chat.pid)).toEqual([])
    expect(chat.peak()).toBeLessThan(MOST_MEMORY)
    await leave(chat)
  } finally {
    await meeting.close()
  }
})
