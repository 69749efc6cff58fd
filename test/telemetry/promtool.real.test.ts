import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runTool } from '../binaries/run-tool.ts';

const cwd = join(import.meta.dirname, '../../charts/outrigger/files');
/** A first build of promtool takes minutes. */
const LIMIT_MS = 600_000;

it(
  'promtool takes the alert rules, and each fires where it should and nowhere else',
  async () => {
    const checked = await runTool(
      'promtool',
      ['check', 'rules', '--lint=all', '--lint-fatal', 'alerts.yaml'],
      { cwd },
    );
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(/SUCCESS: 15 rules found/) });
    const tested = await runTool('promtool', ['test', 'rules', 'alerts_test.yaml'], { cwd });
    expect(tested).toMatchObject({ code: 0, stdout: expect.stringContaining('SUCCESS') });
  },
  LIMIT_MS,
);
