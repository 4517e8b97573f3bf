import type { Style } from '../palette.ts'
import type { Grammars, Node } from './grammars.js'
import type { Line, Span } from './line.ts'

/** Colours code once its grammars are there. */
export interface Highlighter {
  /** Starts to load the grammars, once; resolves when they are there, or cannot be had. */
  load(): Promise<void>
  /** `loading` as long as it may become `yes`. */
  knows(language: string): 'yes' | 'no' | 'loading'
  /** The lines of a piece of code, and for each of them whether it begins within a comment or a string. */
  lines(language: string, code: string): { line: Line; inside: boolean }[]
}

/** Looks of what the grammars tell apart; the rest is plain. */
const LOOKS: Readonly<Record<string, readonly Style[]>> = {
  comment: ['dim'],
  quote: ['dim'],
  meta: ['dim'],
  keyword: ['keyword'],
  'selector-tag': ['keyword'],
  name: ['keyword'],
  section: ['strong'],
  strong: ['strong'],
  emphasis: ['emphasis'],
  string: ['quoted'],
  regexp: ['quoted'],
  number: ['literal'],
  literal: ['literal'],
  symbol: ['literal'],
  attr: ['literal'],
  attribute: ['literal'],
  variable: ['literal'],
  addition: ['good'],
  deletion: ['bad'],
}

const INSIDE = new Set(['comment', 'string'])

export function openHighlighter(): Highlighter {
  let loaded: Grammars | undefined
  let failed = false
  let loading: Promise<void> | undefined

  async function load(): Promise<void> {
    try {
      const module = await import('./grammars.js')
      loaded = module.grammars
    } catch {
      // Code is shown all the same, in one colour.
      failed = true
    }
  }

  return {
    load() {
      loading ??= load()
      return loading
    },
    knows(language) {
      if (loaded !== undefined) return loaded.registered(language) ? 'yes' : 'no'
      return failed || language === '' ? 'no' : 'loading'
    },
    lines(language, code) {
      const lines: { line: Span[]; inside: boolean }[] = [{ line: [], inside: false }]
      const walk = (node: Node, styles: readonly Style[] | undefined, inside: boolean) => {
        if (node.type === 'text') {
          for (const [at, text] of node.value.split('\n').entries()) {
            if (at > 0) lines.push({ line: [], inside })
            if (text !== '') lines.at(-1)?.line.push(styles === undefined ? { text } : { text, styles })
          }
        } else if (node.type === 'element') {
          const scope = scopeOf(node.properties.className)
          for (const child of node.children) walk(child, LOOKS[scope] ?? styles, inside || INSIDE.has(scope))
        }
      }
      for (const node of loaded?.highlight(language, code).children ?? []) walk(node, undefined, false)
      return lines
    },
  }
}

function scopeOf(names: unknown): string {
  const [name] = Array.isArray(names) ? names : []
  return typeof name === 'string' ? name.replace(/^hljs-/, '') : ''
}
