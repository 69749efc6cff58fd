import { describe, expect, it } from 'vitest';
import type { MetricsSource } from '../controller/ports/metrics-source.ts';
import type { Evidence } from '../judge/evidence.ts';
import { conditionOf, objectOf, samples, stateOf, watchOf } from './fakes.ts';
import { measured, type QueryRecord } from './measured-metrics-source.ts';
import { operatorMetrics } from './operator-metrics.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');

const MODEL = objectOf('EdgeModel', 'defects', {
  nodes: { eligible: 10, ready: 7, offline: 2, lagging: 1, incompatible: 0 },
  conditions: [
    conditionOf('Ready', 'False', 'NoData'),
    conditionOf('Stalled', 'False'),
    conditionOf('Accepted', 'Unknown'),
    conditionOf('Reconciling', 'True'),
  ],
});
const ROLLOUT_STATUS = {
  phase: 'Holding',
  phaseSince: '2026-01-01T00:30:00Z',
  nodes: { total: 10, updated: 3, ready: 7, offline: 2, lagging: 1, failed: 1, suspect: 2 },
  conditions: [conditionOf('Ready', 'False', 'NoData'), conditionOf('Healthy', 'Unknown')],
  cohorts: [
    { name: 'orin', verdicts: [{ verdict: 'Undecided', reason: 'NoData' }] },
    { name: 'cpu', verdicts: [{ verdict: 'Pass', reason: 'WithinMargin' }] },
  ],
  rejected: [
    { at: '2026-01-01T00:10:00Z', reason: 'BoundBroken' },
    { at: '2026-01-01T00:20:00Z', reason: 'Crashing' },
    { at: '2026-01-01T00:40:00Z', reason: 'AbortedByPerson' },
  ],
};
const ROLLOUT = objectOf('EdgeRollout', 'careful', ROLLOUT_STATUS);

const page = async (state: Parameters<typeof stateOf>[0], metrics = operatorMetrics('1.2.3')) =>
  (await metrics.exposition(stateOf(state), NOW)).body;

describe('gauges of models and rollouts', () => {
  it('are what their status says', async () => {
    const body = await page({ models: [MODEL], rollouts: [ROLLOUT] });
    const model = 'namespace="vision",model="defects"';
    expect(samples(body, 'outrigger_model_')).toEqual([
      `outrigger_model_nodes{${model},state="eligible"} 10`,
      `outrigger_model_nodes{${model},state="ready"} 7`,
      `outrigger_model_nodes{${model},state="offline"} 2`,
      `outrigger_model_nodes{${model},state="lagging"} 1`,
      `outrigger_model_nodes{${model},state="incompatible"} 0`,
      `outrigger_model_condition{${model},type="Ready"} 0`,
      `outrigger_model_condition{${model},type="Stalled"} 0`,
      `outrigger_model_reason{${model},reason="NoData"} 1`,
    ]);
    const rollout = 'namespace="vision",rollout="careful",model="careful-model"';
    expect(samples(body, 'outrigger_rollout_').filter((line) => !line.includes('outcomes'))).toEqual([
      `outrigger_rollout_phase{${rollout},phase="Holding"} 1`,
      `outrigger_rollout_phase_since_timestamp_seconds{${rollout}} ${NOW / 1000 - 1800}`,
      `outrigger_rollout_reason{${rollout},reason="NoData"} 1`,
      `outrigger_rollout_undecided{${rollout},reason="NoData"} 1`,
      `outrigger_rollout_nodes{${rollout},state="updated"} 3`,
      `outrigger_rollout_nodes{${rollout},state="failed"} 1`,
      `outrigger_rollout_nodes{${rollout},state="suspect"} 2`,
      `outrigger_rollout_last_rollback_timestamp_seconds{${rollout}} ${NOW / 1000 - 2400}`,
    ]);
  });

  it('end with the object, and with the leadership', async () => {
    const metrics = operatorMetrics('1.2.3');
    const both = { models: [MODEL], rollouts: [ROLLOUT] };
    expect(samples(await page(both, metrics), 'outrigger_model_')).not.toEqual([]);
    const without = await page({ rollouts: [ROLLOUT] }, metrics);
    expect(samples(without, 'outrigger_model_')).toEqual([]);
    expect(samples(without, 'outrigger_rollout_phase{')).toHaveLength(1);
    for (const term of [undefined, { renewedAt: NOW, endedAt: NOW }]) {
      const body = await page({ ...both, term }, metrics);
      expect(samples(body, 'outrigger_model_')).toEqual([]);
      expect(samples(body, 'outrigger_rollout_phase')).toEqual([]);
      expect(samples(body, 'outrigger_leader')).toEqual(['outrigger_leader 0']);
    }
  });

  it('of a rollout that is over name no missing evidence', async () => {
    const over = objectOf('EdgeRollout', 'careful', { ...ROLLOUT_STATUS, phase: 'Promoted' });
    expect(samples(await page({ rollouts: [over] }), 'outrigger_rollout_undecided')).toEqual([]);
  });

  it('take no reason that is not a code, and stand a status that lacks everything', async () => {
    const strange = objectOf('EdgeModel', 'strange', {
      conditions: [conditionOf('Ready', 'False', 'edge-0815-exploded')],
      nodes: { eligible: 1 },
    });
    const body = await page({
      models: [strange, objectOf('EdgeModel', 'new', undefined)],
      rollouts: [objectOf('EdgeRollout', 'new', undefined)],
    });
    expect(samples(body, 'outrigger_model_')).toEqual([
      'outrigger_model_nodes{namespace="vision",model="strange",state="eligible"} 1',
      'outrigger_model_condition{namespace="vision",model="strange",type="Ready"} 0',
      'outrigger_model_reason{namespace="vision",model="strange",reason="Other"} 1',
    ]);
  });
});

