import { describe, expect, test } from 'vitest';

import { prometheusTiming } from './prometheus-settings.ts';
import { scaled, withDefaults } from './rollout-settings.ts';

const MINUTE = 60_000;

describe('the settings of a rollout that says nothing', () => {
  const settings = withDefaults({ modelRef: { name: 'detector' } });

  test('are the documented ones', () => {
    expect(settings).toEqual({
      modelName: 'detector',
      cohortsBy: [],
      canarySelector: undefined,
      waves: [
        { name: 'canary', nodes: 1, soakMs: 60 * MINUTE, approvalRequired: false },
        { name: 'tenth', nodes: '10%', soakMs: 60 * MINUTE, approvalRequired: false },
        { name: 'half', nodes: '50%', soakMs: 120 * MINUTE, approvalRequired: false },
        { name: 'all', nodes: '100%', soakMs: 0, approvalRequired: false },
      ],
      firstRevision: 'Immediate',
      revert: 'Immediate',
      limits: {
        maxUnavailable: '10%',
        maxPrefetching: 5,
        minReachable: 0.8,
        progressDeadlineMs: 30 * MINUTE,
        failureThreshold: 0.2,
        minFailedNodes: 2,
        holdback: '10%',
      },
      analysis: {
        falseRollbackRate: 0.01,
        method: 'Auto',
        groupBy: 'pod',
        resolutionMs: MINUTE,
        warmupMs: 5 * MINUTE,
        historyMs: 24 * 60 * MINUTE,
        metrics: [],
      },
      onFailure: 'Rollback',
      failureScope: 'Fleet',
      onInconclusive: 'Hold',
      inconclusiveAfterMs: 24 * 60 * MINUTE,
      updateWindows: [],
      timeZone: { default: 'UTC', fromNodeLabel: undefined },
      paused: false,
    });
  });
});

describe('a finer resolution', () => {
  const spec = {
    modelRef: { name: 'detector' },
    waves: [
      { name: 'canary', nodes: 2, soak: '60s' },
      { name: 'tenth', nodes: '10%' },
      { name: 'all', nodes: '100%' },
    ],
    analysis: { resolution: '5s' },
  } as const;

  test('scales what is left open, and takes as written what is written', () => {
    const { waves, analysis } = withDefaults(spec);
    expect(waves.map(({ soakMs }) => soakMs)).toEqual([60_000, 150_000, 0]);
    expect(analysis).toMatchObject({ resolutionMs: 5000, warmupMs: 25_000, historyMs: 7_200_000 });
    expect(withDefaults({ ...spec, analysis: { resolution: '5s', warmup: '10s' } }).analysis.warmupMs).toBe(
      10_000,
    );
  });

  test('scales the default waves as well', () => {
    const { waves } = withDefaults({ modelRef: { name: 'm' }, analysis: { resolution: '5s' } });
    expect(waves.map(({ soakMs }) => soakMs)).toEqual([300_000, 300_000, 600_000, 0]);
  });

  test('asks Prometheus for samples that are younger', () => {
    expect(prometheusTiming(undefined, 5000)).toEqual({ timeoutMs: 10_000, queryDelayMs: 2500 });
    expect(prometheusTiming({ timeout: '3s', queryDelay: '1m' }, 5000)).toEqual({
      timeoutMs: 3000,
      queryDelayMs: 60_000,
    });
    expect(scaled('30s', 2 * MINUTE)).toBe(60_000);
  });
});
