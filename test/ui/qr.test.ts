import jsQR from 'jsqr'
import { expect, test } from 'vitest'
import { qrRows } from '../../src/ui/qr.ts'
import { cells } from '../../src/ui/width.ts'

/** What a camera would see: light where the terminal draws a block. */
function seen(rows: readonly string[]) {
  const size = Math.max(...rows.map(row => row.length))
  const scale = 4
  const width = size * scale
  const height = rows.length * 2 * scale
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const module = Math.floor(y / scale)
      const block = rows[Math.floor(module / 2)]?.[Math.floor(x / scale)] ?? ' '
      const light = block === '█' || block === (module % 2 === 0 ? '▀' : '▄')
      pixels.fill(light ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  return jsQR.default(pixels, width, height)?.data
}

test.each([
  'https://login.example.com/device?user_code=WDJB-MJHT',
  `https://login.example.com/device?user_code=${'X'.repeat(60)}`,
])('what is drawn is the address: %s', address => {
  expect(seen(qrRows(address))).toBe(address)
})

test('it fits a narrow window', () => {
  const rows = qrRows('https://login.example.com/device?user_code=WDJB-MJHT')
  for (const row of rows) expect(cells(row)).toBeLessThanOrEqual(40)
  expect(rows.length).toBeLessThanOrEqual(20)
})
