import { writeFileSync } from 'node:fs';

import type { Reporter, SerializedError, TestModule } from 'vitest/node';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Names on standard error the files whose tests were skipped and the tests that passed only when they were run again,
 * and writes `N passed, N failed` to the file that the variable OUTRIGGER_TALLY names. A file that cannot be loaded,
 * a failing hook and an error outside of any test count as a failure each.
 */
export class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tally: Tally = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      nameFlaky(module);
      const own = count(module);
      if (own.skipped > 0 && own.passed + own.failed === 0) {
        process.stderr.write(`SKIPPED ${module.relativeModuleId}: ${own.skipped} tests\n`);
      }
      tally.passed += own.passed;
      tally.failed += own.failed;
      tally.skipped += own.skipped;
    }
    const file = process.env['OUTRIGGER_TALLY'];
    if (file) writeFileSync(file, line(tally));
  }
}

/** Not hidden: a test that needs two tries is a defect, of the test or of what it tests. */
function nameFlaky(module: TestModule): void {
  for (const test of module.children.allTests()) {
    if (test.diagnostic()?.flaky === true)
      process.stderr.write(`FLAKY ${module.relativeModuleId}: ${test.fullName}\n`);
  }
}

function count(module: TestModule): Tally {
  const tally: Tally = { passed: 0, failed: module.errors().length, skipped: 0 };
  for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    tally[state === 'pending' ? 'skipped' : state] += 1;
  }
  return tally;
}

function line(tally: Tally): string {
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : '';
  return `${tally.passed} passed, ${tally.failed} failed${skipped}\n`;
}
