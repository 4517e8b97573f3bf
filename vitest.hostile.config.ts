import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { PATIENCE } from './test/support/patience.ts'
import main from './vitest.config.ts'

/** Those that wait for the longest begin first, so that nothing waits for them at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const waits = ({ moduleId }: TestSpecification) => /runtime-(late|storms|misbehaves)/.test(moduleId)
    return [...sorted.filter(waits), ...sorted.filter(file => !waits(file))]
  }
}

/** Faults of every kind, most of them through the built program, and tests that look at more than one feature takes (`long`): many have to wait. */
export default defineConfig({
  test: {
    include: ['test/{hostile,long}/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: PATIENCE } },
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    maxWorkers: main.test?.maxWorkers,
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'hostile-results.json' }]] : ['default'],
  },
})
