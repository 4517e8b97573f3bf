import { renderUnicodeCompact } from 'uqr'

/** A QR code in rows of half blocks, light on dark as terminals mostly are, with the quiet zone that readers need. */
export function qrRows(text: string): string[] {
  return renderUnicodeCompact(text, { border: 2 }).split('\n')
}
