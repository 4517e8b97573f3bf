/** What the person says of their terminal: nothing, that its background is light or dark, or that they want no colours. */
export const THEMES = ['auto', 'light', 'dark', 'none'] as const
export type Theme = (typeof THEMES)[number]
