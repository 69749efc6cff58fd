import { defineConfig } from 'vitest/config';

import { TallyReporter } from './test/setup/tally-reporter.ts';

export default defineConfig({
  test: {
    reporters: ['default', new TallyReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.real.test.ts'],
          testTimeout: 20_000,
          // Not 0: on two cores vitest runs files of the default group after all others.
          sequence: { groupOrder: 1 },
        },
      },
      {
        // On a real API server and Prometheus, which all files share: one file after the other, after the rest.
        test: {
          name: 'real',
          include: ['test/**/*.real.test.ts'],
          globalSetup: ['test/setup/real-parts.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Ten processes share a noisy machine there: one more try, which the tally names (FLAKY).
          retry: process.env['CI'] ? 1 : 0,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
