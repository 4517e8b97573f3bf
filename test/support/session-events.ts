import type { HostEvent, Session } from '../../src/runtime/types.ts'

type Of<T extends HostEvent['type']> = Extract<HostEvent, { type: T }>

export interface Heard {
  all: readonly HostEvent[]
  of<T extends HostEvent['type']>(type: T): Of<T>[]
  /** The first event of this type (that fits), which may have come already. */
  next<T extends HostEvent['type']>(type: T, fits?: (event: Of<T>) => boolean): Promise<Of<T>>
}

/** Listens to a session and waits for what it says. */
export function hear(session: Session): Heard {
  const all: HostEvent[] = []
  const waiting = new Set<() => void>()
  session.listen(event => {
    all.push(event)
    for (const look of [...waiting]) look()
  })
  const of = <T extends HostEvent['type']>(type: T) =>
    all.filter((event): event is Of<T> => event.type === type)
  return {
    all,
    of,
    next(type, fits = () => true) {
      return new Promise(resolve => {
        const look = () => {
          const found = of(type).find(fits)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      })
    },
  }
}
