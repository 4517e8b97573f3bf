import jsQR from 'jsqr'
import { type Cell, textOf } from './screen.ts'

const SCALE = 4

/** The text of the QR code on a screen as a camera would read it; undefined if there is none, or not all of it. */
export function readQr(screen: readonly (readonly Cell[])[]): string | undefined {
  return qrText(screen.map(textOf).filter(row => /^[█▀▄ ]+$/.test(row)))
}

/** The same of rows of half blocks: light where the terminal draws a block. */
export function qrText(rows: readonly string[]): string | undefined {
  const width = Math.max(0, ...rows.map(row => row.length)) * SCALE
  const height = rows.length * 2 * SCALE
  if (width === 0) return undefined
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const module = Math.floor(y / SCALE)
      const block = rows[Math.floor(module / 2)]?.[Math.floor(x / SCALE)] ?? ' '
      const light = block === '█' || block === (module % 2 === 0 ? '▀' : '▄')
      pixels.fill(light ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  return jsQR.default(pixels, width, height)?.data
}
