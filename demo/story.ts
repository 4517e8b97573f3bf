import { setTimeout as sleep } from 'node:timers/promises'
import type { Program, Run } from './program.ts'
import { visit } from './visit.ts'
import type { World } from './world.ts'

export interface StoryOptions {
  world: World
  program: Program
  /** `--token-store <kind>`, if another than the default is needed. */
  store: readonly string[]
  /** A value of `BROWSER` that signs in under that name, or says no. */
  browser(person: { as: string } | { deny: true }): string
  /** The places that the story uses, so that they can be tidied up. */
  visited(state: string): void
  say(line: string): void
  signal: AbortSignal
}

interface Step {
  title: string
  /** Plays the step; gives a line to show, throws where something did not happen as told. */
  play(): Promise<string>
}

const USER_CODE = /\b[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}\b/
/** Life of the access token that is to expire in the story, in seconds. */
const BRIEF = 4

/** Plays the whole story; true if each step happened as told. What happened is judged by the servers' own counts. */
export async function playStory(options: StoryOptions): Promise<boolean> {
  const steps = storyOf(options)
  const start = performance.now()
  let done = 0
  for (const [index, step] of steps.entries()) {
    const begin = performance.now()
    const result = await step.play().then(
      line => ({ sign: '✓', line }),
      error => ({ sign: '✗', line: error instanceof Error ? error.message : 'it did not work' }),
    )
    if (options.signal.aborted) return false
    if (result.sign === '✓') done += 1
    options.say(`${result.sign} ${index + 1}. ${step.title}  (${seconds(performance.now() - begin)})`)
    for (const line of result.line.split('\n')) options.say(`     ${line}`)
  }
  options.say('')
  const count = done === steps.length ? `All ${done} steps` : `Only ${done} of ${steps.length} steps`
  options.say(`${count} happened as told, in ${seconds(performance.now() - start)}.`)
  return done === steps.length
}

function storyOf({ world, program, store, browser, visited, signal }: StoryOptions): Step[] {
  const { authorizationServer: issuer, mcp } = world
  const place = (name: string) => {
    const { state, env } = world.place(name)
    visited(state)
    return env
  }
  const first = place('first')
  const second = place('second')
  const third = place('third')
  let expiry = 0

  const start = (prompt: string, env: Record<string, string>, ...more: string[]) =>
    program.start(
      ['chat', '--mcp', `notes=${mcp.url}`, '--allow-all-tools', ...store, ...more, '-p', prompt],
      env,
    )
  const ask = (...args: Parameters<typeof start>) => start(...args).ended
  const counts = () => ({
    pages: issuer.count('authorization'),
    codes: issuer.count('token', 'authorization_code'),
    devices: issuer.count('token', 'device_code'),
    renewals: issuer.count('token', 'refresh_token'),
    whoami: mcp.calls('whoami'),
    deleted: mcp.calls('delete_note'),
  })
  type Counts = ReturnType<typeof counts>
  const happened = (before: Counts, expected: Partial<Counts>) => {
    const after = counts()
    for (const name of Object.keys(before) as (keyof Counts)[]) {
      const more = after[name] - before[name]
      if (more !== (expected[name] ?? 0)) {
        throw new Error(`the servers counted ${more} more of "${name}" instead of ${expected[name] ?? 0}`)
      }
    }
  }

  return [
    {
      title: 'The first question: notes asks for a sign-in, the browser opens, the answer names the person',
      async play() {
        const before = counts()
        const env = { ...first, BROWSER: browser({ as: 'ada@example.com' }) }
        const line = answered(await ask('who am i?', env, '--sign-in', 'browser'), 'Ada')
        happened(before, { pages: 1, codes: 1, whoami: 1 })
        return line
      },
    },
    {
      title: 'The second run: nobody is asked',
      async play() {
        const before = counts()
        const line = answered(await ask('who am i?', first), 'Ada')
        happened(before, { whoami: 1 })
        return line
      },
    },
    {
      title: 'Another machine without a browser: a code, typed elsewhere',
      async play() {
        const before = counts()
        issuer.setAccessTokenTtl(BRIEF)
        const running = start('who am i?', second, '--sign-in', 'device')
        const code = await failing(running.said(USER_CODE), running.ended)
        await visit(issuer.devicePage, { code, as: 'grace@example.com', signal })
        const line = answered(await running.ended, 'Grace')
        // Given before the run ended, so it is over at the latest then: no token may expire in the middle of step 5.
        expiry = Date.now() + BRIEF * 1000
        happened(before, { devices: 1, whoami: 1 })
        return `${code} was typed in elsewhere: ${line}`
      },
    },
    {
      title: 'Saying no: once in the browser, once by Ctrl+C while waiting; nothing is kept',
      async play() {
        const before = counts()
        const denied = await ask(
          'who am i?',
          { ...third, BROWSER: browser({ deny: true }) },
          '--sign-in',
          'browser',
        )
        expectCode(denied, 4)
        const waiting = start('who am i?', third, '--sign-in', 'device')
        await failing(waiting.said(USER_CODE), waiting.ended)
        waiting.interrupt()
        const stopped = await waiting.ended
        expectCode(stopped, 130)
        expectCode(await ask('who am i?', third), 4)
        happened(before, { pages: 1 })
        return `exit codes ${denied.code} and ${stopped.code}; the next run still needs a sign-in`
      },
    },
    {
      title: 'The token has expired: it is renewed and nobody is asked',
      async play() {
        if (expiry === 0) throw new Error('there is no sign-in that could expire')
        issuer.setAccessTokenTtl(3600)
        await sleep(Math.max(0, expiry - Date.now()), undefined, { signal })
        const before = counts()
        const line = answered(await ask('who am i?', second), 'Grace')
        happened(before, { renewals: 1, whoami: 1 })
        return line
      },
    },
    {
      title: 'A tool needs one more right: the person is asked for that, and the tool goes on',
      async play() {
        const before = counts()
        const env = { ...first, BROWSER: browser({ as: 'ada@example.com' }) }
        const line = answered(await ask('delete my newest note', env, '--sign-in', 'browser'), 'deleted')
        happened(before, { pages: 1, codes: 1, deleted: 1 })
        const rights = answered(await ask('who am i?', first), 'notes.write')
        happened(before, { pages: 1, codes: 1, deleted: 1, whoami: 1 })
        return `${line}\n${rights}`
      },
    },
  ]
}

/** The answer of a run that went well and says `word`. */
function answered(run: Run, word: string): string {
  expectCode(run, 0)
  const answer = run.stdout.trim()
  if (!answer.includes(word)) throw new Error(`the answer does not say "${word}": ${answer.slice(0, 200)}`)
  return answer
}

function expectCode(run: Run, code: number) {
  if (run.code === code) return
  const last = run.stderr.trim().split('\n').slice(-3).join('\n')
  throw new Error(`it ended with ${run.code} instead of ${code}:\n${last}`)
}

/** A run that ended before it said what it was waited for: its own words tell why. */
async function failing(said: Promise<string>, ended: Promise<Run>): Promise<string> {
  try {
    return await said
  } catch {
    const { code, stderr } = await ended
    throw new Error(`it ended with ${code} and showed no code:\n${stderr.trim().slice(-300)}`)
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
