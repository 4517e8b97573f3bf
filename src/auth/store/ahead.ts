/** Readings that begin before anybody asks for them. */
export interface Ahead<K, V> {
  /** Reads this now, and keeps it for one `read` that comes soon. */
  begin(key: K): Promise<V>
  /** What was read ahead, where that is recent; else it is read now. */
  read(key: K): Promise<V>
  /** What was read ahead is given to nobody any more: it may be changing. */
  forget(): void
}

/** How long what was read ahead is good for, in milliseconds: as long as a slow session takes to begin. */
const SOON = 2000

/** What could not be read ahead, and what was not there, is read again: it may be there by now, and a fault is told to who needs it. */
export function createAhead<K, V>(read: (key: K) => Promise<V>, nameOf: (key: K) => string): Ahead<K, V> {
  const begun = new Map<string, { value: Promise<V>; at: number }>()
  return {
    begin(key) {
      const value = read(key)
      value.catch(() => {})
      begun.set(nameOf(key), { value, at: performance.now() })
      return value
    },
    read(key) {
      const found = begun.get(nameOf(key))
      begun.delete(nameOf(key))
      const soon = found !== undefined && performance.now() - found.at < SOON
      if (!soon) return read(key)
      return found.value.then(
        value => value ?? read(key),
        () => read(key),
      )
    },
    forget: () => begun.clear(),
  }
}
