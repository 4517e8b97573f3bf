/** A form of a page of the practice world, as far as its small browser needs it. */
export interface Form {
  action: string
  /** Names and values of the fields, buttons left out. */
  fields: Record<string, string>
  buttons: readonly { name: string; value: string }[]
}

/** The form of a page, if it has one. It reads our own pages and those of oidc-provider, not HTML at large. */
export function formOf(html: string): Form | undefined {
  const tag = /<form\b[^>]*>/.exec(html)?.[0]
  if (tag === undefined) return undefined
  const fields: Record<string, string> = {}
  for (const [input] of html.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(input, 'name')
    if (name !== undefined) fields[name] = attribute(input, 'value') ?? ''
  }
  const buttons = [...html.matchAll(/<button\b[^>]*>/g)].flatMap(([button]) => {
    const name = attribute(button, 'name')
    return name === undefined ? [] : [{ name, value: attribute(button, 'value') ?? '' }]
  })
  return { action: attribute(tag, 'action') ?? '', fields, buttons }
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  return value
    ?.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)))
    .replaceAll('&amp;', '&')
}
