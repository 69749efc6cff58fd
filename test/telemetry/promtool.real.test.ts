import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROLLOUT_PHASES } from '../../src/api/edge-rollout-status.ts';
import { conditionOf, objectOf, stateOf, watchOf } from '../../src/telemetry/fakes.ts';
import { operatorMetrics } from '../../src/telemetry/operator-metrics.ts';
import { runTool } from '../binaries/run-tool.ts';
import { describeReal } from '../setup/describe-real.ts';

const cwd = join(import.meta.dirname, '../../charts/outrigger/files');
/** A first build of promtool takes minutes. */
const LIMIT_MS = 600_000;

/** Our own lines of a page that has a series of everything. */
async function page(): Promise<string> {
  const metrics = operatorMetrics('0.1.0');
  metrics.meter.pass('done', 3);
  metrics.meter.action('CreatePod', 'done');
  metrics.meter.watchFailed('pods');
  metrics.onRequest({ verb: 'get', resource: 'pods', status: 200, dryRun: false, durationMs: 3 });
  metrics.onQuery({ outcome: 'Samples', durationMs: 3 });
  const conditions = [conditionOf('Ready', 'True', 'Promoted'), conditionOf('Accepted', 'True')];
  const cohorts = [{ verdicts: [{ verdict: 'Undecided', reason: 'NoData' }] }];
  const time = '2026-01-01T00:00:00Z';
  const state = stateOf({
    watches: [watchOf('pods')],
    stored: { pods: 1 },
    models: [objectOf('EdgeModel', 'defects', { nodes: { eligible: 1 }, conditions })],
    rollouts: ROLLOUT_PHASES.map((phase, at) =>
      objectOf('EdgeRollout', `defects-${at}`, {
        phase,
        phaseSince: time,
        nodes: { updated: 1 },
        conditions,
        cohorts,
        rejected: [{ at: time, reason: 'Crashing' }],
      }),
    ),
  });
  const { body } = await metrics.exposition(state, Date.parse(time));
  const lines = body.split('\n').filter((line) => line.includes('outrigger_'));
  return `${lines.join('\n')}\n`;
}

describeReal('promtool', () => {
  it(
    'takes the alert rules, and sees each fire where it should and nowhere else',
    async () => {
      const flags = ['--lint=all', '--lint-fatal'];
      const checked = await runTool('promtool', ['check', 'rules', ...flags, 'alerts.yaml'], { cwd });
      expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(/SUCCESS: \d+ rules found/) });
      const tested = await runTool('promtool', ['test', 'rules', 'alerts_test.yaml'], { cwd });
      expect(tested).toMatchObject({ code: 0, stdout: expect.stringContaining('SUCCESS') });
    },
    LIMIT_MS,
  );

  it(
    'takes the page of the metrics, and finds their names as they should be',
    async () => {
      const input = await page();
      expect(input).toContain('outrigger_rollout_undecided{');
      const checked = await runTool('promtool', ['check', 'metrics'], { input });
      expect(checked).toEqual({ code: 0, stdout: '', stderr: '' });
    },
    LIMIT_MS,
  );
});
