import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CountOrPercent } from '../../api/fraction.ts';
import { fleetOf, contentOf, CPU, nodeOf, podOf, START } from '../fixtures/objects.ts';
import { memoryOf, rejectedAt, revisionOf, stepOf, verdictOf } from '../fixtures/memory.ts';
import type { Surveyed } from '../fleet/survey.ts';
import type { NodeView } from '../views/node-view.ts';
import { currentAttempt, rejectedCohorts } from './attempt.ts';
import { judgeFailures } from './failure-budget.ts';
import { alphaOf } from './look.ts';
import { memoryConfigMap, parseMemory } from './memory-config-map.ts';
import { rosterOf, withStep } from './memory.ts';
import type { CandidateMemory } from './memory.ts';
import { nextWave } from './next-wave.ts';
import { personDecisions } from './person-decisions.ts';
import { tooFewReachable } from './reached.ts';
import { settleVerdicts } from './settle-verdicts.ts';

const NOBODY = personDecisions(undefined);
const retry = (value: string) => personDecisions({ 'outrigger.dev/retry': value });
const ended = (attempt: number, how: NonNullable<CandidateMemory['ended']>['how']) =>
  memoryOf({ attempt, ended: { at: '', how } });

describe('the attempt of a revision', () => {
  const rejected = revisionOf({ rejected: [rejectedAt(1)] });
  it.each([
    { name: 'new', memories: [], is: 'Open 1' },
    { name: 'under way', memories: [memoryOf()], is: 'Open 1 remembered' },
    { name: 'rejected', revision: rejected, memories: [ended(1, 'Rejected')], is: 'Rejected 1' },
    {
      name: 'rejected, and the memory does not say so yet',
      revision: rejected,
      memories: [memoryOf()],
      is: 'Rejected 1',
    },
    { name: 'rejected, and the memory is lost', revision: rejected, memories: [], is: 'Rejected 1' },
    {
      name: 'rejected and retried',
      revision: rejected,
      memories: [ended(1, 'Rejected')],
      decisions: retry('rev-b.1'),
      is: 'Open 2',
    },
    {
      name: 'a retry of another attempt',
      revision: rejected,
      memories: [ended(1, 'Rejected')],
      decisions: retry('rev-b.2'),
      is: 'Rejected 1',
    },
    {
      name: 'a retry of another revision',
      revision: rejected,
      memories: [ended(1, 'Rejected')],
      decisions: retry('rev-a.1'),
      is: 'Rejected 1',
    },
    {
      name: 'a retry under way, its annotation gone again',
      revision: rejected,
      memories: [ended(1, 'Rejected'), memoryOf({ attempt: 2 })],
      is: 'Open 2 remembered',
    },
    {
      name: 'rejected twice',
      revision: revisionOf({ rejected: [rejectedAt(1), rejectedAt(2)] }),
      memories: [],
      decisions: retry('rev-b.1'),
      is: 'Rejected 2',
    },
    {
      name: 'rejected in one cohort only',
      revision: revisionOf({ rejected: [rejectedAt(1, 'gpu')] }),
      memories: [memoryOf()],
      is: 'Open 1 remembered',
    },
    { name: 'superseded', memories: [ended(1, 'Superseded')], is: 'Open 2' },
    { name: 'promoted', memories: [ended(1, 'Promoted')], is: 'Open 2' },
    { name: 'inconclusive', memories: [ended(1, 'Inconclusive')], is: 'Inconclusive 1' },
    {
      name: 'inconclusive and retried',
      memories: [ended(1, 'Inconclusive')],
      decisions: retry(' rev-b.1 '),
      is: 'Open 2',
    },
  ])('$name: $is', ({ revision, memories, decisions = NOBODY, is }) => {
    const found = currentAttempt(revision, memories, decisions, 'rev-b');
    const remembered = found.kind === 'Open' && found.memory !== undefined ? ' remembered' : '';
    expect(`${found.kind} ${found.number}${remembered}`).toBe(is);
  });

  it.each([
    { name: 'one that went back alone stays out', decisions: NOBODY, out: ['gpu'] },
    { name: 'until its attempt is retried', decisions: retry('rev-b.1'), out: [] },
    { name: 'and no other', decisions: retry('rev-b.2'), out: ['gpu'] },
  ])('$name', ({ decisions, out }) => {
    const revision = revisionOf({ rejected: [rejectedAt(1, 'gpu')] });
    const attempt = currentAttempt(revision, [], decisions, 'rev-b');
    expect([...rejectedCohorts(revision, attempt, decisions, 'rev-b')]).toEqual(out);
  });
});

describe('the failure budget', () => {
  it.each([
    [0, 10, 'Within'],
    [1, 10, 'Within'],
    [2, 10, 'Exceeded'],
    [1, 5, 'Holds'],
    [1, 2, 'Holds'],
    [1, 1, 'Exceeded'],
    [0, 0, 'Within'],
    [19, 100, 'Within'],
    [20, 100, 'Exceeded'],
  ] as const)('%s of %s nodes failed: %s', (failed, size, is) => {
    expect(judgeFailures(failed, size, { failureThreshold: 0.2, minFailedNodes: 2 })).toBe(is);
  });
});

const surveyed = (node: NodeView, more: Partial<Surveyed> = {}): Surveyed => {
  const placement = { content: contentOf(), variant: CPU, cohort: 'cpu' };
  return {
    node,
    reachable: node.ready === 'True',
    setAside: undefined,
    current: { ...placement, revision: 'rev-b' },
    fit: { fits: true, variant: CPU, refusals: [] },
    stable: { ...placement, revision: 'rev-a' },
    tried: undefined,
    pods: [],
    ...more,
  };
};

