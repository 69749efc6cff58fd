import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../judge/evidence.ts';
import type { Ask } from './ask.ts';
import type { SampledQuery } from './metric-store.ts';
import { MetricStore } from './metric-store.ts';
import { trackOf } from './track.ts';
import { timeAxis } from './time-axis.ts';

type Samples = Extract<Evidence, { kind: 'samples' }>;

const MINUTE = 60_000;
const AXIS = timeAxis({ from: 0, resolution: MINUTE, historyEnd: 0, history: 0 });
const KEYS = ['a', 'b'];
const ASK: Ask = { stretch: 'window', first: 0, end: 4, keys: KEYS, late: true };

const storeOf = (query: SampledQuery, answers: readonly Samples[]): MetricStore => {
  const store = new MetricStore(query, AXIS);
  for (const answer of answers) store.ingest(ASK, answer, 4, 4);
  return store;
};

/** All that a judge can see of it. */
const seen = (store: MetricStore): unknown => {
  const common = store.bounds();
  const metric = { name: 'm', store, buckets: store.reader(common?.bounds ?? []) };
  const tracks = KEYS.map((key) =>
    trackOf(
      { node: key, cohort: 'c', candidate: false, key, historyKey: key },
      { past: key, present: [key] },
      [metric],
    ),
  );
  return { common, tracks };
};

const LAYOUTS = [
  { bounds: [0.1, 0.5, 1], histograms: 'Classic' },
  { bounds: [0.1, 1], histograms: 'Classic' },
  { bounds: [0.25, 0.5, 1, 2], histograms: 'Native' },
] as const;

const count = fc.oneof(
  fc.nat(50),
  fc.constant(Number.NaN),
  fc.constant(-1),
  fc.double({ min: 0, max: 9, noNaN: true }),
);

const histogramAnswer: fc.Arbitrary<Samples> = fc.constantFrom(...LAYOUTS).chain((layout) =>
  fc
    .array(
      fc.record({
        key: fc.constantFrom(...KEYS),
        step: fc.integer({ min: -1, max: 5 }),
        buckets: fc.array(fc.nat(9), {
          minLength: layout.bounds.length + 1,
          maxLength: layout.bounds.length + 1,
        }),
      }),
      { maxLength: 6 },
    )
    .map((cells): Samples => ({
      kind: 'samples',
      ...layout,
      samples: cells.map(({ key, step, buckets }) => ({
        key,
        minutes: [{ at: (step + 1) * MINUTE, buckets }],
      })),
    })),
);

const countAnswer: fc.Arbitrary<Samples> = fc
  .array(
    fc.record({
      key: fc.constantFrom(...KEYS),
      step: fc.integer({ min: -1, max: 5 }),
      total: count,
      bad: count,
    }),
    { maxLength: 8 },
  )
  .map((cells): Samples => ({
    kind: 'samples',
    samples: cells.map(({ key, step, total, bad }) => ({
      key,
      minutes: [{ at: (step + 1) * MINUTE, total, bad }],
    })),
  }));

const LATENCY: SampledQuery = { kind: 'latency', histogram: 'h' };
const RATIO: SampledQuery = { kind: 'ratio', bad: 'b', total: 't' };

describe('the order of answers, and how often they come, make no difference', () => {
  it.each([
    ['counts', RATIO, countAnswer],
    ['histograms', LATENCY, histogramAnswer],
  ] as const)('of %s', (_, query, answer) => {
    fc.assert(
      fc.property(
        fc
          .array(answer, { minLength: 1, maxLength: 5 })
          .chain((answers) =>
            fc.tuple(
              fc.constant(answers),
              fc.shuffledSubarray([...answers, ...answers], { minLength: 2 * answers.length }),
            ),
          ),
        ([answers, shuffled]) => {
          expect(seen(storeOf(query, shuffled))).toEqual(seen(storeOf(query, answers)));
        },
      ),
      { numRuns: 300 },
    );
  });
});

