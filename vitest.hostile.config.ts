import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { PATIENCE } from './test/support/patience.ts'

/** Faults of every kind, most of them through the built program, and tests that look at more than one feature takes (`long`): many have to wait. */
export default defineConfig({
  test: {
    include: ['test/{hostile,long}/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: PATIENCE } },
    pool: 'forks',
    // Each test is several programs.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'hostile-results.json' }]] : ['default'],
  },
})
