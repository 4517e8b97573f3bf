/** A number of whole seconds from 1 to `most`, also when it is written as text; undefined for everything odd. */
export function seconds(value: unknown, most: number): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !(number >= 1 && number <= most)) return undefined
  return Math.floor(number)
}

/** The pause that the server asks for (RFC 9110 10.2.3), in seconds, at least one; a date counts from that of the answer. */
export function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get('retry-after') ?? ''
  const given = seconds(value, Number.MAX_VALUE)
  if (given !== undefined) return given
  const pause = (Date.parse(value) - Date.parse(headers.get('date') ?? '')) / 1000
  return Number.isFinite(pause) ? Math.max(1, Math.ceil(pause)) : undefined
}
