import { assert as check, jsonValue, property } from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseEvidence } from './evidence-file.ts';

const MINUTES = [-2, -1, 0, 1];
const RATIO = { name: 'errors', kind: 'ratio' };
const LATENCY = { name: 'latency', kind: 'latency', bounds: [0.1, 1] };
const MEAN = { name: 'confidence', kind: 'mean' };
const ERRORS = { total: [60, 61, 62, 63], bad: [0, 1, 0, 2] };
const BUCKETS = {
  buckets: [
    [1, 2, 0],
    [3, 4, 1],
    [5, 6, 0],
    [7, 8, 2],
  ],
};

const DEFAULTS = { falseRollbackRate: 0.01, method: 'Auto', seed: '' };

const nodeOf = (more: object = {}) => ({
  name: 'edge-1',
  cohort: 'orin',
  candidate: true,
  minutes: MINUTES,
  series: { errors: ERRORS },
  ...more,
});

const fileOf = (more: object = {}) => ({
  falseRollbackRate: 0.01,
  method: 'Auto',
  seed: 'abc',
  horizonMinutes: 60,
  looks: [2, 3],
  metrics: [RATIO],
  nodes: [nodeOf()],
  ...more,
});

const trialOf = (file: object) => {
  const read = parseEvidence(file);
  if (!read.ok) throw new Error(read.errors.map(({ path, message }) => `${path}: ${message}`).join('; '));
  return read.trial;
};

const errorsOf = (file: unknown): readonly string[] => {
  const read = parseEvidence(file);
  return read.ok ? [] : read.errors.map(({ path, message }) => `${path}: ${message}`);
};