const answer = (layout: (typeof LAYOUTS)[number], key: string, buckets: readonly number[]): Samples => ({
  kind: 'samples',
  ...layout,
  samples: [{ key, minutes: [{ at: MINUTE, buckets }] }],
});
const bucketsOf = (store: MetricStore, key: string): unknown => {
  const { tracks } = seen(store) as { readonly tracks: readonly { name: string; series: object }[] };
  return tracks.find(({ name }) => name === key)?.series;
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('histograms', () => {
  it('of answers with other bounds come down to those that all have, and no count is lost', () => {
    const [fine, coarse] = LAYOUTS;
    const store = storeOf(LATENCY, [answer(fine, 'a', [1, 2, 3, 4]), answer(coarse, 'b', [5, 6, 7])]);
    expect(store.bounds()).toEqual({ bounds: [0.1, 1], form: 'Classic' });
    expect(bucketsOf(store, 'a')).toEqual({ m: { buckets: [[1, 5, 4]] } });
    expect(bucketsOf(store, 'b')).toEqual({ m: { buckets: [[5, 6, 7]] } });
  });

  it('that are native are shared out where others are classic', () => {
    const [classic, , native] = LAYOUTS;
    const store = storeOf(LATENCY, [
      answer(classic, 'a', [1, 2, 3, 4]),
      // Half of (0.25, 0.5], all of (0.5, 1], all of (1, 2].
      answer(native, 'b', [0, 8, 4, 2, 0]),
    ]);
    expect(store.bounds()).toEqual({ bounds: [0.1, 0.5, 1], form: 'Mixed' });
    expect(bucketsOf(store, 'b')).toEqual({ m: { buckets: [[0, 8, 4, 2]] } });
  });

  it('of a pod that can be compared with none of the others are named, from one answer or from several', () => {
    const odd = { bounds: [100], histograms: 'Classic' } as const;
    const fine = LAYOUTS[0];
    const store = storeOf(LATENCY, [answer(fine, 'a', [10, 10, 10, 0]), answer(fine, 'b', [10, 10, 10, 0])]);
    expect(store.bounds()?.differ).toBeUndefined();
    store.ingest(
      { ...ASK, keys: ['c'], late: false },
      { kind: 'samples', ...odd, samples: [{ key: 'c', minutes: [{ at: MINUTE, buckets: [30, 0] }] }] },
      4,
      4,
    );
    expect(store.bounds()?.differ).toMatch(/^the histograms of c have other bounds/u);
    const told = new MetricStore(LATENCY, AXIS);
    const told1 = { ...answer(fine, 'a', [1, 0, 0, 0]), bucketsDiffer: 'said by the answer' };
    told.ingest({ ...ASK, late: false }, told1, 4, 4);
    expect(told.bounds()?.differ).toBe('said by the answer');
    told.ingest({ ...ASK, late: false }, answer(fine, 'a', [1, 0, 0, 0]), 4, 4);
    expect(told.bounds()?.differ).toBeUndefined();
  });

  it('keep at most 64 bounds, and all counts', () => {
    const bounds = Array.from({ length: 200 }, (_, i) => 1.09 ** (i - 100));
    const buckets = [...bounds, Infinity].map((_, i) => (i === 200 ? 0 : 1 + (i % 3)));
    const store = storeOf(LATENCY, [
      {
        kind: 'samples',
        bounds,
        histograms: 'Native',
        samples: [{ key: 'a', minutes: [{ at: MINUTE, buckets }] }],
      },
    ]);
    expect(store.bounds()?.bounds).toHaveLength(64);
    const { tracks } = seen(store) as {
      readonly tracks: readonly {
        readonly series: { readonly m: { readonly buckets: readonly number[][] } };
      }[];
    };
    expect(sum(tracks[0]?.series.m.buckets[0] ?? [])).toBeCloseTo(sum(buckets), 6);
  });
});
