import { describe, expect, it } from 'vitest'
import { createRuns } from '../../src/auth/runs.ts'

const never = new AbortController().signal

/** Work that ends when it is told to, or when its signal is aborted. */
function work(log: string[], name: string) {
  const end = Promise.withResolvers<string>()
  return {
    end: () => end.resolve(name),
    start: async (signal: AbortSignal) => {
      log.push(`start ${name}`)
      signal.addEventListener('abort', () => end.resolve(`${name} aborted`))
      const result = await end.promise
      log.push(`end ${name}`)
      return result
    },
  }
}

describe('runs', () => {
  it('the same key shares, another key of the group follows, another group runs beside', async () => {
    const [runs, log] = [createRuns<string>(), [] as string[]]
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => work(log, name))
    if (!a || !b || !c || !d) throw new Error('no work')
    const all = [
      runs.join({ group: 'x', key: '1' }, a.start, never),
      runs.join({ group: 'x', key: '1' }, b.start, never),
      runs.join({ group: 'x', key: '2' }, c.start, never),
      runs.join({ group: 'y', key: '1' }, d.start, never),
    ]
    expect(log).toEqual(['start a', 'start d'])
    for (const one of [a, c, d]) one.end()
    expect(await Promise.all(all)).toEqual(['a', 'a', 'c', 'd'])
    expect(log.indexOf('start c')).toBeGreaterThan(log.indexOf('end a'))
    expect(log).not.toContain('start b')
  })

  it('is aborted by the last one who leaves, and its end is awaited', async () => {
    const [runs, log] = [createRuns<string>(), [] as string[]]
    const a = work(log, 'a')
    const [first, second] = [new AbortController(), new AbortController()]
    const names = { group: 'x', key: '1' }
    const joined = [runs.join(names, a.start, first.signal), runs.join(names, a.start, second.signal)]
    first.abort()
    first.abort()
    expect(log).toEqual(['start a'])
    second.abort()
    expect(await Promise.all(joined)).toEqual(['a aborted', 'a aborted'])
    expect(log).toEqual(['start a', 'end a'])
  })

  it('who leaves while waiting behind another run goes at once', async () => {
    const [runs, log] = [createRuns<string>(), [] as string[]]
    const [a, b] = [work(log, 'a'), work(log, 'b')]
    const leaving = new AbortController()
    const first = runs.join({ group: 'x', key: '1' }, a.start, never)
    const second = runs.join({ group: 'x', key: '2' }, b.start, leaving.signal)
    leaving.abort(new Error('left'))
    await expect(second).rejects.toThrow('left')
    a.end()
    expect(await first).toBe('a')
    expect(log).toEqual(['start a', 'end a'])
  })

  it('a run that is being aborted is not joined any more', async () => {
    const [runs, log] = [createRuns<string>(), [] as string[]]
    const [a, b] = [work(log, 'a'), work(log, 'b')]
    const leaving = new AbortController()
    const names = { group: 'x', key: '1' }
    const first = runs.join(names, a.start, leaving.signal)
    leaving.abort()
    const second = runs.join(names, b.start, never)
    b.end()
    expect([await first, await second]).toEqual(['a aborted', 'b'])
  })

  it('nothing is started for a request that is withdrawn already', async () => {
    const [runs, log] = [createRuns<string>(), [] as string[]]
    const a = work(log, 'a')
    await expect(runs.join({ group: 'x', key: '1' }, a.start, AbortSignal.abort())).rejects.toThrow()
    expect(log).toEqual([])
  })

  it('a failure is everybody’s, and the next one starts anew', async () => {
    const runs = createRuns<string>()
    const names = { group: 'x', key: '1' }
    const fail = () => Promise.reject(new Error('no'))
    const both = [runs.join(names, fail, never), runs.join(names, fail, never)]
    for (const one of both) await expect(one).rejects.toThrow('no')
    expect(await runs.join(names, async () => 'yes', never)).toBe('yes')
  })
})