const next = (nodes: readonly Surveyed[], more: Partial<Parameters<typeof nextWave>[0]> = {}) =>
  nextWave({
    memory: memoryOf(),
    cohorts: new Map([['cpu', nodes]]),
    from: 0,
    canarySelector: undefined,
    holdback: '10%',
    now: START,
    ...more,
  });

describe('the next wave', () => {
  const ten = fleetOf(10).map((node) => surveyed(node));

  it('draws at random, and keeps the rest as controls', () => {
    const cohort = next(ten)?.cohorts['cpu'];
    expect(cohort).toMatchObject({ drawn: true, eligible: 10 });
    expect(cohort?.nodes).toHaveLength(1);
    expect([...(cohort?.nodes ?? []), ...(cohort?.controls ?? [])].toSorted()).toEqual(
      ten.map(({ node }) => node.name).toSorted(),
    );
  });

  it('takes those that were disturbed first, and claims no draw for them', () => {
    const memory = memoryOf({ disturbed: ['edge-7', 'gone'] });
    expect(next(ten, { memory })?.cohorts['cpu']).toMatchObject({ nodes: ['edge-7'], drawn: false });
  });

  it('takes the chosen ring first, and fills up by the draw', () => {
    const nodes = ten.map((each, index) =>
      index === 4 ? surveyed(nodeOf(each.node.name, { labels: { ring: 'canary' } })) : each,
    );
    const memory = memoryOf({ waves: memoryOf().waves.map((wave) => ({ ...wave, nodes: 3 })) });
    const cohort = next(nodes, { memory, canarySelector: { ring: 'canary' } })?.cohorts['cpu'];
    expect(cohort?.nodes[0]).toBe('edge-5');
    expect(cohort?.nodes).toHaveLength(3);
    expect(cohort?.drawn).toBe(false);
  });

  it('passes over waves that add no node, but never over the last', () => {
    const two = ten.slice(0, 2);
    const memory = memoryOf({ walks: [{ cohorts: ['cpu'], steps: [stepOf(0, ['edge-1'])] }] });
    expect(next(two, { memory, from: 1 })?.index).toBe(2);
    const all = memoryOf({ walks: [{ cohorts: ['cpu'], steps: [stepOf(0, ['edge-1', 'edge-2'])] }] });
    expect(next(two, { memory: all, from: 1 })).toMatchObject({ index: 2, cohorts: { cpu: { nodes: [] } } });
    expect(next(two, { from: 3 })).toBeUndefined();
  });

  it('chooses no node that is out of reach or set aside', () => {
    const nodes = ten.map((each, index) =>
      index < 5
        ? surveyed(nodeOf(each.node.name, { ready: 'Unknown' }))
        : index < 8
          ? { ...each, setAside: { code: 'Cordoned', message: '' } }
          : each,
    );
    const cohort = next(nodes, { from: 2 })?.cohorts['cpu'];
    expect(cohort?.nodes.toSorted()).toEqual(['edge-10', 'edge-9']);
  });

  it('never exceeds its size, over any walk through the waves, and adds no node twice', () => {
    const percents: readonly CountOrPercent[] = [1, 3, '10%', '50%', '90%'];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...percents), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.nat(39), { maxLength: 10 }),
        (sizes, count, dark) => {
          const waves = [...sizes, '100%'].map((nodes, index) => ({
            name: `wave-${index}`,
            nodes,
            soakMs: 1000,
            approvalRequired: false,
          }));
          const nodes = fleetOf(count).map((node, index) =>
            surveyed({ ...node, ready: dark.includes(index) ? 'Unknown' : 'True' }),
          );
          let memory = memoryOf({ waves });
          for (let from = 0; from < waves.length;) {
            const step = next(nodes, { memory, from });
            if (step === undefined) throw new Error('the last wave always comes');
            const had = rosterOf(memory).get('cpu') ?? new Set();
            const added = step.cohorts['cpu']?.nodes ?? [];
            expect(added.filter((name) => had.has(name))).toEqual([]);
            memory = withStep(memory, step);
            const size = rosterOf(memory).get('cpu')?.size ?? 0;
            const last = step.index === waves.length - 1;
            expect(size).toBeLessThanOrEqual(last ? count : Math.max(1, count / 2));
            from = step.index + 1;
          }
          expect(rosterOf(memory).get('cpu')?.size ?? 0).toBe(
            nodes.filter(({ reachable }) => reachable).length,
          );
        },
      ),
    );
  });
});

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
    const settled = settleVerdicts(memory, verdicts);
    const more =
      settled.kind === 'Undecided' ? ` ${settled.reason.code}${settled.looked ? ', looked' : ''}` : '';
    expect(`${settled.kind}${more}`).toBe(is);
  });
});

describe('enough of a cohort was reached', () => {
  const HOUR = 3_600_000;
  const away = (hours: number) =>
    surveyed(nodeOf(`away-${hours}`, { ready: 'Unknown', readySince: START - hours * HOUR }));
  const here = fleetOf(4).map((node) => surveyed(node));
  it.each([
    { name: 'all there', nodes: here, enough: true },
    { name: 'four of five', nodes: [...here, away(1)], enough: true },
    { name: 'four of six', nodes: [...here, away(1), away(2)], enough: false },
    { name: 'away for longer than 72 h: not counted', nodes: [...here, away(73), away(90)], enough: true },
    {
      name: 'reached before it went away',
      nodes: [...here, away(1), { ...away(2), pods: [podOf({ revision: 'rev-b' })] }],
      enough: true,
    },
    { name: 'nobody', nodes: [], enough: false },
  ])('$name: $enough', ({ nodes, enough }) => {
    expect(tooFewReachable('cpu', nodes, 'rev-b', 0.8, START) === undefined).toBe(enough);
  });
});

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
