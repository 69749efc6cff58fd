import { describe, expect, it } from 'vitest';
import type { Evidence, MinuteSample } from './evidence.ts';
import { arms, WINDOW } from './fixtures/inquiry.ts';
import { judgeQuery } from './judge-query.ts';
import type { QueryRule } from './rule.ts';
import type { Verdict } from './verdict.ts';

const RULE: QueryRule = { kind: 'query', name: 'temperature', max: 85, nodes: { count: 0 }, for: 0 };
const COHORT = arms('a', 8, 3);

const values = (...list: readonly number[]): readonly MinuteSample[] =>
  list.map((value, i) => ({ at: (i + 1) * 60_000, value }));
const flat = (value: number): readonly MinuteSample[] => values(...Array.from({ length: 10 }, () => value));
const hotFrom = (from: number, to = 10): readonly MinuteSample[] =>
  values(...Array.from({ length: 10 }, (_, i) => (i >= from && i < to ? 90 : 60)));

const evidence = (
  candidates: readonly (readonly MinuteSample[])[],
  controls: readonly (readonly MinuteSample[])[] = Array.from({ length: 5 }, () => flat(60)),
): Evidence => ({
  kind: 'samples',
  samples: [
    ...COHORT.candidates.map(({ key }, i) => ({ key, minutes: candidates[i] ?? flat(60) })),
    ...COHORT.controls.map(({ key }, i) => ({ key, minutes: controls[i] ?? [] })),
  ],
});

const judge = (data: Evidence, rule: Partial<QueryRule> = {}, cohort = COHORT): Verdict | undefined =>
  judgeQuery({
    rule: { ...RULE, ...rule },
    cohorts: [cohort],
    window: WINDOW,
    evidence: data,
    alpha: 0.005,
    seed: 's',
  }).get('a');

describe('judgeQuery', () => {
  it.each<[string, Evidence, Partial<QueryRule>, Verdict['verdict'], Verdict['reason']]>([
    ['all within', evidence([]), {}, 'Pass', 'WithinBound'],
    ['at the bound is within', evidence([flat(85)]), {}, 'Pass', 'WithinBound'],
    ['one above', evidence([hotFrom(4, 5)]), {}, 'Fail', 'BoundBroken'],
    ['above for less than `for`', evidence([hotFrom(4, 7)]), { for: 240_000 }, 'Pass', 'WithinBound'],
    ['above for as long as `for`', evidence([hotFrom(4, 8)]), { for: 240_000 }, 'Fail', 'BoundBroken'],
    [
      'above twice, each time shorter',
      evidence([values(90, 90, 60, 90, 90, 60, 90, 60, 90, 60)]),
      { for: 180_000 },
      'Pass',
      'WithinBound',
    ],
    [
      'a lost scrape heals nothing',
      evidence([hotFrom(4, 8).filter((_, i) => i !== 5)]),
      { for: 180_000 },
      'Fail',
      'BoundBroken',
    ],
    ['one of three may', evidence([flat(90)]), { nodes: { count: 1 } }, 'Pass', 'WithinBound'],
    ['a third of three may', evidence([flat(90)]), { nodes: { share: 0.34 } }, 'Pass', 'WithinBound'],
    ['a tenth of three is none', evidence([flat(90)]), { nodes: { share: 0.1 } }, 'Fail', 'BoundBroken'],
    ['below a lower bound', evidence([flat(10)]), { min: 20 }, 'Fail', 'BoundBroken'],
    [
      'the controls are as hot',
      evidence([flat(90)], [flat(90), flat(60), flat(60), flat(60), flat(60)]),
      {},
      'Undecided',
      'ControlsBreakBound',
    ],
    ['hot candidates and silent controls', evidence([flat(90)], []), {}, 'Undecided', 'NoControlData'],
    ['cool candidates and silent controls', evidence([], []), {}, 'Pass', 'WithinBound'],
    ['nothing at all', { kind: 'samples', samples: [] }, {}, 'Undecided', 'NoData'],
    [
      'NaN only',
      evidence([flat(Number.NaN), flat(Number.NaN), flat(Number.NaN)]),
      {},
      'Undecided',
      'NoCandidateData',
    ],
    [
      'infinity is no temperature',
      evidence([values(60, Number.POSITIVE_INFINITY, 60, 60, 60, 60, 60, 60, 60, 60)]),
      {},
      'Pass',
      'WithinBound',
    ],
    ['one candidate silent', evidence([[]]), {}, 'Undecided', 'PartialData'],
    [
      'hot and then silent',
      evidence([hotFrom(0, 10).slice(0, 4), flat(60).slice(0, 4), flat(60).slice(0, 4)]),
      {},
      'Undecided',
      'StaleData',
    ],
    ['a window shorter than `for`', evidence([]), { for: 900_000 }, 'Undecided', 'WindowTooShort'],
    [
      'Prometheus away',
      { kind: 'unavailable', reason: 'PrometheusUnreachable', message: 'refused' },
      {},
      'Undecided',
      'PrometheusUnreachable',
    ],
  ])('%s', (_, data, rule, verdict, reason) => {
    expect(judge(data, rule)).toMatchObject({ verdict, reason });
  });

  it('says how many and how bad', () => {
    expect(judge(evidence([hotFrom(4)]), { for: 120_000 })?.message).toBe(
      '1 of 3 candidates were above 85 for 2m, 0 may be; the worst value is 90',
    );
  });

  it('holds each series of a node to the bound, one hot device is enough', () => {
    expect(judge(evidence([[...flat(50), ...hotFrom(3, 4)]]))).toMatchObject({
      verdict: 'Fail',
      estimate: 90,
    });
  });

  it('finds samples under the node’s name where the query kept only that', () => {
    const byNode: Evidence = {
      kind: 'samples',
      samples: [...COHORT.candidates, ...COHORT.controls].map(({ node }) => ({
        key: node,
        minutes: flat(60),
      })),
    };
    expect(judge(byNode)?.verdict).toBe('Pass');
  });

  it('needs no controls', () => {
    const alone = arms('a', 1, 1);
    expect(
      judge({ kind: 'samples', samples: [{ key: 'a-pod-0', minutes: flat(90) }] }, {}, alone),
    ).toMatchObject({ verdict: 'Fail', controls: 0 });
  });
});
