import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'
import { PATIENCE } from './test/support/patience.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: [...configDefaults.exclude, 'test/browser/**', 'test/hostile/**', 'test/long/**'],
    // Bounds for what hangs, not for what is slow: machines that run tests are shared.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: PATIENCE } },
    pool: 'forks',
    // An end-to-end test waits for half of its time: two cores have work for four.
    maxWorkers: Math.max(4, availableParallelism()),
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'test-results.json' }]] : ['default'],
  },
})
