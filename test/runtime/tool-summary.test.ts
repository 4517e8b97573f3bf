import { expect, test } from 'vitest'
import { toolSummary } from '../../src/runtime/tool-summary.ts'

test.each([
  ['/etc/hosts', '/etc/hosts'],
  ['/home/you/src/projects/shop/src/cart.ts', '…/src/projects/shop/src/cart.ts'],
  ['C:\\Users\\you\\projects\\shop\\src\\cart.ts', '…\\you\\projects\\shop\\src\\cart.ts'],
  [`/${'x'.repeat(50)}`, `…${'x'.repeat(32)}`],
  ['/usr/bin/env a-command with many arguments in it', '/usr/bin/env a-command with many arguments in it'],
  ['https://example.com/a/very/long/address/of/it', 'https://example.com/a/very/long/address/of/it'],
])('of a long path the end is told, of all else the beginning: %s', (path, told) => {
  expect(toolSummary('view', { path })).toBe(`path=${told}`)
})
