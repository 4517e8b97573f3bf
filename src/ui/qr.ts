import { renderUnicodeCompact } from 'uqr'
import type { Panel } from './state.ts'

/** A QR code in rows of half blocks, light on dark as terminals mostly are, with the quiet zone that readers need. */
export function qrRows(text: string): string[] {
  return renderUnicodeCompact(text, { border: 2 }).split('\n')
}

/** The panel below a QR code that was not drawn: the window has fewer columns than it. */
export function notDrawn(panel: Panel, columns: number): Panel {
  if (panel.kind !== 'sign-in') return panel
  const note = `The QR code needs ${columns} columns.`
  return { ...panel, state: { ...panel.state, drawn: undefined, note } }
}
