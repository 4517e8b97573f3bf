import { HostError } from '../../errors.ts'

/** One question in the row of those that wait for the person. */
export interface Turn {
  readonly inFront: boolean
  /** Resolves when this question is in front. Rejects with the signal's reason. */
  begin(signal: AbortSignal): Promise<void>
  /** Aborted when the person puts this question away, until it begins once more. */
  readonly later: AbortSignal
  /** Aborted when the person gives this question up. */
  readonly signal: AbortSignal
  /** Goes to the end of the row: it begins once more. */
  defer(): void
  /** The next one comes to the front. */
  end(): void
}

/** Questions one after the other, in the order in which they came. */
export interface Turns {
  /** The last place in the row. */
  enter(): Turn
  /** Gives up the question in front; false if there is none. */
  giveUp(): boolean
  /** The question in front leaves the row. */
  putAway(): void
  /** Those that were put away come to the end of the row; false if there is none. */
  callBack(): boolean
  /** Stands for the question in front, if there is one. */
  readonly front: object | undefined
  /** How many wait behind the one in front. */
  readonly waiting: number
}

export function createTurns(): Turns {
  type Place = { given: AbortController; later: AbortController; front: PromiseWithResolvers<void> }
  const row: Place[] = []
  const away: Place[] = []
  return {
    enter() {
      const place: Place = {
        ...{ given: new AbortController(), later: new AbortController() },
        front: Promise.withResolvers(),
      }
      row.push(place)
      row[0]?.front.resolve()
      return {
        get inFront() {
          return row[0] === place
        },
        async begin(signal) {
          await Promise.race([place.front.promise, aborted(signal)])
        },
        signal: place.given.signal,
        get later() {
          return place.later.signal
        },
        defer() {
          if (row[0] !== place) return
          row.push(...row.splice(0, 1))
          if (row[0] !== place) place.front = Promise.withResolvers()
          row[0]?.front.resolve()
        },
        end() {
          for (const places of [row, away])
            if (places.includes(place)) places.splice(places.indexOf(place), 1)
          row[0]?.front.resolve()
        },
      }
    },
    giveUp() {
      row[0]?.given.abort(new HostError('cancelled', 'cancelled'))
      return row.length > 0
    },
    putAway() {
      const [place] = row.splice(0, 1)
      if (place === undefined) return
      away.push(place)
      place.front = Promise.withResolvers()
      place.later.abort(new HostError('cancelled', 'put away'))
      row[0]?.front.resolve()
    },
    callBack() {
      for (const place of away) place.later = new AbortController()
      row.push(...away)
      row[0]?.front.resolve()
      return away.splice(0).length > 0
    },
    get front() {
      return row[0]
    },
    get waiting() {
      return Math.max(0, row.length - 1)
    },
  }
}

/** Rejects with the signal's reason, as soon as it has one. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
