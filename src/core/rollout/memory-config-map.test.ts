import { describe, expect, it } from 'vitest';
import { memoryOf, revisionOf, stepOf } from '../fixtures/memory.ts';
import { memoryConfigMap, parseMemory } from './memory-config-map.ts';
import { packNumbers } from './packed-numbers.ts';

describe('the memory of a candidate', () => {
  it('is read as it was written', () => {
    const memory = memoryOf({
      walks: [{ cohorts: ['cpu'], steps: [stepOf(0, ['a'], { windows: [{ from: 1, to: 2 }] })] }],
    });
    expect(parseMemory(memoryConfigMap('defects', 'vision', revisionOf(), memory, '7'))).toEqual(memory);
  });

  it.each([
    '',
    'null',
    '{}',
    '[]',
    '{"revision":"a","attempt":1,"seed":"s","walks":[],"waves":[],"metrics":[],"analysis":null}',
  ])('that reads %j is lost', (text) => {
    const object = memoryConfigMap('defects', 'vision', revisionOf(), memoryOf(), undefined);
    const damaged = { ...object, data: { 'memory.json': text } };
    expect(parseMemory(damaged)).toBeUndefined();
  });
});

describe('the memory of a large fleet', () => {
  const COHORTS = 10;
  const JUDGED = 512;
  const METRICS = 6;
  const numbers = Array.from({ length: COHORTS * JUDGED }, (_, index) => Math.sin(index) / 3);
  const baselines = packNumbers(
    Object.fromEntries(
      Array.from({ length: METRICS }, (_, index) => [
        `metric-${index}`,
        { kind: 'counts', rates: numbers, doubts: numbers, cohorts: numbers.slice(0, COHORTS), drift: 0.1 },
      ]),
    ),
  );
  const names = (cohort: number, from: number) =>
    Array.from(
      { length: JUDGED / 2 },
      (_, index) => `edge-${cohort}-${String(from + index).padStart(6, '0')}`,
    );
  const cohorts = Object.fromEntries(
    Array.from({ length: COHORTS }, (_, index) => [
      `orin-trt-region-${index}`,
      { nodes: names(index, 0), controls: names(index, 5000), drawn: true, eligible: 5000 },
    ]),
  );
  const trials = [
    {
      cohorts: Object.keys(cohorts),
      judged: COHORTS * JUDGED,
      baselines,
      memory: { rows: 10_000, crossed: btoa('\0'.repeat(1250)), passed: { 'metric-0': 15 } },
    },
  ];
  const step = (index: number) => stepOf(index, [], { cohorts, trials });
  const written = (count: number) => {
    const walks = [
      { cohorts: Object.keys(cohorts), steps: Array.from({ length: count }, (_, index) => step(index)) },
    ];
    const object = memoryConfigMap('defects', 'vision', revisionOf(), memoryOf({ walks }), '7');
    return { object, steps: parseMemory(object)?.walks.flatMap(({ steps }) => steps) ?? [] };
  };

  it('holds the baselines of a wave beside its rosters', () => {
    const { object, steps } = written(1);
    expect(steps).toEqual([step(0)]);
    expect(JSON.stringify(object).length).toBeLessThan(1024 * 1024);
  });

  it('leaves out the baselines of the oldest waves where all would not fit, and nothing else', () => {
    const { object, steps } = written(3);
    expect(JSON.stringify(object).length).toBeLessThan(1024 * 1024);
    expect(steps.at(-1)).toEqual(step(2));
    const [first] = steps;
    expect(first?.trials?.[0]).toEqual({
      cohorts: trials[0]?.cohorts,
      memory: trials[0]?.memory,
      leftOut: 'Size',
    });
    expect(first?.cohorts).toEqual(cohorts);
  });
});