describe('an evidence file', () => {
  it('is a trial, sample by sample', () => {
    expect(trialOf(fileOf())).toEqual({
      falseRollbackRate: 0.01,
      method: 'Auto',
      seed: 'abc',
      horizonMinutes: 60,
      looks: [2, 3],
      metrics: [RATIO],
      nodes: [nodeOf({ arrived: undefined })],
    });
  });

  it('takes series of each kind', () => {
    const series = {
      errors: ERRORS,
      latency: BUCKETS,
      confidence: { sum: [-1, 0.5, 2, 3], count: [1, 1, 2, 2] },
      scores: BUCKETS,
    };
    const metrics = [RATIO, LATENCY, MEAN, { ...LATENCY, name: 'scores', kind: 'drift', maxPsi: '0.2' }];
    const trial = trialOf(fileOf({ metrics, nodes: [nodeOf({ series })] }));
    expect(trial.nodes[0]?.series).toEqual(series);
    expect(trial.metrics[3]).toMatchObject({ kind: 'drift', bounds: [0.1, 1], maxPsi: 0.2 });
  });

  test.each([
    ['a rate as a percent', { falseRollbackRate: '1%' }, { falseRollbackRate: 0.01 }],
    ['a rate as a decimal in quotes', { falseRollbackRate: '0.05' }, { falseRollbackRate: 0.05 }],
    ['no rate, method or seed', { falseRollbackRate: null, method: undefined, seed: undefined }, DEFAULTS],
    ['a rate with a space', { falseRollbackRate: '0.5 %' }, { falseRollbackRate: 0.005 }],
    ['a rate with an exponent', { falseRollbackRate: '5e-3' }, { falseRollbackRate: 0.005 }],
    ['a seed that is a number', { seed: 42 }, { seed: '42' }],
    ['no looks', { looks: undefined, horizonMinutes: 5 }, { looks: [2, 3, 4, 5] }],
    ['no looks in a very short soak', { looks: null, horizonMinutes: 1 }, { looks: [1] }],
    ['looks in any order, some twice', { looks: [9, 3, 9, 2] }, { looks: [2, 3, 9] }],
    [
      'margins in any writing',
      { metrics: [{ ...RATIO, maxIncrease: { relative: '50%', absolute: 0.002 }, maxDecrease: '5%' }] },
      {
        metrics: [
          {
            ...RATIO,
            maxIncrease: { relative: 0.5, absolute: 0.002 },
            maxDecrease: { relative: 0.05 },
          },
        ],
      },
    ],
    [
      'a margin that is a number: a share of stable',
      { metrics: [{ ...RATIO, maxIncrease: 0.15 }] },
      { metrics: [{ ...RATIO, maxIncrease: { relative: 0.15 } }] },
    ],
    [
      'a bound of the last bucket',
      {
        metrics: [{ ...LATENCY, bounds: [0.1, 1, '+Inf'] }],
        nodes: [nodeOf({ series: { latency: BUCKETS } })],
      },
      { metrics: [LATENCY] },
    ],
    ['no nodes', { nodes: [] }, { nodes: [] }],
    [
      'cohorts that were not drawn, and a record that was lost',
      { undrawn: ['orin'], memoryWhole: false, resolutionMs: 10_000 },
      { undrawn: ['orin'], memoryWhole: false, resolutionMs: 10_000 },
    ],
  ])('takes %s', (_, given, expected) => {
    expect(trialOf(fileOf(given))).toMatchObject(expected);
  });

  test.each([
    ['left out: each sample at once', {}, undefined],
    ['null: none ever', { arrived: null }, [null, null, null, null]],
    ['a minute or null for each', { arrived: [0, 0, 1.5, null] }, [0, 0, 1.5, null]],
  ])('takes arrived %s', (_, given, expected) => {
    expect(trialOf(fileOf({ nodes: [nodeOf(given)] })).nodes[0]?.arrived).toEqual(expected);
  });

  it('takes null for a missing sample, and a histogram with a hole as one', () => {
    const series = {
      errors: { total: [null, 61, 62, 63], bad: [0, null, 0, 2] },
      latency: { buckets: [null, [1, null, 2], [5, 6, 0], [7, 8, 2]] },
    };
    const { nodes } = trialOf(fileOf({ metrics: [RATIO, LATENCY], nodes: [nodeOf({ series })] }));
    expect(nodes[0]?.series).toEqual({
      errors: series.errors,
      latency: { buckets: [null, null, [5, 6, 0], [7, 8, 2]] },
    });
  });

  it('takes nodes that lack a metric', () => {
    const nodes = [nodeOf({ series: {} }), nodeOf({ name: 'edge-2', series: { errors: null } })];
    expect(trialOf(fileOf({ nodes })).nodes.map(({ series }) => series)).toEqual([{}, {}]);
  });

  it('leaves minutes as they are: in any order, and one twice', () => {
    const minutes = [1, 0, 0, -1];
    expect(trialOf(fileOf({ nodes: [nodeOf({ minutes })] })).nodes[0]?.minutes).toEqual(minutes);
  });

  it('says which fields it does not know, and goes on', () => {
    const read = parseEvidence(
      fileOf({ truth: 2, metrics: [{ ...RATIO, maxincrease: 0.1 }], nodes: [nodeOf({ note: 'x' })] }),
    );
    expect(read.ok && read.ignored.map(({ path }) => path)).toEqual([
      'truth',
      'metrics[0].maxincrease',
      'nodes[0].note',
    ]);
  });

  test.each<[string, object, string]>([
    ['no horizon', { horizonMinutes: undefined }, 'horizonMinutes: Required value'],
    ['a rate of a hundred', { falseRollbackRate: 1 }, 'falseRollbackRate: must be above 0 and below 1'],
    ['a rate that is none', { falseRollbackRate: 'low' }, 'falseRollbackRate: must be a number or a percent'],
    [
      'a rate of infinity',
      { falseRollbackRate: 'Infinity' },
      'falseRollbackRate: must be a number or a percent',
    ],
    ['an empty rate', { falseRollbackRate: '%' }, 'falseRollbackRate: must be a number or a percent'],
    ['no look at all', { looks: [] }, 'looks: must have at least 1 item'],
    ['a method that is none', { method: 'Bayes' }, 'method: Unsupported value: "Bayes"'],
    ['no metric', { metrics: [] }, 'metrics: must have at least 1 item'],
    ['a kind that is none', { metrics: [{ ...RATIO, kind: 'rate' }] }, 'metrics[0].kind: Unsupported value'],
    ['two metrics of one name', { metrics: [RATIO, RATIO] }, 'metrics[1].name: Duplicate value: errors'],
    [
      'a histogram without bounds',
      { metrics: [{ ...LATENCY, bounds: null }] },
      'metrics[0].bounds: Required',
    ],
    [
      'bounds out of order',
      { metrics: [{ ...LATENCY, bounds: [1, 1] }] },
      'metrics[0].bounds: must be ascending',
    ],
    [
      'a negative margin',
      { metrics: [{ ...RATIO, maxIncrease: -1 }] },
      'metrics[0].maxIncrease.relative: must not',
    ],
    [
      'a margin of no kind',
      { metrics: [{ ...RATIO, maxIncrease: true }] },
      'metrics[0].maxIncrease: must be of',
    ],
    [
      'a node that is no candidate nor control',
      { nodes: [nodeOf({ candidate: 1 })] },
      'nodes[0].candidate: must',
    ],
    ['two nodes of one name', { nodes: [nodeOf(), nodeOf()] }, 'nodes[1].name: Duplicate value: edge-1'],
    [
      'a node without minutes',
      { nodes: [nodeOf({ minutes: undefined })] },
      'nodes[0].minutes: Required value',
    ],
    [
      'half a minute',
      { nodes: [nodeOf({ minutes: [0, 0.5, 1, 2] })] },
      'nodes[0].minutes[1]: must be a whole',
    ],
    [
      'a minute of next year',
      { nodes: [nodeOf({ minutes: [0, 1, 2, 5e5] })] },
      'nodes[0].minutes[3]: must be',
    ],
    [
      'arrivals of another length',
      { nodes: [nodeOf({ arrived: [1] })] },
      'nodes[0].arrived: has 1 entries, and',
    ],
    [
      'an arrival that is none',
      { nodes: [nodeOf({ arrived: [0, 0, 0, 'x'] })] },
      'nodes[0].arrived[3]: must be',
    ],
    [
      'an unknown metric',
      { nodes: [nodeOf({ series: { error: ERRORS } })] },
      'nodes[0].series.error: there is no metric of this name; there are errors',
    ],
    [
      'a series of another kind',
      { nodes: [nodeOf({ series: { errors: BUCKETS } })] },
      'nodes[0].series.errors: is of a ratio and needs total and bad, each an array; it has buckets',
    ],
    [
      'a series of another length',
      { nodes: [nodeOf({ series: { errors: { ...ERRORS, bad: [1, 2] } } })] },
      'nodes[0].series.errors.bad: has 2 entries, and minutes has 4',
    ],
    [
      'a row with too few buckets',
      {
        metrics: [RATIO, LATENCY],
        nodes: [nodeOf({ series: { latency: { buckets: [[1, 2, 0], [1, 2], null, null] } } })],
      },
      'nodes[0].series.latency.buckets[1]: has 2 buckets and needs 3: one for each of the 2 bounds',
    ],
    [
      'NaN as a string',
      { nodes: [nodeOf({ series: { errors: { ...ERRORS, bad: [0, 0, 'NaN', 0] } } })] },
      'nodes[0].series.errors.bad[2]: must be a number, or null for a missing sample; for NaN write null',
    ],
    [
      'a counter that went back',
      { nodes: [nodeOf({ series: { errors: { ...ERRORS, total: [1, 1, -40, 1] } } })] },
      'nodes[0].series.errors.total[2]: is negative: write the increment',
    ],
  ])('refuses %s, and says where', (_, given, expected) => {
    expect(errorsOf(fileOf(given)).join('\n')).toContain(expected);
  });

  it('says several things at once, the first twenty in words', () => {
    const bad = Array.from({ length: 4 }, () => -1);
    const nodes = Array.from({ length: 10 }, (_, i) =>
      nodeOf({ name: `edge-${i}`, series: { errors: { total: [1, 1, 1, 1], bad } } }),
    );
    const read = parseEvidence(fileOf({ nodes }));
    expect(read.ok ? [] : [read.count, read.errors.length]).toEqual([40, 20]);
    expect(errorsOf({ metrics: [], nodes: {} })).toHaveLength(3);
  });

  it('is also a trial that was written out as JSON', () => {
    const series = { errors: ERRORS, latency: { buckets: [null, ...BUCKETS.buckets.slice(1)] } };
    const nodes = [nodeOf({ series, arrived: [0, 0, null, 1] }), nodeOf({ name: 'edge-2' })];
    const trial = trialOf(fileOf({ metrics: [{ ...RATIO, maxIncrease: '5%' }, LATENCY], nodes }));
    expect(trialOf(JSON.parse(JSON.stringify(trial)) as object)).toEqual(trial);
  });

  it('is a trial or says what is wrong, whatever is in it', () => {
    check(
      property(jsonValue(), jsonValue(), jsonValue(), (minutes, values, bounds) => {
        const metrics = [RATIO, { ...LATENCY, bounds }];
        const series = { errors: { total: values, bad: minutes }, latency: { buckets: values } };
        for (const file of [
          values,
          fileOf({ metrics, nodes: [nodeOf({ minutes, arrived: values, series })] }),
          fileOf({ metrics: [RATIO, LATENCY], nodes: [nodeOf({ series })], looks: bounds }),
        ]) {
          const read = parseEvidence(file);
          expect(read.ok || (read.count > 0 && read.errors.length > 0)).toBe(true);
        }
      }),
    );
  });

  test.each([[null], [[]], ['x'], [3]])('refuses %j, which is no object', (raw) => {
    expect(errorsOf(raw)).toHaveLength(1);
  });
});
