import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryOf, stepOf, verdictOf } from '../fixtures/memory.ts';
import { alphaOf, trialAlpha } from './error-rate.ts';
import { withStep } from './memory.ts';
import { settleVerdicts } from './settle-verdicts.ts';

describe('the shares of the false-rollback rate', () => {
  it('come to no more than the rate, over metrics, waves, walks and any number of looks', () => {
    const window = { from: 0, to: 1, verdicts: [verdictOf('Undecided', 'HarmNotRuledOut')] };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        (metrics, looks, walks) => {
          let memory = memoryOf({
            metrics: Array.from({ length: metrics }, (_, index) => ({
              name: `m${index}`,
              pods: ['restarts' as const],
            })),
          });
          let spent = 0;
          for (let walk = 0; walk < walks; walk += 1) {
            memory = { ...memory, walks: [...memory.walks, { cohorts: [`c${walk}`], steps: [] }] };
            for (const index of [0, 1]) {
              for (let count = 0; count <= looks; count += 1) {
                const verdicts = memory.metrics.map(({ name }) => ({ ...window.verdicts[0], metric: name }));
                const step = stepOf(index, ['a'], {
                  windows: Array.from({ length: count }, () => ({ ...window, verdicts: verdicts as never })),
                });
                memory = withStep(memory, step);
                if (count < looks)
                  for (const { name } of memory.metrics) spent += alphaOf(memory, step, name ?? '');
              }
            }
          }
          expect(spent).toBeLessThanOrEqual(memory.analysis.falseRollbackRate);
          expect(spent).toBeGreaterThan(memory.analysis.falseRollbackRate / 2);
        },
      ),
    );
  });
});

const passedBefore = (by: 'Judge' | 'PromotedByPerson') => {
  const windows = [{ from: 0, to: 1, verdicts: [verdictOf('Pass', 'PodsHealthy')] }];
  const steps = [stepOf(0, ['a'], { windows, passed: { at: '', by } }), stepOf(2, ['b'])];
  return memoryOf({ walks: [{ cohorts: ['cpu'], steps }] });
};

describe('what the verdicts of a look come to', () => {
  const pass = verdictOf('Pass', 'PodsHealthy');
  const none = verdictOf('Undecided', 'NoControls');
  it.each([
    { name: 'all pass', verdicts: [pass, pass], is: 'Pass' },
    {
      name: 'one fails',
      verdicts: [pass, verdictOf('Undecided', 'NoData'), verdictOf('Fail', 'PodsUnhealthy')],
      is: 'Fail',
    },
    { name: 'no data', verdicts: [pass, verdictOf('Undecided', 'NoData')], is: 'Undecided NoData' },
    {
      name: 'data that do not decide',
      verdicts: [verdictOf('Undecided', 'HarmNotProven')],
      is: 'Undecided HarmNotProven, looked',
    },
    {
      name: 'one looked, the other had no data',
      verdicts: [verdictOf('Undecided', 'HarmNotProven'), verdictOf('Undecided', 'StaleData')],
      is: 'Undecided HarmNotProven',
    },
    { name: 'nothing', verdicts: [], is: 'Undecided NoVerdict' },
    { name: 'no controls, in the first wave', verdicts: [none], is: 'Undecided NoControls' },
    { name: 'no controls, after a Pass', memory: passedBefore('Judge'), verdicts: [none], is: 'Pass' },
    {
      name: 'no controls, after a Pass of another metric',
      memory: passedBefore('Judge'),
      verdicts: [{ ...none, metric: 'errors' }],
      is: 'Undecided NoControls',
    },
    {
      name: 'no controls, after a person stood in',
      memory: passedBefore('PromotedByPerson'),
      verdicts: [none],
      is: 'Undecided NoControls',
    },
  ])('$name: $is', ({ memory = memoryOf(), verdicts, is }) => {
    const settled = settleVerdicts(memory, verdicts, { first: false, last: true });
    const more =
      settled.kind === 'Undecided' ? ` ${settled.reason.code}${settled.looked ? ', looked' : ''}` : '';
    expect(`${settled.kind}${more}`).toBe(is);
  });
});

describe("the share of a wave's sequential trials", () => {
  const errors = { name: 'errors', ratio: { bad: 'a', total: 'b' }, maxIncrease: { absolute: '1%' } };
  const health = { name: 'health', pods: ['restarts' as const] };

  it('comes to no more than what is left of the wave, over any number of trials', () => {
    const memory = memoryOf({ metrics: [errors, { ...errors, name: 'more' }, health] });
    // Two waves soak; two of three metrics are judged so.
    const most = (memory.analysis.falseRollbackRate / 2) * (2 / 3);
    let spent = 0;
    for (let trial = 0; trial < 2000; trial += 1) spent += trialAlpha(memory, trial);
    expect(spent).toBeLessThanOrEqual(most);
    expect(spent).toBeGreaterThan(0.99 * most);
    expect(trialAlpha(memory, 0)).toBeCloseTo(0.75 * most);
    expect(trialAlpha(memory, 1)).toBeLessThan(trialAlpha(memory, 0));
  });

  it('is all of it where nothing else is judged, and none where nothing is judged so', () => {
    expect(trialAlpha(memoryOf({ metrics: [errors] }), 0)).toBeCloseTo(0.75 * 0.005);
    expect(trialAlpha(memoryOf({ metrics: [health] }), 0)).toBe(0);
  });
});
