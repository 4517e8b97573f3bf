/** What is used of lowlight (hast). */
export type Node =
  | { type: 'text'; value: string }
  | { type: 'element'; properties: { className?: unknown }; children: Node[] }
  | { type: 'comment' | 'doctype' }

export interface Grammars {
  registered(language: string): boolean
  highlight(language: string, code: string): { children: Node[] }
}

export declare const grammars: Grammars
