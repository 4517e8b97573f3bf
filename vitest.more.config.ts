import { mergeConfig } from 'vitest/config'
import hostile from './vitest.hostile.config.ts'

/** All that `npm test` and `npm run test:hostile` run, and beside it each variation: before a release, and after great changes. */
export default mergeConfig(hostile, {
  test: { include: ['test/**/*.test.{ts,tsx}'], exclude: ['test/browser/**'], env: { MORE: '1' } },
})