describe('metrics of the process', () => {
  it('are derived from the operator', async () => {
    const body = await page({
      term: undefined,
      queueLength: 4,
      droppedEvents: 5,
      passes: [{ key: 'vision/defects', step: 'Acting', since: NOW }],
      stored: { pods: 7 },
      watches: [watchOf('pods', { lastAnswerAt: NOW }), watchOf('nodes', { connected: false })],
    });
    for (const line of [
      'outrigger_build_info{version="1.2.3"} 1',
      'outrigger_leader 0',
      'outrigger_ready 0',
      'outrigger_queue_depth 4',
      'outrigger_passes_running 1',
      'outrigger_stored_objects{resource="pods"} 7',
      'outrigger_watch_connected{resource="pods"} 1',
      'outrigger_watch_connected{resource="nodes"} 0',
      `outrigger_watch_last_answer_timestamp_seconds{resource="pods"} ${NOW / 1000}`,
      'outrigger_events_dropped_total 5',
    ]) {
      expect(body.split('\n')).toContain(line);
    }
  });

  it('count what happens, outcomes from 0', async () => {
    const metrics = operatorMetrics('1.2.3');
    metrics.meter.pass('done', 30);
    metrics.meter.action('CreatePod', 'refused');
    metrics.meter.outcome('RolledBack');
    metrics.meter.watchFailed('pods');
    metrics.onRequest({ verb: 'create', resource: 'pods', status: 201, dryRun: true, durationMs: 4 });
    const body = await page({}, metrics);
    for (const line of [
      'outrigger_reconcile_total{outcome="done"} 1',
      'outrigger_reconcile_duration_seconds_bucket{le="0.05"} 1',
      'outrigger_actions_total{kind="CreatePod",outcome="refused"} 1',
      'outrigger_rollout_outcomes_total{outcome="RolledBack"} 1',
      'outrigger_rollout_outcomes_total{outcome="AbortedByPerson"} 0',
      'outrigger_watch_failures_total{resource="pods"} 1',
      'outrigger_api_requests_total{verb="create",resource="pods",code="201",dry_run="true"} 1',
    ]) {
      expect(body.split('\n')).toContain(line);
    }
  });
});

describe('measured', () => {
  it('tells what became of each query and how long it took, and passes the evidence on', async () => {
    const answers: Evidence[] = [
      { kind: 'samples', samples: [{ key: 'a', minutes: [] }] },
      { kind: 'samples', samples: [] },
      { kind: 'unavailable', reason: 'QueryTimeout', message: 'no answer' },
    ];
    let now = 0;
    let next = 0;
    const source: MetricsSource = {
      fetch: async () => {
        now += 70;
        return answers[next++] ?? { kind: 'samples', samples: [] };
      },
      describe: () => ({ query: 'up' }),
    };
    const told: QueryRecord[] = [];
    const metrics = operatorMetrics('1.2.3');
    const of = measured(source, { now: () => now }, (record) => {
      told.push(record);
      metrics.onQuery(record);
    });
    const request = {
      connection: undefined,
      query: { kind: 'query', expr: 'up' },
      window: { from: 0, to: 1, resolution: 1 },
      groupBy: 'pod',
      keys: [],
      nodes: [],
    } as const;
    const got = [await of.fetch(request), await of.fetch(request), await of.fetch(request)];
    expect(got).toEqual(answers);
    expect(told.map(({ outcome }) => outcome)).toEqual(['Samples', 'NoSamples', 'QueryTimeout']);
    const body = await page({}, metrics);
    expect(body).toContain('outrigger_prometheus_queries_total{outcome="QueryTimeout"} 1');
    expect(body).toContain('outrigger_prometheus_query_duration_seconds_bucket{le="0.1"} 3');
    expect(of.describe({ ...request, matchLabels: {}, resolution: 1 })).toEqual({ query: 'up' });
  });
});
