import { expect, test } from 'vitest'
import { toolSummary } from '../../src/runtime/tool-summary.ts'

test.each([
  ['/etc/hosts', '/etc/hosts'],
  ['/home/you/src/projects/shop/src/cart.ts', '…/src/projects/shop/src/cart.ts'],
  ['C:\\Users\\you\\projects\\shop\\src\\cart.ts', '…\\you\\projects\\shop\\src\\cart.ts'],
  [`/${'x'.repeat(50)}`, `…${'x'.repeat(32)}`],
  ['/home/you/src/projects/shop/src/my cart.ts', '…/projects/shop/src/my cart.ts'],
  ['https://example.com/a/very/long/address/of/it', 'https://example.com/a/very/long/address/of/it'],
])('of a long path the end is told, of all else the beginning: %s', (path, told) => {
  expect(toolSummary('view', { path })).toBe(`path=${told}`)
})

test('what only begins like a path is none', () => {
  const command = '/usr/bin/env a-command with many arguments in it'
  expect(toolSummary('bash', { command })).toBe(`command=${command}`)
})

test('an argument that nests too deep is told as one, without what is in it', () => {
  const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)
  expect(toolSummary('write', { to: 'a', tree: deep, n: [1] })).toBe('to=a tree=… n=[1]')
})
