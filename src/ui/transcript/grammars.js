import { common, createLowlight } from 'lowlight'

/**
 * The languages that code is coloured in. Loaded when the first code comes. Not TypeScript: the types of lowlight bring
 * those of a browser with them, for the whole program.
 */
export const grammars = createLowlight(common)
