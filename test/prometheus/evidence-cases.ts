import { expect, it } from 'vitest';

import type { MetricQuery, MetricsRequest } from '../../src/controller/ports/metrics-source.ts';
import type { Evidence } from '../../src/judge/evidence.ts';
import { judgeQuery } from '../../src/judge/judge-query.ts';
import type { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { COHORTS, MEMBERS } from './judged-pods.ts';
import { trialVerdicts } from './trial-verdicts.ts';

/** A Prometheus that has scraped `page` every second up to `now`, for 20 s at least. */
export interface Subject {
  readonly source: PrometheusEvidenceSource;
  readonly address: string;
  /** Ms since the epoch. */
  readonly now: number;
}

const ratio = (name: string): MetricQuery => ({ kind: 'ratio', bad: `${name}{code=~"5.."}`, total: name });

/** The same questions and answers on the double and on a real Prometheus. */
export function evidenceCases(subject: () => Subject): void {
  const request = (query: MetricQuery, resolution = 3000): MetricsRequest => {
    const { address, now } = subject();
    return {
      connection: { address, headers: {}, matchLabels: {}, timeout: 10_000 },
      query,
      window: { from: now - 15_000, to: now, resolution },
      groupBy: 'pod',
      keys: MEMBERS.map(({ key }) => key),
      nodes: MEMBERS.map(({ node }) => node),
    };
  };
  const fetch = (query: MetricQuery, resolution?: number): Promise<Evidence> =>
    subject().source.fetch(request(query, resolution));
  const judge = async (query: MetricQuery): Promise<readonly string[]> => {
    const asked = request(query);
    return trialVerdicts(await subject().source.fetch(asked), COHORTS, asked.window);
  };

  // Again where a scrape came late: its counts then belong to another second than its timestamp says.
  it(
    'counts of all pods come in one answer, and failures that were never counted are none',
    { retry: { count: 5, delay: 3_000 } },
    async () => {
      const evidence = await fetch(ratio('bad_total'));
      if (evidence.kind !== 'samples') throw new Error(evidence.message);
      const byKey = new Map(evidence.samples.map(({ key, minutes }) => [key, minutes]));
      expect([...byKey.keys()].toSorted()).toEqual(MEMBERS.map(({ key }) => key).toSorted());
      for (const { key } of MEMBERS) {
        const minutes = byKey.get(key) ?? [];
        expect(minutes).toHaveLength(5);
        const total = minutes.reduce((sum, minute) => sum + (minute.total ?? 0), 0);
        // 20 a second for 15 s, by extrapolation from scrapes that are off the grid.
        expect(Math.abs(total - 300)).toBeLessThan(30);
      }
      const controls = COHORTS.flatMap((cohort) =>
        cohort.controls.flatMap(({ key }) => byKey.get(key) ?? []),
      );
      expect(controls.every(({ bad }) => bad === 0)).toBe(true);
    },
  );

  it('a fifth of failures fails, none passes', async () => {
    expect(await judge(ratio('bad_total'))).toEqual(['Fail HarmBeyondMargin', 'Fail HarmBeyondMargin']);
    expect(await judge(ratio('good_total'))).toEqual(['Pass WithinMargin', 'Pass WithinMargin']);
  });

  it('a resolution below two scrapes is called that', async () => {
    const evidence = await fetch(ratio('good_total'), 1000);
    if (evidence.kind !== 'samples') throw new Error(evidence.message);
    expect(evidence.scrapesPerSample).toBeLessThan(1.75);
  });

  it('a metric that is not there is no data', async () => {
    expect(await judge(ratio('no_such_total'))).toEqual(['Undecided NoData', 'Undecided NoData']);
  });

  it('a query that keeps the node is read by it, NaN apart', async () => {
    const asked = request({ kind: 'query', expr: 'max by (node, sensor) (heat)' });
    const verdicts = judgeQuery({
      rule: { kind: 'query', name: 'heat', max: 55, nodes: { count: 0 }, for: 0 },
      cohorts: COHORTS,
      window: asked.window,
      evidence: await subject().source.fetch(asked),
      alpha: 0.005,
      seed: 's',
    });
    // The candidates' hot sensor says NaN: what is left of them is cool.
    expect([...verdicts.values()].map(({ verdict, estimate }) => [verdict, estimate])).toEqual([
      ['Pass', 50],
      ['Pass', 50],
    ]);
  });

  it('a query that Prometheus refuses comes back with its words', async () => {
    expect(await fetch({ kind: 'query', expr: 'rate(heat)' })).toMatchObject({
      kind: 'unavailable',
      reason: 'QueryRefused',
      message: expect.stringMatching(/^Prometheus answered 4\d\d: bad_data: /u),
    });
  });
}
