import { defineConfig } from 'vitest/config'

/** The pages in a real Chromium: not part of `npm test`, since not every machine has one. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
})
