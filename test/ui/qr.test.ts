import { expect, test } from 'vitest'
import { qrRows } from '../../src/ui/qr.ts'
import { cells } from '../../src/ui/width.ts'
import { qrText } from '../support/qr.ts'

test.each([
  'https://login.example.com/device?user_code=WDJB-MJHT',
  `https://login.example.com/device?user_code=${'X'.repeat(60)}`,
])('what is drawn is the address: %s', address => {
  expect(qrText(qrRows(address))).toBe(address)
})

test('it fits a narrow window', () => {
  const rows = qrRows('https://login.example.com/device?user_code=WDJB-MJHT')
  for (const row of rows) expect(cells(row)).toBeLessThanOrEqual(40)
  expect(rows.length).toBeLessThanOrEqual(20)
})
