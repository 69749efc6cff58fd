import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeMinutes } from './evidence.ts';
import { arms, evenEvidence, ratioInquiry } from './fixtures/inquiry.ts';
import { judgeRatio } from './judge-ratio.ts';
import type { Verdict } from './verdict.ts';

const WELL = { bad: 1, total: 200 };

type Samples = readonly NodeMinutes[];

describe('judgeRatio keeps its verdict', () => {
  const cohorts = [arms('a', 10, 3)];
  const minutes = fc.array(fc.record({ bad: fc.nat(20), total: fc.integer({ min: 20, max: 200 }) }), {
    minLength: 10,
    maxLength: 10,
  });
  const fleet = fc.array(minutes, { minLength: 10, maxLength: 10 }).map((nodes): Samples =>
    nodes.map((steps, i) => ({
      key: `a-pod-${i}`,
      minutes: steps.map((step, at) => ({ at: (at + 1) * 60_000, ...step })),
    })),
  );
  const of = (samples: Samples): Verdict | undefined =>
    judgeRatio({ ...ratioInquiry(cohorts, { kind: 'samples', samples }), alpha: 0.05 }).get('a');

  it('in whatever order samples come, and how often', () => {
    fc.assert(
      fc.property(fleet, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (samples, dice) => {
        const mixed = samples.flatMap(({ key, minutes: own }) => {
          const order = own
            .map((minute) => ({ minute, by: dice.next().value }))
            .toSorted((a, b) => a.by - b.by);
          const once = order.map(({ minute }) => minute);
          return [
            { key, minutes: once.slice(0, 4) },
            { key, minutes: once.slice(2) },
          ];
        });
        expect(of(mixed.toReversed())).toEqual(of(samples));
      }),
      { numRuns: 40 },
    );
  });

  it('when samples of other pods and other times come along', () => {
    fc.assert(
      fc.property(fleet, (samples) => {
        const others = samples.map(({ key, minutes: own }) => ({ key: `${key}-other`, minutes: own }));
        const later = samples.map(({ key }) => ({
          key,
          minutes: [
            { at: 660_000, bad: 99, total: 99 },
            { at: 0, bad: 99, total: 99 },
          ],
        }));
        expect(of([...others, ...samples, ...later])).toEqual(of(samples));
      }),
      { numRuns: 20 },
    );
  });

  it('when NaN takes the place of nothing', () => {
    const samples = evenEvidence(cohorts, WELL, WELL).samples;
    const missing = samples.map(({ key, minutes: own }) => ({
      key,
      minutes: own.filter(({ at }) => at !== 300_000),
    }));
    const notNumbers = samples.map(({ key, minutes: own }) => ({
      key,
      minutes: own.map((minute) =>
        minute.at === 300_000 ? { at: minute.at, bad: Number.NaN, total: 5 } : minute,
      ),
    }));
    expect(of(notNumbers)).toEqual(of(missing));
  });

  it('and never fails both a draw and its opposite', () => {
    fc.assert(
      fc.property(fleet, (samples) => {
        const swapped = cohorts.map((cohort) => ({
          ...cohort,
          candidates: cohort.controls,
          controls: cohort.candidates,
        }));
        const one = of(samples)?.verdict;
        const other = judgeRatio({ ...ratioInquiry(swapped, { kind: 'samples', samples }), alpha: 0.05 }).get(
          'a',
        )?.verdict;
        expect([one, other]).not.toEqual(['Fail', 'Fail']);
      }),
      { numRuns: 40 },
    );
  });
});
