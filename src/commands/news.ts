/** What the model does not know yet: it has seen calls fail for want of a sign-in. */
export interface News {
  add(sentence: string): void
  /** The text with what is new in front of it, less what it says itself. */
  before(text: string): string
}

export function createNews(): News {
  const news = new Set<string>()
  return {
    add: sentence => void news.add(sentence),
    before(text) {
      const told = [...[...news].filter(sentence => !text.includes(sentence)), text].join(' ')
      news.clear()
      return told
    },
  }
}
