import { defineConfig } from 'vitest/config'
import { PATIENCE } from './test/support/patience.ts'

/** The pages in a real Chromium: not part of `npm test`, since not every machine has one. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: PATIENCE } },
    pool: 'forks',
  },
})
